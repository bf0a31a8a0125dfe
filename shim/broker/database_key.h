/* shim/broker/database_key.h - which servers are interchangeable: the canonical form of "where, who, what, how set". */
#ifndef PP_BROKER_DATABASE_KEY_H
#define PP_BROKER_DATABASE_KEY_H

#include <stddef.h>

#include "base/err.h"
#include "wire/startup.h"

struct pp_client;

struct pp_database_key {
	char *bytes; /* owned until taken */
	size_t len;
	const char *sslmode, *user, *database, *settings, *wish; /* point into bytes */
	size_t settings_len, wish_len;
};

/* Startup parameters in any order, the last of a name wins as in the server; `user`, `database` (default: the
 * user), _pq_ options and a name of the client's own (app_name.h) are not settings. PP_ERR_ABSENT: no
 * user; PP_ERR_INVALID: more than 64 parameters; PP_ERR_NOMEM. */
PP_MUSTCHECK int pp_database_key_make(const struct pp_client *c, const struct pp_startup *startup,
				      struct pp_database_key *ret_key);
void pp_database_key_finish(struct pp_database_key *key);

#endif
