#include "pool/pool.h"

#include <string.h>

#include "base/assert.h"

static struct pp_pool *pool_of(struct pp_link *link)
{
	return pp_list_entry(link, struct pp_pool, link);
}

static struct pp_conn *conn_of(struct pp_link *link)
{
	return pp_list_entry(link, struct pp_conn, link);
}

void pp_pools_init(struct pp_pools *pools, uint32_t cap)
{
	memset(pools, 0, sizeof *pools);
	pp_list_init(&pools->all);
	pp_pools_set_cap(pools, cap);
}

void pp_pools_set_cap(struct pp_pools *pools, uint32_t cap)
{
	pools->cap = cap ? cap : 1;
}

void pp_pools_count_tunnel(struct pp_pools *pools, int delta)
{
	pools->open = (uint32_t)((int)pools->open + delta);
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
static struct pp_conn *longest_idle(struct pp_pool *pool, const struct pp_waiter *waiter)
{
	struct pp_link *head = &pool->conns[PP_CONN_IDLE].head;
	for (struct pp_link *it = head->prev; it != head; it = it->prev)
		if (fit(pool, conn_of(it), waiter) >= 0)
			return conn_of(it);
	return NULL;
}

static struct pp_conn *best_idle(struct pp_pool *pool, const struct pp_waiter *waiter)
{
	if (pool->pools->rotate)
		return longest_idle(pool, waiter);
	struct pp_conn *best = NULL;
	int best_fit = 0;
	PP_LIST_FOREACH (&pool->conns[PP_CONN_IDLE], it) {
		int its_fit = fit(pool, conn_of(it), waiter);
		if (its_fit == 0)
			return conn_of(it);
		if (its_fit < 0 || (best && its_fit >= best_fit))
			continue;
		best = conn_of(it);
		best_fit = its_fit;
	}
	return best;
}

struct pp_conn *pp_pool_lend(struct pp_pool *pool, const struct pp_waiter *waiter, pp_ms now)
{
	struct pp_conn *conn = pool->waiters.count ? NULL : best_idle(pool, waiter);
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

static struct pp_waiter *first_waiter(const struct pp_pool *pool)
{
	struct pp_link *first = pp_list_first(&pool->waiters);
	return first ? pp_list_entry(first, struct pp_waiter, link) : NULL;
}

struct pp_waiter *pp_pool_match(struct pp_pool *pool, pp_ms now, struct pp_conn **ret_conn)
{
	struct pp_waiter *waiter = first_waiter(pool);
	struct pp_conn *conn = waiter ? best_idle(pool, waiter) : NULL;
	if (!conn)
		return NULL;
	pp_pool_unwait(pool, waiter);
	*ret_conn = conn;
	pp_conn_set_state(conn, PP_CONN_LENT, now);
	return waiter;
}

bool pp_pool_is_useless(const struct pp_pool *pool, const struct pp_conn *conn)
{
	struct pp_waiter *waiter = first_waiter(pool);
	return waiter && pool->conns[PP_CONN_LOGIN].count == 0 && fit(pool, conn, waiter) < 0;
}

void pp_pool_want_logins(struct pp_pool *pool, uint32_t count)
{
	pool->pools->waiting += count - pool->logins_wanted;
	pool->logins_wanted = count;
}

/* Servers this pool would put to use beyond those being opened. */
static uint32_t lacking(const struct pp_pool *pool)
{
	size_t wanted = pool->waiters.count + pool->logins_wanted;
	size_t coming = pool->conns[PP_CONN_LOGIN].count;
	if (wanted > coming)
		return (uint32_t)(wanted - coming);
	uint32_t open = pp_pool_open(pool);
	return open && open < pool->min_open ? pool->min_open - open : 0;
}

static bool wants(const struct pp_pool *pool, pp_ms now)
{
	return lacking(pool) > 0 && now >= pool->not_before;
}

static uint32_t fair_share(const struct pp_pools *pools)
{
	uint32_t wanting = 0;
	PP_LIST_FOREACH (&pools->all, it)
		wanting += pool_of(it)->waiters.count || pool_of(it)->logins_wanted ||
			   pool_of(it)->conns[PP_CONN_LENT].count;
	return wanting && pools->cap / wanting > 1 ? pools->cap / wanting : 1;
}

/* Of the pools that want a server the one with the fewest. */
static struct pp_pool *neediest(const struct pp_pools *pools, pp_ms now)
{
	struct pp_pool *best = NULL;
	PP_LIST_FOREACH (&pools->all, it) {
		struct pp_pool *pool = pool_of(it);
		if (wants(pool, now) && (!best || pp_pool_open(pool) < pp_pool_open(best)))
			best = pool;
	}
	return best;
}

/* The connection idle for longest, in any pool but `except`; where the cap fell, min_open does not count. */
static struct pp_conn *oldest_idle(const struct pp_pools *pools, const struct pp_pool *except)
{
	struct pp_conn *oldest = NULL;
	PP_LIST_FOREACH (&pools->all, it) {
		struct pp_pool *pool = pool_of(it);
		if (pool == except || pool->conns[PP_CONN_IDLE].count == 0)
			continue;
		struct pp_conn *conn = conn_of(pool->conns[PP_CONN_IDLE].head.prev);
		if (!oldest || conn->since < oldest->since)
			oldest = conn;
	}
	return oldest;
}

/* A password must be judged by a login, and no server of its own can stand in for that. */
static bool needs_login(const struct pp_pool *pool)
{
	return pool->logins_wanted > 0 && pool->conns[PP_CONN_LOGIN].count == 0;
}

/* Idle although somebody waits: it does not suit. */
static bool has_unsuited(const struct pp_pool *pool)
{
	return pool->waiters.count && pool->conns[PP_CONN_IDLE].count &&
	       pool->conns[PP_CONN_LOGIN].count == 0;
}

enum pp_advice pp_pools_advise(struct pp_pools *pools, pp_ms now, struct pp_pool **ret_pool,
			       struct pp_conn **ret_conn)
{
	if (pools->open > pools->cap) {
		*ret_conn = oldest_idle(pools, NULL);
		return *ret_conn ? PP_ADVICE_CLOSE : PP_ADVICE_NOTHING;
	}
	struct pp_pool *needy = pools->waiting || pools->open ? neediest(pools, now) : NULL;
	if (!needy)
		return PP_ADVICE_NOTHING;
	if (pools->open < pools->cap) {
		*ret_pool = needy;
		return PP_ADVICE_OPEN;
	}
	if (!needy->waiters.count && !needy->logins_wanted)
		return PP_ADVICE_NOTHING; /* only min_open: never at somebody else's cost */
	*ret_conn = oldest_idle(pools, needs_login(needy) || has_unsuited(needy) ? NULL : needy);
	return *ret_conn ? PP_ADVICE_CLOSE : PP_ADVICE_NOTHING;
}

bool pp_pools_should_give_up(const struct pp_pools *pools, const struct pp_pool *pool, pp_ms now)
{
	if (pools->open > pools->cap)
		return true;
	if (pools->open < pools->cap || !pools->waiting)
		return false;
	if (needs_login(pool) && now >= pool->not_before)
		return true;
	struct pp_pool *needy = neediest(pools, now);
	if (!needy || needy == pool)
		return false;
	uint32_t share = fair_share(pools);
	/* More pools than cap: everybody's share is one, and turns are taken by whoever has none. */
	if (pp_pool_open(needy) == 0 && !pool->waiters.count)
		return true;
	return pp_pool_open(needy) < share &&
	       (pp_pool_open(pool) > share || pp_pool_open(needy) == 0);
}

struct pp_conn *pp_pool_find_idle_since(struct pp_pool *pool, pp_ms now, pp_ms idle_ms)
{
	if (idle_ms == 0 || pool->conns[PP_CONN_IDLE].count == 0 ||
	    pp_pool_open(pool) <= pool->min_open)
		return NULL;
	struct pp_conn *conn = conn_of(pool->conns[PP_CONN_IDLE].head.prev);
	return now - conn->since >= idle_ms ? conn : NULL;
}
