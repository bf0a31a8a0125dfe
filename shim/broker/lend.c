#include "broker/lend.h"

#include "base/assert.h"
#include "base/log.h"
#include "broker/admit.h"
#include "broker/client.h"
#include "broker/database.h"
#include "broker/process.h"
#include "broker/relay.h"
#include "broker/server.h"

static struct pp_client *client_of(struct pp_waiter *waiter)
{
	return pp_list_entry(waiter, struct pp_client, waiter);
}

static void attach(struct pp_server *s, struct pp_client *c)
{
	pp_assert(!s->client && !c->server && s->conn.state == PP_CONN_LENT);
	s->client = c;
	c->server = s;
	s->unnamed_known = false;
	pp_client_set_state(c, PP_CLIENT_LENT);
	if (c->broker->config.mode == PP_MODE_SESSION)
		pp_server_pin(s, PP_PIN_SESSION, "PODPOOL_MODE=session");
	/* A slow reader may still be taking its last reply. */
	if (pp_buf_len(&c->out) >= PP_CLIENT_OUT_HIGH)
		pp_server_pause(s, true);
}

static void detach(struct pp_server *s)
{
	struct pp_client *c = s->client;
	s->client = NULL;
	c->server = NULL;
	s->lexing = PP_LEXING_NO;
	s->swallow = 0;
	pp_server_pause(s, false);
	pp_client_pause(c, false);
}

bool pp_lend_begin(struct pp_client *c)
{
	struct pp_broker *b = c->broker;
	if (b->orders.refuse_lending) {
		pp_client_fail(c, "FATAL", "57P01",
			       "podpool: terminating connection: the pod is shutting down");
		return false;
	}
	struct pp_pool *pool = pp_database_pool(c->database);
	struct pp_conn *conn = pp_pool_lend(pool, b->now);
	if (conn) {
		attach(pp_server_of(conn), c);
		return true;
	}
	pp_pool_wait(pool, &c->waiter, b->now);
	pp_client_set_state(c, PP_CLIENT_WAITING);
	pp_lend_settle(b);
	return false;
}

static bool is_too_old(const struct pp_server *s)
{
	return s->lifetime_ms && s->broker->now - s->conn.born >= s->lifetime_ms;
}

void pp_lend_idle(struct pp_server *s)
{
	struct pp_broker *b = s->broker;
	struct pp_pool *pool = s->conn.pool;
	if (s->conn.state != PP_CONN_IDLE)
		return; /* somebody was quicker */
	bool waited_for = pool->waiters.count > 0;
	if (is_too_old(s))
		pp_server_close(s, "server lifetime over");
	else if (b->orders.close_idle && !waited_for)
		pp_server_close(s, "draining");
	else if (pp_pools_should_give_up(&b->pools, pool, b->now))
		pp_server_close(s, "place needed elsewhere");
	struct pp_conn *conn;
	struct pp_waiter *waiter = pp_pool_match(pool, b->now, &conn);
	if (waiter) {
		struct pp_client *c = client_of(waiter);
		attach(pp_server_of(conn), c);
		pp_client_continue(c);
	}
	if (b->pools.waiting || b->pools.open > b->pools.cap)
		pp_lend_settle(b);
}

/* The server's work for its client is over: to the pool, or first whatever must end before. */
static void give_back(struct pp_server *s)
{
	struct pp_broker *b = s->broker;
	if (s->cancels) {
		/* A cancel connection is under way: the next client must not be hit by it. */
		pp_conn_set_state(&s->conn, PP_CONN_CANCEL, b->now);
		return;
	}
	if (s->pins) {
		if (pp_pins_may_scrub(s->pins) && !s->custom)
			pp_server_scrub(s);
		else
			pp_server_close(s, "session state cannot be cleaned");
	} else {
		pp_conn_set_state(&s->conn, PP_CONN_IDLE, b->now);
		pp_lend_idle(s);
		return;
	}
	pp_lend_settle(b);
}

void pp_lend_cancels_over(struct pp_server *s)
{
	if (s->conn.state == PP_CONN_CANCEL)
		give_back(s);
}

void pp_lend_scrubbed(struct pp_server *s, bool clean)
{
	if (!clean) {
		pp_server_close(s, "DISCARD ALL failed");
		pp_lend_settle(s->broker);
		return;
	}
	s->pins = 0;
	s->custom = false;
	s->pin_cause[0] = '\0';
	pp_conn_set_state(&s->conn, PP_CONN_IDLE, s->broker->now);
	pp_lend_idle(s);
}

bool pp_lend_may_return(const struct pp_server *s)
{
	return pp_tx_is_idle(&s->tx) && !s->client->skip && !s->pins && !s->skip;
}

void pp_lend_check_return(struct pp_server *s)
{
	struct pp_client *c = s->client;
	if (!pp_lend_may_return(s))
		return;
	detach(s);
	pp_client_set_state(c, PP_CLIENT_IDLE);
	give_back(s);
	if (!c->gone && c->state == PP_CLIENT_IDLE) {
		pp_process_settle(c);
		if (!c->gone && pp_buf_len(&c->in))
			pp_client_continue(c);
		else
			pp_client_check_eof(c);
	}
}

void pp_lend_abandon(struct pp_client *c)
{
	struct pp_server *s = c->server;
	bool clean = pp_tx_is_idle(&s->tx) && !c->skip && !s->skip && !pp_server_is_congested(s);
	detach(s);
	if (clean) {
		give_back(s);
		return;
	}
	/* Ending the session is what the server would have seen without us: it rolls back. */
	pp_server_close(s, "client left in the midst of its work");
	pp_lend_settle(s->broker);
}

void pp_lend_server_lost(struct pp_server *s, const char *reason)
{
	struct pp_broker *b = s->broker;
	struct pp_client *c = s->client;
	if (c)
		detach(s);
	pp_server_close(s, reason);
	if (c) {
		/* As a lost server looks: its last words, if any, then the end. */
		pp_log(PP_LOG_INFO, "client %u lost its server: %s", c->id, reason);
		pp_client_close_soon(c);
	}
	pp_lend_settle(b);
}

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
		pp_client_fail_as(client_of(pp_list_entry(first, struct pp_waiter, link)), error);
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
			client_of(waiter), "FATAL", "53300",
			"podpool: no server connection in time; raise "
			"PODPOOL_MAX_SERVERS or PODPOOL_WAIT_TIMEOUT, or see `podpool status`");
	}
}

static void sweep_idle(struct pp_broker *b, struct pp_pool *pool)
{
	struct pp_conn *conn;
	while ((conn = pp_pool_find_idle_since(pool, b->now, b->config.idle_timeout_ms)))
		pp_server_close(pp_server_of(conn), "idle timeout");
	PP_LIST_FOREACH_SAFE (&pool->conns[PP_CONN_IDLE], it) {
		struct pp_server *s = pp_server_of(pp_list_entry(it, struct pp_conn, link));
		if (is_too_old(s))
			pp_server_close(s, "server lifetime over");
		else if (b->orders.close_idle && !pool->waiters.count)
			pp_server_close(s, "draining");
	}
}

void pp_lend_sweep(struct pp_broker *b)
{
	PP_LIST_FOREACH (&b->pools.all, it) {
		struct pp_pool *pool = pp_list_entry(it, struct pp_pool, link);
		sweep_waiters(b, pool);
		sweep_idle(b, pool);
	}
	pp_lend_settle(b);
}
