/* shim/broker/lend.h - lending and returning: the pool's decisions turned into clients that may go on. */
#ifndef PP_BROKER_LEND_H
#define PP_BROKER_LEND_H

#include <stdbool.h>

#include "broker/login.h"
#include "pool/pool.h"

/* 57P01, when the pod's time is over. */
#define PP_LEND_LEAVING "podpool: terminating connection: the pod is shutting down"
#define PP_LEND_LATE                                                                               \
	"podpool: no server connection in time; raise PODPOOL_MAX_SERVERS or "                     \
	"PODPOOL_WAIT_TIMEOUT, or see `podpool status`"

struct pp_broker;
struct pp_client;
struct pp_database;
struct pp_server;

/* A client in IDLE has a message for a server, or is to be greeted by it: true when it is LENT now. False: it waits (in
 * line, or for the end of its process), or is gone. */
bool pp_lend_begin(struct pp_client *c);

/* Where a server was lost a moment ago, others may have been as well, and the loop has not heard of it yet: those of this
 * database that are, are closed before somebody gets them. */
void pp_lend_doubt(struct pp_database *db);

/* After each complete reply: returns the server if nothing keeps it. */
void pp_lend_check_return(struct pp_server *s);

/* Nothing keeps this lent server: no open transaction, no half message, no pin (nor one about to be), no question to be
 * asked. */
bool pp_lend_may_return(const struct pp_server *s);

/* Whoever had this server is done with it: to the pool, after whatever must end or be cleaned before. */
void pp_lend_give_back(struct pp_server *s);

/* A server has become IDLE: to the first in line (behind a gate: of any pool), or closed where the cap, its age or the drain say so. */
void pp_lend_idle(struct pp_server *s);

/* There is room behind the gate again (pool.h): those who have waited longest come in. */
void pp_lend_let_in(struct pp_broker *b);

/* Who is lent to each other for sure gets to know each other: greeting, settings. */
void pp_lend_introduce(struct pp_server *s);

/* Takes client and server apart; what becomes of the two is the business of lend.c and lend_end.c. */
void pp_lend_detach(struct pp_server *s);

/* The client leaves while a server is lent to it. */
void pp_lend_abandon(struct pp_client *c);

/* The server is gone or not to be trusted; its client gets what a lost server gives, or another one if this one was only
 * asked whether it is there. */
void pp_lend_server_lost(struct pp_server *s, const char *reason);

/* A server just lent cannot be made its client's, whose first message still waits: another one may. */
void pp_lend_refused(struct pp_server *s, const char *reason);

/* Of two servers, which suits this client better? (pool.h) */
int pp_lend_fit(const struct pp_conn *conn, const struct pp_waiter *waiter);

/* Cancel connections to this server have all ended. */
void pp_lend_cancels_over(struct pp_server *s);

/* A cancel request for a client in line: its wait ends with 57014. */
void pp_lend_cancel_waiting(struct pp_client *c);

/* Nobody can log in: those in line are told. */
void pp_lend_fail_waiting(struct pp_database *db, const struct pp_login_error *error);

/* Opens and closes servers until the pools have nothing to advise. */
void pp_lend_settle(struct pp_broker *b);

/* By the clock: wait timeouts, idle timeouts, lifetimes, cancel requests that do not end. */
void pp_lend_sweep(struct pp_broker *b);

/* The pod's time is over: nobody holds a server any more. Transactions end with 57P01, what is idle keeps its
 * connection until it asks for something. */
void pp_lend_finish(struct pp_broker *b);

#endif
