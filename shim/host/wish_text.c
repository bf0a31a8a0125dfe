/* The text of a WISH (include/podpool/ipc.h). */
#include <string.h>

#include "host/str.h"
#include "host/wish.h"

struct text {
	char *to;
	size_t size, len;
	bool is_bad;
	bool (*identify)(const char *path, char *to, size_t size);
};

static bool has(const char *text, char c)
{
	while (*text && *text != c)
		text++;
	return *text == c;
}

static void put(struct text *t, const char *value)
{
	size_t len = pp_str_len(value);
	if (t->is_bad || len >= t->size - t->len) {
		t->is_bad = true;
		return;
	}
	memcpy(t->to + t->len, value, len + 1);
	t->len += len;
}

static void end(struct text *t)
{
	t->len++; /* put() has left a NUL there */
	t->is_bad |= t->len >= t->size;
}

static void put_pair(struct text *t, const char *name, const char *value)
{
	put(t, name);
	end(t);
	put(t, value);
	end(t);
}

static void put_file(struct text *t, const char *name, const char *folder, const char *path)
{
	char full[1024], id[40];
	struct text join = {.to = full, .size = sizeof full};
	put(&join, folder);
	if (*path != '/')
		put(&join, PP_IPC_WISH_RELATIVE);
	put(&join, path);
	if (join.is_bad || *full != '/' || !t->identify(full, id, sizeof id)) {
		t->is_bad = true;
		return;
	}
	put(t, name);
	end(t);
	put(t, id);
	put(t, full);
	end(t);
}

/* sslrootcert=system, sslkey=ENGINE:NAME: to libpq, or to a newer one, no files. */
static bool is_special(const char *path)
{
	return has(path, ':') || pp_str_is_equal(path, "system");
}

static void put_given_file(struct text *t, const struct pp_wish *wish, enum pp_wish_option option)
{
	const char *path = wish->value[option];
	const char *folder = *path == '/' ? "" : is_special(path) ? NULL : wish->folder;
	if (folder)
		put_file(t, pp_wish_option_name(option), folder, path);
	else
		t->is_bad = true;
}

/* libpq's own places (docs 34.19); a list of the revoked only where neither file nor folder is named. */
static void put_default_files(struct text *t, const struct pp_wish *wish)
{
	static const struct {
		enum pp_wish_option option;
		const char *path;
	} places[] = {{PP_WISH_sslcert, "/.postgresql/postgresql.crt"},
		      {PP_WISH_sslkey, "/.postgresql/postgresql.key"},
		      {PP_WISH_sslrootcert, "/.postgresql/root.crt"},
		      {PP_WISH_sslcrl, "/.postgresql/root.crl"}};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		if (pp_wish_is_set(wish, places[i].option) ||
		    (places[i].option == PP_WISH_sslcrl && pp_wish_is_set(wish, PP_WISH_sslcrldir)))
			continue;
		if (wish->home)
			put_file(t, pp_wish_option_name(places[i].option), wish->home,
				 places[i].path);
		else
			t->is_bad = true;
	}
}

/* What libpq would have without being told: left out, so that the text is the same with and without (PQconninfo
 * tells it always). */
static bool is_default(enum pp_wish_option option, const char *value)
{
	static const struct {
		enum pp_wish_option option;
		const char *value;
	} defaults[] = {{PP_WISH_port, "5432"},
			{PP_WISH_channel_binding, "prefer"},
			{PP_WISH_sslsni, "1"},
			{PP_WISH_ssl_min_protocol_version, "TLSv1.2"}};
	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
		if (option == defaults[i].option && pp_str_is_equal(value, defaults[i].value))
			return true;
	return false;
}

/* Whose name a certificate must bear, and whether it is known where that is. Of several, the broker finds out which one is
 * connected to. */
static void put_hosts(struct text *t, const struct pp_wish *wish)
{
	if (!pp_wish_is_set(wish, PP_WISH_host))
		return;
	put_pair(t, "host", wish->value[PP_WISH_host]);
	if (pp_wish_is_set(wish, PP_WISH_hostaddr))
		put_pair(t, "hostaddr", wish->value[PP_WISH_hostaddr]);
	const char *port = wish->value[PP_WISH_port];
	if (has(wish->value[PP_WISH_host], ',') && pp_wish_is_set(wish, PP_WISH_port) &&
	    !is_default(PP_WISH_port, port))
		put_pair(t, "port", port);
}

size_t pp_wish_write(const struct pp_wish *wish, char *text, size_t size,
		     bool (*identify)(const char *path, char *to, size_t size))
{
	struct text t = {.to = text, .size = size, .identify = identify};
	put_hosts(&t, wish);
	for (enum pp_wish_option i = 0; i < PP_WISH__COUNT; i++) {
		enum pp_wish_kind kind = pp_wish_option_kind(i);
		if (!pp_wish_is_set(wish, i))
			continue;
		if (kind == PP_WISH_IS_SEND && !is_default(i, wish->value[i]))
			put_pair(&t, pp_wish_option_name(i), wish->value[i]);
		else if (kind == PP_WISH_IS_FILE)
			put_given_file(&t, wish, i);
	}
	put_default_files(&t, wish);
	return t.is_bad ? 0 : t.len;
}
