/* shim/pool/pool.h - pools of interchangeable servers under one cap, and the line of those who wait.
 *
 * pp_pools is the pod: one cap over all pools. A pool has its connections by state and its waiters in order of
 * arrival. After anything changed the broker asks pp_pools_advise() until it says NOTHING.
 *
 * Fairness between pools: each pool that wants servers deserves cap / wanting pools (at least one; of the places that tunnels
 * have left). A pool below its share may take an idle server's place from another pool, and a server returned to a pool above
 * its share is given up (closed) when a pool below its share waits. So two busy pools do not exchange logins at each
 * transaction: at their shares nothing moves.
 * Of more pools than the cap has places for, those take turns who have waited longest; a connection that has just logged
 * in stays for a while (conn.h), or all would log in for ever and none would ever work.
 *
 * What is opened for no pool (a tunnel; a question to a server) takes a place like the rest. A question waits for one
 * (an errand): short, and before the logins, of which it may be the condition. A tunnel cannot wait; however many there
 * are, the pools have one place.
 *
 * Fewer may be lent than are open: while memory rises (the gate, cgroup/governor.h). Who is not let in waits in line, and
 * idle servers stay. Behind a gate the one that has waited longest is next, whichever its pool.
 *
 * Logins come slowly: as many at once as the pool has servers, and one at a time after one failed (backoff.h). So
 * whatever befell the server, a pod that comes back to it does not come with everything at once.
 */
#ifndef PP_POOL_POOL_H
#define PP_POOL_POOL_H

#include <stdint.h>

#include "base/list.h"
#include "pool/backoff.h"
#include "pool/conn.h"

struct pp_waiter;

/* How well does this connection suit whoever waits or asks? 0 perfectly; more: worse; negative: not at all. */
typedef int pp_pool_fit(const struct pp_conn *conn, const struct pp_waiter *waiter);

struct pp_pools {
	pp_pool_fit *fit;   /* NULL: everything suits everybody */
	struct pp_list all; /* link: pp_pool.link */
	bool no_spares; /* min_open does not count now: servers that nobody waits for would be in the way */
	bool rotate;   /* lend the server idle for longest, not the best or the one used last */
	uint32_t cap;  /* at least 1 */
	uint32_t gate; /* 1..cap: so many may be lent */
	uint32_t lent;
	uint32_t open;	  /* connections in any state but CLOSED, those of no pool included */
	uint32_t tunnels; /* of these */
	uint32_t waiting; /* waiters and wanted logins over all pools, and errands */
	uint32_t errands; /* connections of no pool that wait for a place */
};

struct pp_pool {
	struct pp_pools *pools; /* borrowed */
	struct pp_link link;	/* link: pools.all */
	struct pp_list conns[PP_CONN__COUNT];
	struct pp_list waiters; /* link: pp_waiter.link */
	uint32_t
		logins_wanted; /* logins wanted to check a password or learn the greeting, beyond waiters */
	pp_ms logins_since;	   /* the first of them */
	uint32_t users;		   /* clients that may ask for a connection */
	uint32_t min_open;	   /* kept open when idle */
	struct pp_backoff backoff; /* of logins */
};

/* Zeroed before its first use. */
struct pp_waiter {
	struct pp_link link; /* link: pool.waiters */
	pp_ms since;
};

void pp_pools_init(struct pp_pools *pools, uint32_t cap);
/* What is not from 1 to cap is taken as the nearest. */
void pp_pools_set_cap(struct pp_pools *pools, uint32_t cap, uint32_t gate);
/* The gate is what keeps somebody waiting, or may. */
bool pp_pools_is_gated(const struct pp_pools *pools);
/* Connections that belong to no pool: one more is open, or one less; one more waits for a place, or one less. */
void pp_pools_count_other(struct pp_pools *pools, int delta);
void pp_pools_count_tunnel(struct pp_pools *pools, int delta);
/* How many may be open: the cap, or one beside all the tunnels. */
uint32_t pp_pools_places(const struct pp_pools *pools);
void pp_pools_want_errands(struct pp_pools *pools, int delta);

void pp_pool_init(struct pp_pool *pool, struct pp_pools *pools, uint32_t min_open);
/* Only without connections and waiters. */
void pp_pool_finish(struct pp_pool *pool);
bool pp_pool_is_unused(const struct pp_pool *pool);
uint32_t pp_pool_open(const struct pp_pool *pool);

/* The idle server that suits best, of equals the one used last (its caches are warm), now LENT; NULL when there is none,
 * somebody in line could have one, or the gate is shut. With `rotate`: of those that suit at all the one idle for longest,
 * so that successive transactions get different ones while several are idle. */
struct pp_conn *pp_pool_lend(struct pp_pool *pool, const struct pp_waiter *waiter, pp_ms now);

void pp_pool_wait(struct pp_pool *pool, struct pp_waiter *waiter, pp_ms now);
void pp_pool_unwait(struct pp_pool *pool, struct pp_waiter *waiter);
/* The first in line for whom an idle server that suits is there: both are taken (waiter off the line, server LENT). Call it
 * whenever a server has become idle: then nobody in line could have one of those that are. */
struct pp_waiter *pp_pool_match(struct pp_pool *pool, pp_ms now, struct pp_conn **ret_conn);
/* The same for the one that has waited longest of all for whom there is one: where the gate decides who works. */
struct pp_waiter *pp_pools_match(struct pp_pools *pools, pp_ms now, struct pp_conn **ret_conn);
/* Nothing but a new connection will do for the first in line, none is coming, and one may be had: this one must make room. */
bool pp_pool_is_useless(const struct pp_pool *pool, const struct pp_conn *conn, pp_ms now);
/* Some are idle although somebody waits: they suit nobody in line, as far as it was looked at. */
bool pp_pool_has_unsuited(const struct pp_pool *pool);
void pp_pool_want_logins(struct pp_pool *pool, uint32_t count, pp_ms now);

enum pp_advice { PP_ADVICE_NOTHING, PP_ADVICE_OPEN, PP_ADVICE_CLOSE, PP_ADVICE_ERRAND };

/* OPEN: start a login for *ret_pool. CLOSE: close *ret_conn (idle). ERRAND: there is a place for the first one. Only what
 * is named here is set. */
enum pp_advice pp_pools_advise(struct pp_pools *pools, pp_ms now, struct pp_pool **ret_pool,
			       struct pp_conn **ret_conn);

/* When the first pool that wants a server now may try again; INT64_MAX: none is put off. */
pp_ms pp_pools_next_try(const struct pp_pools *pools, pp_ms now);

/* A connection at its transaction's end: must it be closed instead of going back (cap fell, another pool is
 * below its share and waits)? */
bool pp_pools_should_give_up(const struct pp_pools *pools, const struct pp_conn *conn, pp_ms now);

/* An idle connection that has been idle for `idle_ms` (0: never), oldest first, above min_open; or NULL. */
struct pp_conn *pp_pool_find_idle_since(struct pp_pool *pool, pp_ms now, pp_ms idle_ms);

#endif
