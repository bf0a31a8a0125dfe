/* shim/broker/cancel.h - cancel requests: only the client's own running query can be hit (DESIGN 6).
 *
 * The client's key is one of ours, or the request goes to the server as it is (a tunnel). If a server works for that client
 * now, a worker sends the server's own key and waits until the server has closed that connection; until then the server is
 * not lent to another (state CANCEL), and after ten seconds it is given up (lend.h). A client without a server, or whose
 * server owes it nothing, has nothing to cancel. At most 256 are under way.
 *
 * A cancel request is by protocol a connection of its own, and the one thing that is opened above the cap: it never
 * becomes a session, and there is at most one to a server at a time, whoever asks how often.
 */
#ifndef PP_BROKER_CANCEL_H
#define PP_BROKER_CANCEL_H

#include "wire/startup.h"

struct pp_broker;
struct pp_client;
struct pp_server;

/* `c` is the connection that carries the request; it is closed when the request has been carried out, as the
 * server would. */
void pp_cancel_request(struct pp_client *c, const struct pp_startup *startup);

/* By the clock, for a client whose process has died. What it left running in a transaction can only be rolled back, but
 * goes on in the server, which hears of the end when it next reads: ended here. A statement outside of a transaction does
 * its work and commits it, as without us. */
void pp_cancel_orphan(struct pp_client *c);

/* The drain's last resort: cancels what still executes. */
void pp_cancel_all(struct pp_broker *b);

#endif
