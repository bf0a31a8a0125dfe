/* shim/pool/conn.h - one server connection as bookkeeping: its state, and the list that is its state.
 *
 * The room pool: who may have which server, and when. Pure policy over lists: knows counts, order and time as
 * an argument; must not know sockets, the protocol, SQL. Its memory belongs to the caller (the broker embeds
 * pp_conn in its server object).
 *
 *              login failed
 *   LOGIN ------------------------------+
 *     | logged in                       v
 *   IDLE <---------+-------+--------> CLOSED (on no list; the caller frees)
 *     | lend       | clean | done       ^
 *   LENT -------> SCRUB    |            |
 *     | returned while a cancel is under way
 *     +---------> CANCEL --+------------+   (CANCEL <-> SCRUB when it must also be cleaned)
 */
#ifndef PP_POOL_CONN_H
#define PP_POOL_CONN_H

#include "base/clock.h"
#include "base/list.h"

enum pp_conn_state {
	PP_CONN_LOGIN,
	PP_CONN_IDLE,
	PP_CONN_LENT,
	PP_CONN_CANCEL,
	PP_CONN_SCRUB,
	PP_CONN_CLOSED,
	PP_CONN__COUNT
};

struct pp_pool;

/* What a login has cost must be worth it: a new connection stays for some times that long, but not too long. */
#define PP_CONN_TURN_LOGINS 4
#define PP_CONN_TURN_MIN_MS 100
#define PP_CONN_TURN_MAX_MS 1000

struct pp_conn {
	enum pp_conn_state state;
	struct pp_pool *pool; /* borrowed; NULL once CLOSED */
	struct pp_link link;  /* link: pool.conns[state] */
	pp_ms since;	      /* state entered */
	pp_ms born;
	pp_ms turn_ends; /* until then it is not taken from a pool that has users */
};

/* A new connection in LOGIN. It counts against the cap from now on. */
void pp_conn_init(struct pp_conn *conn, struct pp_pool *pool, pp_ms now);

/* The one door: asserts the arrow, moves the list membership, stamps the time. */
void pp_conn_set_state(struct pp_conn *conn, enum pp_conn_state to, pp_ms now);

bool pp_conn_may_change(enum pp_conn_state from, enum pp_conn_state to);

#endif
