/* shim/pool/pool_walk.h - from links to what they are in, for pool.c (one pool) and advise.c (between pools).
 */
#ifndef PP_POOL_POOL_WALK_H
#define PP_POOL_POOL_WALK_H

#include "pool/pool.h"

static inline struct pp_pool *pp_pool_at(struct pp_link *link)
{
	return pp_list_entry(link, struct pp_pool, link);
}

static inline struct pp_conn *pp_conn_at(struct pp_link *link)
{
	return pp_list_entry(link, struct pp_conn, link);
}

/* How many more may be lent; where there is no gate, all there are. */
static inline uint32_t pp_pools_room(const struct pp_pools *pools)
{
	if (!pp_pools_is_gated(pools))
		return UINT32_MAX;
	return pools->lent < pools->gate ? pools->gate - pools->lent : 0;
}

/* In a line in which nothing suits anybody no more than so many pairs of waiter and server are tried: the rest waits for the
 * first. */
#define PP_POOL_LOOKS_MAX 2000

/* The first in line for whom an idle server suits, but for the gate, and that server: who cannot make do with any lets the
 * others pass. NULL: nobody. pool.c */
struct pp_waiter *pp_pool_first_suited(const struct pp_pool *pool, struct pp_conn **ret_conn);

/* Who waits for the gate only lacks no server. */
static inline bool pp_pool_is_held_back(const struct pp_pool *pool)
{
	struct pp_conn *conn;
	return pp_pools_is_gated(pool->pools) &&
	       (!pp_pools_room(pool->pools) || pp_pool_first_suited(pool, &conn));
}

/* NULL: nobody waits. */
static inline struct pp_waiter *pp_pool_first_waiter(const struct pp_pool *pool)
{
	struct pp_link *first = pp_list_first(&pool->waiters);
	return first ? pp_list_entry(first, struct pp_waiter, link) : NULL;
}

#endif
