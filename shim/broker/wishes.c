#include "broker/wishes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/broker.h"
#include "broker/identity.h"
#include "broker/route.h"
#include "ipc/dir.h"
#include "ipc/mark.h"
#include "ipc/stamp.h"

/* A program has a few; the one not used for longest goes. */
#define PP_WISHES 64
/* Of connects under way; who is not among them was routed. */
#define PP_WISHES_AWAY 256
/* One that goes on to other hosts may fail so much later. */
#define PP_WISHES_AWAY_MS (30 * 1000)

struct wish {
	uint32_t mark; /* 0: free */
	size_t len;
	char *text; /* owned, wiped: it may hold a key's password */
	uint64_t used;
	bool alone; /* we cannot log in for it */
};

struct away {
	uint32_t mark; /* 0: free */
	pid_t pid;
	pp_ms at;
};

struct pp_wishes {
	uint64_t clock;
	struct wish ring[PP_WISHES];
	struct away away[PP_WISHES_AWAY]; /* has a WISH, and was not routed since */
	unsigned next_away;
};

static const char *const names[] = {"channel_binding",
				    "host",
				    "hostaddr",
				    "port",
				    "ssl_max_protocol_version",
				    "ssl_min_protocol_version",
				    "sslcert",
				    "sslcrl",
				    "sslcrldir",
				    "sslkey",
				    "sslpassword",
				    "sslrootcert",
				    "sslsni"};
static const char *const files[] = {"sslcert", "sslcrl", "sslcrldir", "sslkey", "sslrootcert"};

static bool is_one_of(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, list[i]) == 0)
			return true;
	return false;
}

#define IS_ONE_OF(name, list) is_one_of(name, list, sizeof(list) / sizeof *(list))

/* "DEVICE.INODE /path": the program may live in another container. */
static bool is_same_file(const char *value)
{
	char mine[48];
	struct stat st;
	const char *path = strchr(value, ' ');
	if (!path || path[1] != '/')
		return false;
	if (stat(path + 1, &st) < 0)
		return strncmp(value, "- ", 2) == 0;
	snprintf(mine, sizeof mine, "%llx.%llx ", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	return strncmp(value, mine, (size_t)(path + 1 - value)) == 0;
}

static bool next_raw(const char *bytes, size_t len, size_t *at, const char **ret_name,
		     const char **ret_value)
{
	size_t rest = len - *at;
	size_t name_len = strnlen(bytes + *at, rest);
	if (name_len + 1 >= rest)
		return false;
	size_t value_len = strnlen(bytes + *at + name_len + 1, rest - name_len - 1);
	if (name_len + 1 + value_len >= rest)
		return false;
	*ret_name = bytes + *at;
	*ret_value = *ret_name + name_len + 1;
	*at += name_len + value_len + 2;
	return true;
}

bool pp_wishes_next(const char *bytes, size_t len, size_t *at, const char **ret_name,
		    const char **ret_value)
{
	if (!next_raw(bytes, len, at, ret_name, ret_value))
		return false;
	if (IS_ONE_OF(*ret_name, files))
		*ret_value = strchr(*ret_value, ' ') + 1; /* checked when it was kept */
	return true;
}

static bool is_good(const char *text, size_t len)
{
	const char *name, *value;
	size_t at = 0;
	while (next_raw(text, len, &at, &name, &value))
		if (!IS_ONE_OF(name, names) || (IS_ONE_OF(name, files) && !is_same_file(value)))
			return false;
	return at == len;
}

static void forget(struct wish *wish)
{
	if (wish->text)
		explicit_bzero(wish->text, wish->len);
	free(wish->text);
	*wish = (struct wish){0};
}

static struct wish *find(struct pp_broker *b, uint32_t mark)
{
	for (size_t i = 0; b->wishes && i < PP_WISHES; i++)
		if (b->wishes->ring[i].mark == mark) {
			b->wishes->ring[i].used = ++b->wishes->clock;
			return &b->wishes->ring[i];
		}
	return NULL;
}

static struct wish *oldest(struct pp_wishes *wishes)
{
	struct wish *found = &wishes->ring[0];
	for (size_t i = 1; i < PP_WISHES; i++)
		if (wishes->ring[i].used < found->used)
			found = &wishes->ring[i];
	return found;
}

static uint64_t stamp_of(const struct pp_broker *b)
{
	return pp_stamp_make(b->netns, &b->targets);
}

/* What is pooled for it may not be pooled here: an untouched connection is right wherever it leads. */
static void note_stranger(struct pp_broker *b)
{
	pp_log(b->foreign_stamp ? PP_LOG_DEBUG : PP_LOG_WARNING,
	       "a program has other PODPOOL_TARGETS than the broker, another network or an older "
	       "podpool: its libpq keeps TLS to itself");
	b->foreign_stamp = true;
}

static struct away *find_away(const struct pp_broker *b, uint32_t mark, pid_t pid)
{
	for (size_t i = 0; b->wishes && mark && i < PP_WISHES_AWAY; i++) {
		struct away *a = &b->wishes->away[i];
		if (a->mark == mark && a->pid == pid)
			return a;
	}
	return NULL;
}

static void expect_route(struct pp_broker *b, uint32_t mark, pid_t pid)
{
	struct away *a = find_away(b, mark, pid);
	if (!a)
		a = &b->wishes->away[b->wishes->next_away++ % PP_WISHES_AWAY];
	*a = (struct away){mark, pid, b->now};
}

/* NULL: no room, or it would be turned away, if its host is a new one. */
static struct wish *add(struct pp_broker *b, uint32_t mark, const char *text, size_t len)
{
	if (!pp_route_may_make(b) || (!b->wishes && !(b->wishes = calloc(1, sizeof *b->wishes))))
		return NULL;
	char *copy = malloc(len);
	if (!copy)
		return NULL;
	memcpy(copy, text, len);
	struct wish *wish = oldest(b->wishes);
	forget(wish);
	*wish = (struct wish){.mark = mark, .len = len, .text = copy, .used = ++b->wishes->clock};
	return wish;
}

bool pp_wishes_keep(struct pp_broker *b, const struct pp_ipc_msg *question, const char *text,
		    pid_t pid)
{
	uint32_t mark = question->flags;
	size_t len = question->length;
	if (question->cookie != stamp_of(b)) {
		note_stranger(b);
		return false;
	}
	if (!pp_mark_is_mark(mark) || !is_good(text, len) || !pp_identity_is_open(b))
		return false;
	const struct wish *wish = find(b, mark);
	if (!wish)
		wish = add(b, mark, text, len);
	if (!wish || wish->alone || wish->len != len || memcmp(wish->text, text, len) != 0)
		return false;
	expect_route(b, mark, pid);
	return true;
}

bool pp_wishes_is_kept(struct pp_broker *b, uint32_t mark)
{
	return mark && find(b, mark);
}

void pp_wishes_routed(struct pp_broker *b, uint32_t mark, pid_t pid)
{
	struct away *a = find_away(b, mark, pid);
	if (a)
		a->mark = 0;
}

void pp_wishes_turn_away(struct pp_broker *b, uint32_t mark, pid_t pid)
{
	struct wish *wish = mark ? find(b, mark) : NULL;
	if (!wish)
		return;
	wish->alone = true;
	expect_route(b, mark, pid);
}

bool pp_wishes_was_turned_away(struct pp_broker *b, uint32_t mark, pid_t pid)
{
	const struct away *a = find_away(b, mark, pid);
	return !pp_wishes_is_kept(b, mark) || (a && b->now - a->at < PP_WISHES_AWAY_MS);
}

bool pp_wishes_find(struct pp_broker *b, uint32_t mark, struct pp_wish_text *ret_text)
{
	struct wish *wish = mark ? find(b, mark) : NULL;
	if (wish)
		*ret_text = (struct pp_wish_text){wish->text, wish->len};
	return wish != NULL;
}

static bool is_plain(const struct pp_broker *b)
{
	struct pp_route *route, *next;
	HASH_ITER(hh, b->routes, route, next)
	if (route->tls.says != PP_ROUTE_SAYS_NO || route->tls.unsure || route->reach != PP_ROUTE_UP)
		return false;
	return b->routes != NULL;
}

void pp_wishes_settle(struct pp_broker *b)
{
	char path[108], text[PP_STAMP_TEXT_MAX];
	uint64_t plain = is_plain(b) ? stamp_of(b) : 0;
	if (plain == b->plain)
		return;
	pp_dir_join(b->dir, PP_IPC_PLAIN, path);
	unlink(path);
	b->plain = 0;
	pp_stamp_write(plain, text);
	if (plain && symlink(text, path) == 0) /* else they ask */
		b->plain = plain;
}

void pp_wishes_close(struct pp_broker *b)
{
	char path[108];
	pp_dir_join(b->dir, PP_IPC_PLAIN, path);
	unlink(path);
	b->plain = 0;
	for (size_t i = 0; b->wishes && i < PP_WISHES; i++)
		forget(&b->wishes->ring[i]);
	free(b->wishes);
	b->wishes = NULL;
}
