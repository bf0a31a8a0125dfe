#include "pool/pool.h"

#include <string.h>

#include "base/assert.h"
#include "pool/pool_walk.h"

void pp_pools_init(struct pp_pools *pools, uint32_t cap)
{
	memset(pools, 0, sizeof *pools);
	pp_list_init(&pools->all);
	pp_pools_set_cap(pools, cap, cap);
}

void pp_pools_set_cap(struct pp_pools *pools, uint32_t cap, uint32_t gate)
{
	pools->cap = cap ? cap : 1;
	pools->gate = gate < 1 ? 1 : gate < pools->cap ? gate : pools->cap;
}

/* Also while more are open than may be, or a cap that falls to its gate would let everybody in at once. */
bool pp_pools_is_gated(const struct pp_pools *pools)
{
	return pools->gate + pools->tunnels < pools->cap || pools->open > pp_pools_places(pools);
}

void pp_pools_count_other(struct pp_pools *pools, int delta)
{
	pools->open = (uint32_t)((int)pools->open + delta);
}

void pp_pools_count_tunnel(struct pp_pools *pools, int delta)
{
	pools->tunnels = (uint32_t)((int)pools->tunnels + delta);
	pp_pools_count_other(pools, delta);
}

uint32_t pp_pools_places(const struct pp_pools *pools)
{
	return pools->tunnels < pools->cap ? pools->cap : pools->tunnels + 1;
}

void pp_pools_want_errands(struct pp_pools *pools, int delta)
{
	pools->errands = (uint32_t)((int)pools->errands + delta);
	pools->waiting = (uint32_t)((int)pools->waiting + delta);
}

void pp_pool_init(struct pp_pool *pool, struct pp_pools *pools, uint32_t min_open)
{
	memset(pool, 0, sizeof *pool);
	pool->pools = pools;
	pool->min_open = min_open;
	for (int i = 0; i < PP_CONN__COUNT; i++)
		pp_list_init(&pool->conns[i]);
	pp_list_init(&pool->waiters);
	pp_list_append(&pools->all, &pool->link);
}

bool pp_pool_is_unused(const struct pp_pool *pool)
{
	return pp_pool_open(pool) == 0 && pool->waiters.count == 0 && pool->logins_wanted == 0;
}

void pp_pool_finish(struct pp_pool *pool)
{
	pp_assert(pp_pool_is_unused(pool));
	pp_list_remove(&pool->pools->all, &pool->link);
}

uint32_t pp_pool_open(const struct pp_pool *pool)
{
	size_t open = 0;
	for (int i = 0; i < PP_CONN_CLOSED; i++)
		open += pool->conns[i].count;
	return (uint32_t)open;
}

static int fit(const struct pp_pool *pool, const struct pp_conn *conn,
	       const struct pp_waiter *waiter)
{
	return pool->pools->fit ? pool->pools->fit(conn, waiter) : 0;
}

/* The front of the list was used last. */
static struct pp_conn *longest_idle(const struct pp_pool *pool, const struct pp_waiter *waiter)
{
	const struct pp_link *head = &pool->conns[PP_CONN_IDLE].head;
	for (struct pp_link *it = head->prev; it != head; it = it->prev)
		if (fit(pool, pp_conn_at(it), waiter) >= 0)
			return pp_conn_at(it);
	return NULL;
}

static struct pp_conn *best_idle(const struct pp_pool *pool, const struct pp_waiter *waiter)
{
	if (pool->pools->rotate)
		return longest_idle(pool, waiter);
	struct pp_conn *best = NULL;
	int best_fit = 0;
	PP_LIST_FOREACH (&pool->conns[PP_CONN_IDLE], it) {
		int its_fit = fit(pool, pp_conn_at(it), waiter);
		if (its_fit == 0)
			return pp_conn_at(it);
		if (its_fit < 0 || (best && its_fit >= best_fit))
			continue;
		best = pp_conn_at(it);
		best_fit = its_fit;
	}
	return best;
}

struct pp_waiter *pp_pool_first_suited(const struct pp_pool *pool, struct pp_conn **ret_conn)
{
	size_t idle = pool->conns[PP_CONN_IDLE].count, looks = PP_POOL_LOOKS_MAX;
	if (!idle)
		return NULL;
	PP_LIST_FOREACH (&pool->waiters, it) {
		struct pp_waiter *waiter = pp_list_entry(it, struct pp_waiter, link);
		*ret_conn = best_idle(pool, waiter);
		if (*ret_conn)
			return waiter;
		if (looks < idle)
			return NULL;
		looks -= idle;
	}
	return NULL;
}

struct pp_conn *pp_pool_lend(struct pp_pool *pool, const struct pp_waiter *waiter, pp_ms now)
{
	struct pp_conn *others;
	bool may = pp_pools_room(pool->pools) && !pp_pool_first_suited(pool, &others);
	struct pp_conn *conn = may ? best_idle(pool, waiter) : NULL;
	if (conn)
		pp_conn_set_state(conn, PP_CONN_LENT, now);
	return conn;
}

void pp_pool_wait(struct pp_pool *pool, struct pp_waiter *waiter, pp_ms now)
{
	waiter->since = now;
	pp_list_append(&pool->waiters, &waiter->link);
	pool->pools->waiting++;
}

void pp_pool_unwait(struct pp_pool *pool, struct pp_waiter *waiter)
{
	pp_list_remove(&pool->waiters, &waiter->link);
	pool->pools->waiting--;
}

struct pp_waiter *pp_pool_match(struct pp_pool *pool, pp_ms now, struct pp_conn **ret_conn)
{
	struct pp_waiter *waiter =
		pp_pools_room(pool->pools) ? pp_pool_first_suited(pool, ret_conn) : NULL;
	if (!waiter)
		return NULL;
	pp_pool_unwait(pool, waiter);
	pp_conn_set_state(*ret_conn, PP_CONN_LENT, now);
	return waiter;
}

struct pp_waiter *pp_pools_match(struct pp_pools *pools, pp_ms now, struct pp_conn **ret_conn)
{
	struct pp_pool *next = NULL;
	pp_ms since = INT64_MAX;
	if (!pp_pools_room(pools))
		return NULL;
	PP_LIST_FOREACH (&pools->all, it) {
		struct pp_waiter *waiter = pp_pool_first_suited(pp_pool_at(it), ret_conn);
		if (!waiter || (next && waiter->since >= since))
			continue;
		next = pp_pool_at(it);
		since = waiter->since;
	}
	return next ? pp_pool_match(next, now, ret_conn) : NULL;
}

bool pp_pool_is_useless(const struct pp_pool *pool, const struct pp_conn *conn, pp_ms now)
{
	struct pp_waiter *waiter = pp_pool_first_waiter(pool);
	return waiter && pp_pools_room(pool->pools) && pool->conns[PP_CONN_LOGIN].count == 0 &&
	       now >= pool->backoff.until && fit(pool, conn, waiter) < 0;
}

bool pp_pool_has_unsuited(const struct pp_pool *pool)
{
	return pool->waiters.count && pool->conns[PP_CONN_IDLE].count &&
	       pool->conns[PP_CONN_LOGIN].count == 0 && !pp_pool_is_held_back(pool);
}

void pp_pool_want_logins(struct pp_pool *pool, uint32_t count, pp_ms now)
{
	if (!pool->logins_wanted)
		pool->logins_since = now;
	pool->pools->waiting += count - pool->logins_wanted;
	pool->logins_wanted = count;
}

struct pp_conn *pp_pool_find_idle_since(struct pp_pool *pool, pp_ms now, pp_ms idle_ms)
{
	if (idle_ms == 0 || pool->conns[PP_CONN_IDLE].count == 0 ||
	    pp_pool_open(pool) <= pool->min_open)
		return NULL;
	struct pp_conn *conn = pp_conn_at(pool->conns[PP_CONN_IDLE].head.prev);
	return now - conn->since >= idle_ms ? conn : NULL;
}
