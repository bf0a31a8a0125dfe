#include "broker/database_key.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "broker/app_name.h"
#include "broker/client.h"
#include "broker/route.h"
#include "broker/wishes.h"
#include "ipc/mark.h"

#define PP_KEY_PARAMS 64

struct param {
	const char *name, *value;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct param *)a)->name, ((const struct param *)b)->name);
}

static bool is_setting(const char *name, bool has_own_name)
{
	return !(has_own_name && strcmp(name, PP_APP_NAME) == 0) && strcmp(name, "user") != 0 &&
	       strcmp(name, "database") != 0 && strcmp(name, "replication") != 0 &&
	       strncmp(name, "_pq_.", 5) != 0;
}

/* Number of settings, sorted by name, later ones winning; PP_ERR_INVALID. */
static int collect(const struct pp_startup *startup, struct param *params)
{
	int n = 0;
	bool has_own_name = pp_app_name_find(startup) != NULL;
	const char *name, *value;
	for (size_t at = 0; pp_startup_next(startup, &at, &name, &value);) {
		if (!is_setting(name, has_own_name))
			continue;
		int i = 0;
		while (i < n && strcmp(params[i].name, name) != 0)
			i++;
		if (i == PP_KEY_PARAMS)
			return PP_ERR_INVALID;
		params[i] = (struct param){name, value};
		n += i == n;
	}
	qsort(params, (size_t)n, sizeof *params, by_name);
	return n;
}

static char *put(char *to, const char *text)
{
	size_t len = strlen(text) + 1;
	memcpy(to, text, len);
	return to + len;
}

/* On a server without TLS those who do without are all the same. */
static bool has_wish(const struct pp_client *c)
{
	bool is_plain = c->sslmode <= PP_IPC_SSL_PREFER && !pp_mark_is_bound(c->mark) &&
			c->route->tls.says == PP_ROUTE_SAYS_NO && !c->route->tls.unsure;
	return c->is_libpq && !is_plain;
}

/* A client that spoke TLS with us found a server that speaks it: no less for the rest of the way. */
static enum pp_ipc_sslmode wished_by(const struct pp_client *c)
{
	return c->ssl ? PP_IPC_SSL_REQUIRE : (enum pp_ipc_sslmode)c->sslmode;
}

/* A program's own wish, unless the operator has said more than the default: then the stricter one. */
static const char *sslmode_of(const struct pp_client *c)
{
	const char *ours = c->broker->config.server_sslmode;
	enum pp_ipc_sslmode mine = pp_mark_sslmode_of(ours);
	enum pp_ipc_sslmode theirs = wished_by(c);
	if (!has_wish(c) && !c->ssl)
		return ours;
	bool is_ours = theirs <= PP_IPC_SSL_PREFER ? mine != PP_IPC_SSL_PREFER : mine > theirs;
	return is_ours ? ours : pp_mark_sslmode_name(theirs);
}

int pp_database_key_make(const struct pp_client *c, const struct pp_startup *startup,
			 struct pp_database_key *ret_key)
{
	const char *user = pp_startup_find(startup, "user");
	const char *database = pp_startup_find(startup, "database");
	if (!user || !*user)
		return PP_ERR_ABSENT;
	if (!database || !*database)
		database = user;
	struct param params[PP_KEY_PARAMS];
	int n = collect(startup, params);
	if (n < 0)
		return n;
	const char *fixed[] = {pp_route_address(c->route), pp_route_port(c->route), sslmode_of(c),
			       user, database};
	struct pp_wish_text wish = {"", 0};
	if (c->mark && has_wish(c) && !pp_wishes_find(c->broker, c->mark, &wish))
		return PP_ERR_NOMEM; /* known when its startup began */
	size_t len = wish.len + 1;   /* an empty name ends the wish */
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		len += strlen(fixed[i]) + 1;
	for (int i = 0; i < n; i++)
		len += strlen(params[i].name) + strlen(params[i].value) + 2;
	char *bytes = malloc(len);
	if (!bytes)
		return PP_ERR_NOMEM;
	struct pp_database_key key = {.bytes = bytes, .len = len};
	char *to = put(put(bytes, fixed[0]), fixed[1]);
	key.sslmode = to;
	key.user = to = put(to, fixed[2]);
	key.database = to = put(to, fixed[3]);
	key.wish = to = put(to, fixed[4]);
	key.wish_len = wish.len;
	memcpy(to, wish.bytes, wish.len);
	key.settings = to = put(to + wish.len, "");
	for (int i = 0; i < n; i++)
		to = put(put(to, params[i].name), params[i].value);
	key.settings_len = (size_t)(to - key.settings);
	*ret_key = key;
	return 0;
}

void pp_database_key_finish(struct pp_database_key *key)
{
	free(key->bytes);
	key->bytes = NULL;
}
