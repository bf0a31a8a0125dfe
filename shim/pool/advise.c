#include "pool/pool.h"
#include "pool/pool_walk.h"

/* Servers this pool would put to use beyond those being opened. One that has none gets one: it may be its turn at the gate
 * next. */
static uint32_t lacking(const struct pp_pool *pool)
{
	uint32_t open = pp_pool_open(pool), room = pp_pools_room(pool->pools);
	if (pp_pool_is_held_back(pool))
		room = open == 0;
	size_t waiting = pool->waiters.count < room ? pool->waiters.count : room;
	size_t wanted = waiting + pool->logins_wanted;
	size_t coming = pool->conns[PP_CONN_LOGIN].count;
	if (wanted > coming)
		return (uint32_t)(wanted - coming);
	bool spare = open && open < pool->min_open && !pool->pools->no_spares;
	return spare ? pool->min_open - open : 0;
}

static bool may_log_in(const struct pp_pool *pool)
{
	size_t coming = pool->conns[PP_CONN_LOGIN].count;
	size_t there = pp_pool_open(pool) - coming;
	return coming < (pool->backoff.failures || !there ? 1 : there);
}

static bool wants(const struct pp_pool *pool, pp_ms now)
{
	return lacking(pool) > 0 && now >= pool->backoff.until && may_log_in(pool);
}

static uint32_t fair_share(const struct pp_pools *pools)
{
	uint32_t wanting = 0;
	PP_LIST_FOREACH (&pools->all, it)
		wanting += pp_pool_at(it)->waiters.count || pp_pool_at(it)->logins_wanted ||
			   pp_pool_at(it)->conns[PP_CONN_LENT].count;
	uint32_t places = pp_pools_places(pools) - pools->tunnels;
	return wanting && places / wanting > 1 ? places / wanting : 1;
}

/* A password must be judged by a login, and no server of its own can stand in for that. */
static bool needs_login(const struct pp_pool *pool)
{
	return pool->logins_wanted > 0 && pool->conns[PP_CONN_LOGIN].count == 0;
}

/* When who waits there began to; INT64_MAX: nobody does, it is below its minimum. */
static pp_ms waits_since(const struct pp_pool *pool)
{
	struct pp_waiter *waiter = pp_pool_first_waiter(pool);
	pp_ms since = pool->logins_wanted ? pool->logins_since : INT64_MAX;
	return waiter && waiter->since < since ? waiter->since : since;
}

static bool needs_more(const struct pp_pool *pool, const struct pp_pool *other)
{
	uint32_t open = pp_pool_open(pool), other_open = pp_pool_open(other);
	bool waits = waits_since(pool) != INT64_MAX, other_waits = waits_since(other) != INT64_MAX;
	if (waits != other_waits)
		return waits; /* min_open: never at somebody else's cost */
	if (open != other_open)
		return open < other_open;
	return waits_since(pool) < waits_since(other);
}

/* Of the pools that want a server the one with the fewest, where somebody waits first; of equals who has waited
 * longest. */
static struct pp_pool *neediest(const struct pp_pools *pools, pp_ms now)
{
	struct pp_pool *best = NULL;
	PP_LIST_FOREACH (&pools->all, it) {
		struct pp_pool *pool = pp_pool_at(it);
		if (wants(pool, now) && (!best || needs_more(pool, best)))
			best = pool;
	}
	return best;
}

static bool has_its_turn(const struct pp_conn *conn, pp_ms now)
{
	return conn->pool->users && now < conn->turn_ends;
}

/* The connection idle for longest, in any pool: where the cap fell, min_open does not count. */
static struct pp_conn *oldest_idle(const struct pp_pools *pools)
{
	struct pp_conn *oldest = NULL;
	PP_LIST_FOREACH (&pools->all, it) {
		struct pp_pool *pool = pp_pool_at(it);
		if (pool->conns[PP_CONN_IDLE].count == 0)
			continue;
		struct pp_conn *conn = pp_conn_at(pool->conns[PP_CONN_IDLE].head.prev);
		if (!oldest || conn->since < oldest->since)
			oldest = conn;
	}
	return oldest;
}

/* The same among those that another pool, or this one for an end they do not serve, may have; or an errand (NULL). */
static struct pp_conn *oldest_for(const struct pp_pools *pools, const struct pp_pool *needy,
				  pp_ms now)
{
	bool of_its_own = needy && (needs_login(needy) || pp_pool_has_unsuited(needy));
	struct pp_conn *oldest = NULL;
	PP_LIST_FOREACH (&pools->all, it) {
		PP_LIST_FOREACH (&pp_pool_at(it)->conns[PP_CONN_IDLE], its) {
			struct pp_conn *conn = pp_conn_at(its);
			bool may = conn->pool == needy ? of_its_own : !has_its_turn(conn, now);
			if (may && (!oldest || conn->since < oldest->since))
				oldest = conn;
		}
	}
	return oldest;
}

enum pp_advice pp_pools_advise(struct pp_pools *pools, pp_ms now, struct pp_pool **ret_pool,
			       struct pp_conn **ret_conn)
{
	if (pools->open > pp_pools_places(pools)) {
		*ret_conn = oldest_idle(pools);
		return *ret_conn ? PP_ADVICE_CLOSE : PP_ADVICE_NOTHING;
	}
	if (pools->errands) {
		if (pools->open < pp_pools_places(pools))
			return PP_ADVICE_ERRAND;
		*ret_conn = oldest_for(pools, NULL, now);
		return *ret_conn ? PP_ADVICE_CLOSE : PP_ADVICE_NOTHING;
	}
	struct pp_pool *needy = pools->waiting || pools->open ? neediest(pools, now) : NULL;
	if (!needy)
		return PP_ADVICE_NOTHING;
	if (pools->open < pp_pools_places(pools)) {
		*ret_pool = needy;
		return PP_ADVICE_OPEN;
	}
	if (!needy->waiters.count && !needy->logins_wanted)
		return PP_ADVICE_NOTHING; /* only min_open: never at somebody else's cost */
	*ret_conn = oldest_for(pools, needy, now);
	return *ret_conn ? PP_ADVICE_CLOSE : PP_ADVICE_NOTHING;
}

pp_ms pp_pools_next_try(const struct pp_pools *pools, pp_ms now)
{
	pp_ms next = INT64_MAX;
	PP_LIST_FOREACH (&pools->all, it) {
		const struct pp_pool *pool = pp_pool_at(it);
		if (pool->backoff.until > now && pool->backoff.until < next && lacking(pool))
			next = pool->backoff.until;
	}
	return next;
}

bool pp_pools_should_give_up(const struct pp_pools *pools, const struct pp_conn *conn, pp_ms now)
{
	const struct pp_pool *pool = conn->pool;
	if (pools->open > pp_pools_places(pools))
		return true;
	if (pools->open < pp_pools_places(pools) || !pools->waiting)
		return false;
	if (has_its_turn(conn, now))
		return false;
	if (pools->errands || (needs_login(pool) && now >= pool->backoff.until))
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
