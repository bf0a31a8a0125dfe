/* Those who wait, in line or for a cancel request's end, and what time does to servers and to them (lend.h). */
#include "broker/lend.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/log.h"
#include "broker/admit.h"
#include "broker/client.h"
#include "broker/database.h"
#include "broker/nextval.h"
#include "broker/question.h"
#include "broker/relay.h"
#include "broker/route.h"
#include "broker/server.h"
#include "broker/shed.h"
#include "wire/msg.h"

/* All of them hear it within one round, or several of a busy loop. */
#define PP_LEND_DOUBT_MS 1000
/* So long a server waits for the end of a cancel connection (pgbouncer's cancel_wait_timeout is the same). */
#define PP_LEND_CANCEL_MS (10 * 1000)

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

/* What an idle server says is its last word, or a setting that changed. */
static bool has_ended(const struct pp_server *s)
{
	char first;
	ssize_t n = recv(s->stream.fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);
	if (n < 0)
		return errno != EAGAIN && errno != EINTR;
	return n == 0 || s->stream.ssl || first != PP_BACK_PARAMETER_STATUS;
}

static struct pp_server *find_ended(struct pp_pool *pool)
{
	PP_LIST_FOREACH (&pool->conns[PP_CONN_IDLE], it) {
		struct pp_server *s = pp_server_of(pp_list_entry(it, struct pp_conn, link));
		if (has_ended(s))
			return s;
	}
	return NULL;
}

void pp_lend_doubt(struct pp_database *db)
{
	if (!db->route->lost_at || db->broker->now - db->route->lost_at > PP_LEND_DOUBT_MS)
		return;
	struct pp_server *s;
	while ((s = find_ended(&db->pool)))
		pp_server_close(s, "it has ended like the one before");
}

void pp_lend_settle(struct pp_broker *b)
{
	struct pp_pool *pool;
	struct pp_conn *conn;
	for (;;) {
		switch (pp_pools_advise(&b->pools, b->now, &pool, &conn)) {
		case PP_ADVICE_NOTHING: return;
		case PP_ADVICE_ERRAND: pp_question_next(b); break;
		case PP_ADVICE_CLOSE:
			pp_server_close(pp_server_of(conn), "place needed elsewhere");
			break;
		case PP_ADVICE_OPEN: {
			struct pp_database *db = pp_database_of(pool);
			if (!pp_server_login(db, pp_admit_next_password(db)))
				pp_backoff_failed(&pool->backoff, PP_BACKOFF_DOWN, b->now, 0);
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
		pp_database_fail_late(pp_client_of(waiter), PP_LEND_LATE);
	}
}

/* One: its end may be that of others. False: there is none. */
static bool give_up_nextval(struct pp_pool *pool)
{
	PP_LIST_FOREACH (&pool->conns[PP_CONN_LENT], it) {
		struct pp_server *s = pp_server_of(pp_list_entry(it, struct pp_conn, link));
		if (pp_nextval_give_up(s)) {
			pp_lend_check_return(s);
			return true;
		}
	}
	return false;
}

static void sweep_lent(struct pp_pool *pool)
{
	for (size_t left = pool->conns[PP_CONN_LENT].count; left && give_up_nextval(pool);)
		left--;
}

/* It does not end, and nobody knows whom it would hit: the server, in CANCEL or between transactions, is lent to nobody any
 * more, and its client need not wait for that. */
static void give_up_cancels(struct pp_server *s)
{
	s->cancel_overdue = true;
	if (s->conn.state == PP_CONN_CANCEL)
		pp_lend_give_back(s);
	else
		pp_lend_check_return(s);
}

void pp_lend_cancels_over(struct pp_server *s)
{
	if (s->conn.state == PP_CONN_CANCEL)
		pp_lend_give_back(s);
	else if (s->client)
		pp_lend_check_return(s);
}

static bool is_overdue(const struct pp_server *s)
{
	return s->cancels && !s->cancel_overdue &&
	       s->broker->now - s->heard_at >= PP_LEND_CANCEL_MS;
}

/* One, as above. A server with a query under way is nobody else's place yet. */
static bool give_up_cancelled(struct pp_pool *pool)
{
	static const enum pp_conn_state states[] = {PP_CONN_CANCEL, PP_CONN_LENT};
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		PP_LIST_FOREACH (&pool->conns[states[i]], it) {
			struct pp_server *s = pp_server_of(pp_list_entry(it, struct pp_conn, link));
			if (is_overdue(s) && pp_tx_is_idle(&s->tx)) {
				give_up_cancels(s);
				return true;
			}
		}
	return false;
}

static void sweep_cancelled(struct pp_pool *pool)
{
	for (size_t left = pp_pool_open(pool); left && give_up_cancelled(pool);)
		left--;
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
	if (pp_pools_is_gated(&b->pools)) /* a server may have been closed, not given back */
		pp_lend_let_in(b);
	PP_LIST_FOREACH (&b->pools.all, it) {
		struct pp_pool *pool = pp_list_entry(it, struct pp_pool, link);
		sweep_waiters(b, pool);
		sweep_lent(pool);
		sweep_cancelled(pool);
		sweep_idle(b, pool);
	}
	pp_lend_settle(b);
}
