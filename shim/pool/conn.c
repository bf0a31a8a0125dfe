#include "pool/conn.h"

#include "base/assert.h"
#include "pool/pool.h"

static const bool allowed[PP_CONN__COUNT][PP_CONN__COUNT] = {
	[PP_CONN_LOGIN] = {[PP_CONN_IDLE] = true, [PP_CONN_CLOSED] = true},
	[PP_CONN_IDLE] = {[PP_CONN_LENT] = true, [PP_CONN_CLOSED] = true},
	[PP_CONN_LENT] = {[PP_CONN_IDLE] = true,
			  [PP_CONN_SCRUB] = true,
			  [PP_CONN_CANCEL] = true,
			  [PP_CONN_CLOSED] = true},
	[PP_CONN_CANCEL] = {[PP_CONN_IDLE] = true, [PP_CONN_SCRUB] = true, [PP_CONN_CLOSED] = true},
	[PP_CONN_SCRUB] = {[PP_CONN_IDLE] = true, [PP_CONN_CANCEL] = true, [PP_CONN_CLOSED] = true},
};

bool pp_conn_may_change(enum pp_conn_state from, enum pp_conn_state to)
{
	return allowed[from][to];
}

void pp_conn_init(struct pp_conn *conn, struct pp_pool *pool, pp_ms now)
{
	*conn = (struct pp_conn){.state = PP_CONN_LOGIN, .pool = pool, .since = now, .born = now};
	pp_list_append(&pool->conns[PP_CONN_LOGIN], &conn->link);
	pool->pools->open++;
}

static pp_ms turn_of(pp_ms login)
{
	pp_ms turn = login * PP_CONN_TURN_LOGINS;
	if (turn < PP_CONN_TURN_MIN_MS)
		return PP_CONN_TURN_MIN_MS;
	return turn < PP_CONN_TURN_MAX_MS ? turn : PP_CONN_TURN_MAX_MS;
}

void pp_conn_set_state(struct pp_conn *conn, enum pp_conn_state to, pp_ms now)
{
	pp_assert(pp_conn_may_change(conn->state, to));
	struct pp_pool *pool = conn->pool;
	pp_list_remove(&pool->conns[conn->state], &conn->link);
	pool->pools->lent += (to == PP_CONN_LENT) - (conn->state == PP_CONN_LENT);
	if (conn->state == PP_CONN_LOGIN)
		conn->turn_ends = now + turn_of(now - conn->born);
	conn->state = to;
	conn->since = now;
	if (to == PP_CONN_CLOSED) {
		conn->pool = NULL;
		pool->pools->open--;
	} else if (to == PP_CONN_IDLE) {
		/* Front of the list is used last: the oldest idle one is at its end. */
		pp_list_prepend(&pool->conns[to], &conn->link);
	} else {
		pp_list_append(&pool->conns[to], &conn->link);
	}
}
