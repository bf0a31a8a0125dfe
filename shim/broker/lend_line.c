/* Those who wait in line, and what time does to servers and to them (lend.h). */
#include "broker/lend.h"

#include "base/log.h"
#include "broker/admit.h"
#include "broker/client.h"
#include "broker/database.h"
#include "broker/relay.h"
#include "broker/server.h"
#include "broker/shed.h"

void pp_lend_cancel_waiting(struct pp_client *c)
{
	pp_pool_unwait(pp_database_pool(c->database), &c->waiter);
	pp_client_set_state(c, PP_CLIENT_IDLE);
	pp_relay_front_cancelled(c);
}

void pp_lend_fail_waiting(struct pp_database *db, const struct pp_login_error *error)
{
	while (db->pool.waiters.count) {
		struct pp_link *first = pp_list_first(&db->pool.waiters);
		pp_client_fail_as(pp_client_of(pp_list_entry(first, struct pp_waiter, link)),
				  error);
	}
}

void pp_lend_settle(struct pp_broker *b)
{
	struct pp_pool *pool;
	struct pp_conn *conn;
	for (;;) {
		switch (pp_pools_advise(&b->pools, b->now, &pool, &conn)) {
		case PP_ADVICE_NOTHING: return;
		case PP_ADVICE_CLOSE:
			pp_server_close(pp_server_of(conn), "place needed elsewhere");
			break;
		case PP_ADVICE_OPEN: {
			struct pp_database *db = pp_database_of(pool);
			if (!pp_server_login(db, pp_admit_next_password(db)))
				pool->not_before = b->now + PP_DATABASE_RETRY_MS;
		}
		}
	}
}

static void sweep_waiters(struct pp_broker *b, struct pp_pool *pool)
{
	pp_ms limit = b->config.wait_timeout_ms;
	if (!limit)
		return;
	PP_LIST_FOREACH_SAFE (&pool->waiters, it) {
		struct pp_waiter *waiter = pp_list_entry(it, struct pp_waiter, link);
		if (b->now - waiter->since < limit)
			return; /* in order of arrival */
		pp_client_fail(
			pp_client_of(waiter), "FATAL", "53300",
			"podpool: no server connection in time; raise "
			"PODPOOL_MAX_SERVERS or PODPOOL_WAIT_TIMEOUT, or see `podpool status`");
	}
}

/* At most one a round: its end may be that of others. */
static void sweep_lent(struct pp_pool *pool)
{
	PP_LIST_FOREACH (&pool->conns[PP_CONN_LENT], it) {
		struct pp_server *s = pp_server_of(pp_list_entry(it, struct pp_conn, link));
		if (pp_lend_waits_in_vain(s)) {
			pp_lend_end_next(s);
			return;
		}
	}
}

static void sweep_idle(struct pp_broker *b, struct pp_pool *pool)
{
	struct pp_conn *conn;
	while ((conn = pp_pool_find_idle_since(pool, b->now, b->config.idle_timeout_ms)))
		pp_server_close(pp_server_of(conn), "idle timeout");
	PP_LIST_FOREACH_SAFE (&pool->conns[PP_CONN_IDLE], it) {
		struct pp_server *s = pp_server_of(pp_list_entry(it, struct pp_conn, link));
		if (pp_server_is_too_old(s))
			pp_server_close(s, "server lifetime over");
		else if (b->orders.close_idle && !pool->waiters.count)
			pp_server_close(s, "draining");
	}
	pp_shed(pp_database_of(pool));
}

void pp_lend_sweep(struct pp_broker *b)
{
	PP_LIST_FOREACH (&b->pools.all, it) {
		struct pp_pool *pool = pp_list_entry(it, struct pp_pool, link);
		sweep_waiters(b, pool);
		sweep_lent(pool);
		sweep_idle(b, pool);
	}
	pp_lend_settle(b);
}
