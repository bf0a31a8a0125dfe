/* shim/broker/shed.h - closing idle servers behind which no session of the program stands, where it would be noticed.
 *
 * Each client that is connected would have a session of its own, so as many servers as a pool has clients are none too
 * many. What else is idle is kept for whoever comes next, and goes
 *  - while a statement runs that wants a database without sessions (PP_TOUCH_DATABASE): "is being accessed by other
 *    users" may only be about the program's own. Which database does not matter: a server may be known by several
 *    addresses, a template need not be named, and such statements are rare. Terminate is said before the statement;
 *    PostgreSQL waits for those who leave (CountOtherDBBackends, 5 s). MIN_SERVERS does not count until it is over.
 *  - when its defaults are older than everybody's (defaults.h): nobody who comes next may have it.
 */
#ifndef PP_BROKER_SHED_H
#define PP_BROKER_SHED_H

#include <stdbool.h>

struct pp_broker;
struct pp_database;
struct pp_server;

/* This lent server is about to be told such a statement: makes way for it. Over with its transaction. */
void pp_shed_begin(struct pp_server *s);
void pp_shed_over(struct pp_server *s);

/* Closes what goes now: of one pool, of all. */
void pp_shed(struct pp_database *db);
void pp_shed_all(struct pp_broker *b);

/* MIN_SERVERS counts, or not: to be called when broker.alone or the orders change. Nothing is opened while the pod leaves,
 * either. */
void pp_shed_set_spares(struct pp_broker *b);

/* This one, just idle, among it? */
bool pp_shed_wants(const struct pp_server *s);

#endif
