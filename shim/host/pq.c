#include "host/pq.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "host/ask.h"
#include "host/conf.h"
#include "host/launch.h"
#include "host/next.h"
#include "host/place.h"
#include "host/pq_files.h"
#include "host/pq_long.h"
#include "host/start.h"
#include "host/str.h"
#include "host/sys.h"
#include "host/wish.h"
#include "ipc/codec.h"
#include "ipc/dir.h"
#include "ipc/stamp.h"

#define LIBPQ_HAS_USER_TIMEOUT 120000
#define CONNECTION_BAD	       1

extern char **environ __attribute__((weak));

static bool is_plain(void)
{
	char dir[PP_DIR_MAX], path[108], mine[PP_STAMP_TEXT_MAX], said[PP_STAMP_TEXT_MAX];
	pp_stamp_write(pp_conf_get()->stamp, mine);
	for (unsigned i = 0;; i++) {
		int err = pp_place_candidate(i, false, dir);
		if (err == PP_ERR_ABSENT)
			return false;
		if (err < 0)
			continue;
		pp_dir_join(dir, PP_IPC_PLAIN, path);
		long n = pp_sys4(SYS_readlinkat, AT_FDCWD, path, said, sizeof said);
		if (n == PP_STAMP_TEXT_MAX - 1 && memcmp(said, mine, (size_t)n) == 0)
			return true;
	}
}

static char *put_hex(char *to, uint64_t value)
{
	int shift = 60;
	while (shift > 0 && !(value >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		*to++ = "0123456789abcdef"[value >> shift & 15];
	return to;
}

static bool identify(const char *path, char *to, size_t size)
{
	struct stat st;
	if (size < 40)
		return false;
	if (pp_sys4(SYS_newfstatat, AT_FDCWD, path, &st, 0) < 0) {
		pp_str_copy(to, size, "- ");
		return true;
	}
	to = put_hex(to, st.st_dev);
	*to++ = '.';
	to = put_hex(to, st.st_ino);
	*to++ = ' ';
	*to = '\0';
	return true;
}

static bool is_bound(const struct pp_wish *wish)
{
	const char *binding = wish->value[PP_WISH_channel_binding];
	return binding && pp_str_is_equal(binding, "require");
}

/* Its mark once the broker has it; 0: it has not. Starts the broker where there is none: the connect() that follows
 * would. */
static uint32_t enlist(struct pp_wish *wish, void *caller)
{
	struct pp_ipc_wish question;
	struct pp_ipc_msg answer;
	char folder[512];
	if (pp_sys2(SYS_getcwd, folder, sizeof folder) > 0)
		wish->folder = folder;
	if (!pp_pq_is_home(caller, wish->home))
		wish->home = NULL;
	size_t len = pp_wish_write(wish, question.text, sizeof question.text, identify);
	wish->folder = NULL;
	if (len == 0)
		return 0;
	pp_codec_init(&question.msg, PP_IPC_WISH);
	question.msg.cookie = pp_conf_get()->stamp;
	question.msg.length = (uint32_t)len;
	question.msg.flags =
		pp_mark_make(pp_wish_sslmode(wish), is_bound(wish), question.text, len);
	int64_t deadline = pp_sys_now_ms() + PP_LAUNCH_WAIT_MS;
	int broker = pp_start_dial(&deadline);
	if (broker < 0 || pp_ask_wish(broker, &question, deadline, &answer) < 0)
		return 0;
	return answer.op == PP_IPC_OK ? question.msg.flags : 0;
}

static void add(struct pp_pq_change *change, const char *keyword, const char *value)
{
	unsigned n = 0;
	while (change->keywords[n])
		n++;
	change->keywords[n] = keyword;
	change->values[n] = value;
	change->keywords[n + 1] = NULL;
	change->values[n + 1] = NULL;
}

static bool add_word(struct pp_pq_change *change, enum pp_mark_kind kind, enum pp_ipc_sslmode mode)
{
	pp_mark_word(kind, mode, change->word);
	add(change, "replication", change->word);
	return true;
}

static bool decide(struct pp_pq_change *change, void *caller, struct pp_wish *wish)
{
	enum pp_ipc_sslmode mode = pp_wish_sslmode(wish);
	switch (pp_wish_judge(wish, &pp_conf_get()->targets)) {
	case PP_WISH_UNTOUCHED: return false;
	case PP_WISH_TUNNEL: return add_word(change, PP_MARK_TUNNEL, mode);
	case PP_WISH_POOLED: break;
	}
	bool is_bare = !is_bound(wish) && mode <= PP_IPC_SSL_PREFER;
	if (is_bare && mode == PP_IPC_SSL_DISABLE)
		return add_word(change, PP_MARK_PLAIN, mode);
	bool has_certificate =
		pp_wish_is_set(wish, PP_WISH_sslcert) ||
		pp_wish_is_set(wish, PP_WISH_sslkey); /* a server elsewhere may ask */
	if (is_bare && !has_certificate && is_plain()) {
		add(change, "sslmode", "disable");
		return add_word(change, PP_MARK_PLAIN, mode);
	}
	uint32_t mark;
	if (!pp_pq_is_since(caller, LIBPQ_HAS_USER_TIMEOUT) || !(mark = enlist(wish, caller)))
		return false;
	add(change, "sslmode", "disable");
	if (is_bound(wish))
		add(change, "channel_binding", "disable");
	pp_mark_write(mark, change->mark);
	add(change, "tcp_user_timeout", change->mark);
	return add_word(change, PP_MARK_WISH, mode);
}

bool pp_pq_change(struct pp_pq_change *change, void *caller, const char *const *keywords,
		  const char *const *values, int expand_dbname)
{
	struct pp_wish wish;
	if (!pp_conf_get()->is_on || !keywords || !values || !&environ ||
	    pp_pq_is_long(keywords, values, environ))
		return false;
	change->keywords[0] = NULL;
	change->mark[0] = '\0';
	for (unsigned n = 0; keywords[n]; n++) {
		if (n == PP_PQ_MAX)
			return false;
		add(change, keywords[n], values[n]);
	}
	pp_wish_init(&wish);
	pp_wish_add_params(&wish, keywords, values, expand_dbname);
	pp_pq_add_service(&wish, caller, environ);
	pp_wish_add_environment(&wish, environ);
	return decide(change, caller, &wish);
}

bool pp_pq_change_conninfo(struct pp_pq_change *change, void *caller, const char *conninfo)
{
	const char *const keywords[] = {"dbname", NULL}, *const values[] = {conninfo, NULL};
	if (!conninfo || (*conninfo && !pp_wish_is_conninfo(conninfo)))
		return false; /* libpq shall complain */
	return pp_pq_change(change, caller, keywords, values, 1);
}

/* Closes `broker`. */
static bool was_turned_away(int broker, uint32_t mark, int64_t deadline)
{
	struct pp_ipc_msg question, answer;
	pp_codec_init(&question, PP_IPC_WISH);
	question.cookie = pp_conf_get()->stamp;
	question.flags = mark;
	return pp_ask_exchange(broker, &question, deadline, &answer) < 0 || answer.op != PP_IPC_OK;
}

bool pp_pq_is_lost(void *caller, void *conn, const struct pp_pq_change *change)
{
	int (*status)(const void *conn);
	*(void **)&status = pp_next_find(caller, "PQstatus", NULL);
	if (!conn || !status || status(conn) != CONNECTION_BAD)
		return false;
	int64_t now = pp_sys_now_ms();
	uint32_t mark = pp_mark_read(change->mark);
	int broker = pp_ask_dial(now);
	if (broker < 0)
		return true;
	if (mark)
		return was_turned_away(broker, mark, now + PP_LAUNCH_WAIT_MS);
	pp_sys1(SYS_close, broker);
	return false;
}

static struct pp_pq_option *find(struct pp_pq_option *options, const char *keyword)
{
	for (; options && options->keyword; options++)
		if (pp_str_is_equal(options->keyword, keyword))
			return options;
	return NULL;
}

static void forget(struct pp_pq_option *option, void (*release)(void *memory))
{
	if (release)
		release(option->val);
	option->val = NULL;
}

/* Values are single blocks of libpq's: what is longer than "disable" goes into the mark's. */
static void restore_marked(struct pp_pq_option *options, struct pp_pq_option *timeout,
			   struct pp_pq_option *sslmode, void (*release)(void *memory))
{
	uint32_t mark = pp_mark_read(timeout->val);
	struct pp_pq_option *binding = find(options, "channel_binding");
	char *freed = sslmode->val;
	sslmode->val = timeout->val;
	pp_str_copy(sslmode->val, PP_MARK_TEXT_MAX, pp_mark_sslmode_name(pp_mark_sslmode(mark)));
	timeout->val = freed;
	forget(timeout, release);
	if (pp_mark_is_bound(mark) && binding && binding->val)
		pp_str_copy(binding->val, sizeof "disable", "require");
}

void pp_pq_restore(void *caller, struct pp_pq_option *options)
{
	struct pp_pq_option *word = find(options, "replication"),
			    *sslmode = find(options, "sslmode"),
			    *timeout = find(options, "tcp_user_timeout");
	enum pp_ipc_sslmode mode;
	if (!word || !word->val || !sslmode || !sslmode->val)
		return;
	enum pp_mark_kind kind = pp_mark_read_word(word->val, &mode);
	if (kind == PP_MARK_NONE)
		return;
	void (*release)(void *memory);
	*(void **)&release = pp_next_find(caller, "PQfreemem", NULL);
	if (kind == PP_MARK_PLAIN) /* "prefer" is not longer than "disable" */
		pp_str_copy(sslmode->val, sizeof "disable", pp_mark_sslmode_name(mode));
	if (kind == PP_MARK_WISH && timeout && timeout->val && pp_mark_read(timeout->val))
		restore_marked(options, timeout, sslmode, release);
	forget(word, release);
}

void pp_pq_renew(void *caller, void *conn)
{
	struct pp_pq_option *(*tell)(void *conn);
	void (*release)(struct pp_pq_option * options);
	struct pp_wish wish;
	*(void **)&tell = pp_next_find(caller, "PQconninfo", NULL);
	*(void **)&release = pp_next_find(caller, "PQconninfoFree", NULL);
	if (!conn || !tell || !release || !pp_conf_get()->is_on || !&environ)
		return;
	struct pp_pq_option *options = tell(conn), *timeout = find(options, "tcp_user_timeout");
	if (timeout && timeout->val && pp_mark_read(timeout->val)) {
		pp_pq_restore(caller, options);
		pp_wish_init(&wish);
		for (struct pp_pq_option *o = options; o->keyword; o++)
			if (o->val && *o->val)
				pp_wish_set(&wish, o->keyword, o->val);
		pp_wish_add_environment(&wish, environ);
		(void)enlist(&wish, caller);
	}
	if (options)
		release(options);
}
