/* shim/broker/nextval.h - a server on which a client has advanced a sequence stays with it for a moment, in a pool whose
 * clients ask for currval or lastval: a program that asks for what it just got asks at once. The pin "nextval" ends with
 * the client's next transaction, or after PP_NEXTVAL_MS without one.
 */
#ifndef PP_BROKER_NEXTVAL_H
#define PP_BROKER_NEXTVAL_H

#include <stdbool.h>

#define PP_NEXTVAL_MS 1000

struct pp_server;

/* A sequence was advanced since the last settling, which will pin the server. */
bool pp_nextval_wants(const struct pp_server *s);

/* A transaction of its client may have ended on this lent server. Called again when the broker's own questions after it
 * end. */
void pp_nextval_settle(struct pp_server *s);

/* Nobody has asked in time: takes the pin away. False: it has none, or not yet. */
bool pp_nextval_give_up(struct pp_server *s);

#endif
