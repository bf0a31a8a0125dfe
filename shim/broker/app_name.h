/* shim/broker/app_name.h - a client's application_name is its session's, not the pool's: programs that differ in nothing
 * else share servers.
 *
 * The servers log in without it. It is in the client's label from the start, so a server lent carries it like any
 * other setting, and equal names cost nothing. It stays what the session goes back to: RESET and DISCARD ALL take it
 * out of the server, the client's next transaction finds it there again, and is told nothing of it. Only behind a RESET
 * in the same transaction, or sent together with one, the name the server has by itself shows.
 *
 * A name the server would change (it knows printable ASCII only, and what it writes instead depends on its version)
 * stays among the startup settings and makes a pool of its own.
 */
#ifndef PP_BROKER_APP_NAME_H
#define PP_BROKER_APP_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/startup.h"
#include "wire/writer.h"

struct pp_client;
struct pp_database;
struct pp_label;
struct pp_server;

#define PP_APP_NAME "application_name"

/* The last one said, if the pool can do without it; NULL: none. */
const char *pp_app_name_find(const struct pp_startup *startup);

/* c->app_name becomes what the server would make of it. */
PP_MUSTCHECK int pp_app_name_take(struct pp_client *c, const struct pp_startup *startup);

/* Holds as the client's label: these settings, and its own name where they have none. PP_ERR_FULL, PP_ERR_NOMEM. */
PP_MUSTCHECK int pp_app_name_label(struct pp_client *c, struct pp_label settings);

/* There is a new greeting: remembers where in it the server's own name is. */
void pp_app_name_learn(struct pp_database *db);

/* The database's greeting with the client's name in it: at most as much longer as PP_APP_NAME_MAX. */
#define PP_APP_NAME_MAX 64 /* NAMEDATALEN: its NUL included */
void pp_app_name_greet(const struct pp_client *c, struct pp_writer *w);

/* What its session is called now, for people. Never NULL. */
const char *pp_app_name_of(const struct pp_client *c);

/* The body of a ParameterStatus for the client lent: of its name, and so told by pp_app_name_tell()? */
bool pp_app_name_is_told(const struct pp_server *s, const uint8_t *body, size_t len);
/* What the session's own server would tell: after a RESET the client's name, and nothing where it knows. Some ways to
 * reset look like a SET until the server is asked: then it is told after its ReadyForQuery, by pp_app_name_correct(). */
void pp_app_name_tell(struct pp_server *s, const uint8_t *body, size_t len);
/* Its label is known now. */
void pp_app_name_correct(struct pp_client *c);

#endif
