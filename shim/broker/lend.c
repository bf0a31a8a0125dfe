#include "broker/lend.h"

#include "base/assert.h"
#include "base/log.h"
#include "broker/admit.h"
#include "broker/client.h"
#include "broker/database.h"
#include "broker/defaults.h"
#include "broker/front.h"
#include "broker/greet.h"
#include "broker/hidden.h"
#include "broker/missing.h"
#include "broker/nextval.h"
#include "broker/notifier.h"
#include "broker/process.h"
#include "broker/question.h"
#include "broker/relay.h"
#include "broker/route.h"
#include "broker/server.h"
#include "broker/shed.h"

/* Unused, and no older than the client: whoever counted sessions before it came has not counted this one. */
static bool is_made_for(const struct pp_server *s, const struct pp_client *c)
{
	return !s->used && s->conn.born > c->born;
}

/* What is no PostgreSQL may have told none at its login. */
static uint32_t pid_for(struct pp_client *c, const struct pp_server *s)
{
	return s->backend_pid ? (uint32_t)s->backend_pid : pp_greet_next_pid(c);
}

void pp_lend_introduce(struct pp_server *s)
{
	struct pp_client *c = s->client;
	c->counted |= is_made_for(s, c);
	if (c->broker->config.mode == PP_MODE_SESSION)
		pp_server_pin(s, PP_PIN_SESSION, "PODPOOL_MODE=session");
	if (!pp_client_is_greeted(c))
		pp_greet(c, pid_for(c, s));
	if (c->server != s)
		return; /* it is gone, and has given the server back */
	/* A slow reader may still be taking its last reply. */
	if (pp_buf_len(&c->out) >= PP_CLIENT_OUT_HIGH)
		pp_server_pause(s, true);
	if (pp_hidden_wants(s))
		pp_own_ask_hidden(s); /* and then the rest */
	else
		pp_own_begin(s);
}

static void attach(struct pp_server *s, struct pp_client *c)
{
	pp_assert(!s->client && !c->server && s->conn.state == PP_CONN_LENT);
	s->client = c;
	c->server = s;
	s->unnamed_known = s->unnamed_brought = s->unkept_alone = false;
	pp_client_set_state(c, PP_CLIENT_LENT);
	if (pp_own_doubts(s))
		pp_own_ask_alive(s); /* and then the rest */
	else
		pp_lend_introduce(s);
}

void pp_lend_detach(struct pp_server *s)
{
	struct pp_client *c = s->client;
	s->client = NULL;
	s->used = true;
	c->server = NULL;
	pp_notifier_detached(s, c);
	s->lexing = PP_LEXING_NO;
	/* Its client left in the midst: no other is to wait for that. */
	if (!pp_flight_is_empty(&s->flight))
		pp_flight_finish(&s->flight);
	s->forgets = s->has_forgetting = false;
	s->unsettled = s->unsettles = s->renames = false;
	s->rereads = s->strings_doubtful = s->reading_doubtful = false;
	pp_front_definitions_over(s);
	s->own.named = false;
	if (s->own.kind != PP_OWN_PREPARE) /* then its answers still say what the server has */
		pp_missing_clear(s);
	pp_server_pause(s, false);
	pp_client_pause(c, pp_buf_len(&c->in) >= PP_CLIENT_IN_MAX);
}

bool pp_lend_begin(struct pp_client *c)
{
	struct pp_broker *b = c->broker;
	if (pp_process_is_ending(c))
		return false;
	if (b->orders.refuse_lending) {
		pp_client_fail(c, "FATAL", "57P01", PP_LEND_LEAVING);
		return false;
	}
	struct pp_pool *pool = pp_database_pool(c->database);
	pp_lend_doubt(c->database);
	struct pp_conn *conn = pp_pool_lend(pool, &c->waiter, b->now);
	if (conn) {
		attach(pp_server_of(conn), c);
		return c->server != NULL;
	}
	pp_pool_wait(pool, &c->waiter, b->now);
	pp_client_set_state(c, PP_CLIENT_WAITING);
	pp_lend_settle(b);
	return false;
}

static void let_in(struct pp_waiter *waiter, struct pp_conn *conn)
{
	struct pp_client *c = pp_client_of(waiter);
	attach(pp_server_of(conn), c);
	if (c->server)
		pp_client_continue(c);
}

void pp_lend_let_in(struct pp_broker *b)
{
	struct pp_waiter *waiter;
	struct pp_conn *conn;
	while (b->pools.waiting && (waiter = pp_pools_match(&b->pools, b->now, &conn)))
		let_in(waiter, conn);
}

void pp_lend_idle(struct pp_server *s)
{
	struct pp_broker *b = s->broker;
	struct pp_pool *pool = s->conn.pool;
	if (s->conn.state != PP_CONN_IDLE)
		return; /* somebody was quicker */
	bool waited_for = pool->waiters.count > 0;
	if (pp_server_is_too_old(s))
		pp_server_close(s, "server lifetime over");
	else if (b->orders.close_idle && !waited_for)
		pp_server_close(s, "draining");
	else if (pp_pools_should_give_up(&b->pools, &s->conn, b->now))
		pp_server_close(s, "place needed elsewhere");
	else if (pp_pool_is_useless(pool, &s->conn, b->now))
		pp_server_close(s, "it does not suit the first in line");
	else if (pp_shed_wants(s))
		pp_server_close(s, "nobody's session stands behind it");
	struct pp_conn *conn;
	struct pp_waiter *waiter = pp_pools_is_gated(&b->pools)
					   ? pp_pools_match(&b->pools, b->now, &conn)
					   : pp_pool_match(pool, b->now, &conn);
	if (waiter)
		let_in(waiter, conn);
	if (b->pools.waiting || b->pools.open > pp_pools_places(&b->pools))
		pp_lend_settle(b);
}

/* Left idle, this would end the session by itself. */
static bool has_idle_timeout(const struct pp_server *s)
{
	return s->label && pp_label_get(pp_labels_view(s->label), "idle_session_timeout");
}

static bool is_clean(const struct pp_server *s)
{
	bool stale = s->prepared && s->touch.bits & PP_TOUCH_FORGETS;
	return !s->pins && !s->untidy[0] && !stale && !(s->touch.bits & PP_PINS_ALL) &&
	       pp_nameset_is_empty(&s->touch.names) && !has_idle_timeout(s);
}

void pp_lend_give_back(struct pp_server *s)
{
	struct pp_broker *b = s->broker;
	pp_defaults_transaction_over(s);
	pp_hidden_transaction_over(s);
	if (s->own.kind != PP_OWN_NONE) { /* comes back when it is answered */
		pp_conn_set_state(&s->conn, PP_CONN_SCRUB, b->now);
	} else if (s->cancel_overdue) {
		pp_server_close(s, "its cancel request does not come to an end");
	} else if (s->cancels) {
		/* A cancel connection is under way: the next client must not be hit by it. */
		pp_conn_set_state(&s->conn, PP_CONN_CANCEL, b->now);
	} else if (!is_clean(s)) {
		pp_own_scrub(s);
	} else {
		pp_conn_set_state(&s->conn, PP_CONN_IDLE, b->now);
		pp_lend_idle(s);
		return;
	}
	if (pp_pools_is_gated(&b->pools))
		pp_lend_let_in(b);
	pp_lend_settle(b);
}

static bool is_between_transactions(const struct pp_server *s)
{
	return pp_tx_is_idle(&s->tx) && !s->client->skip && !s->skip;
}

bool pp_lend_may_return(const struct pp_server *s)
{
	return is_between_transactions(s) && !s->pins && !s->untidy[0] && !pp_own_lasting(s) &&
	       !pp_nextval_wants(s) && !pp_own_wants_probe(s);
}

static void take_back(struct pp_server *s)
{
	struct pp_client *c = s->client;
	pp_lend_detach(s);
	pp_touch_clear(&s->touch);
	pp_client_set_state(c, PP_CLIENT_IDLE);
	pp_lend_give_back(s);
	if (c->gone || c->state != PP_CLIENT_IDLE)
		return;
	pp_process_settle(c);
	if (!c->gone && pp_buf_len(&c->in))
		pp_client_continue(c);
	else
		pp_client_check_eof(c);
}

/* It is kept for an unnamed statement that is nowhere else, and that any Query of ours would end. */
static bool must_be_left_alone(const struct pp_server *s)
{
	return s->client->unnamed.unkept;
}

static void keep_lent(struct pp_server *s)
{
	pp_process_settle(s->client);
	s->unsettled = false;
	s->renames &= pp_pins_lasting(s->pins) != 0; /* then nobody asks what became of it */
	/* A RESET took the name the client gave at startup. With a lasting pin nobody asks what the session has, and the client
	 * may have set what a default of somebody else's would overwrite. */
	bool known = s->own.learnt || !pp_pins_lasting(s->pins);
	if (s->own.kind == PP_OWN_NONE && !s->cancels && !must_be_left_alone(s) && known)
		pp_own_restore(s);
}

void pp_lend_check_return(struct pp_server *s)
{
	if (!is_between_transactions(s))
		return;
	pp_defaults_transaction_over(s);
	pp_front_definitions_over(s);
	pp_notifier_transaction_over(s);
	pp_nextval_settle(s);
	if (pp_own_lasting(s))
		pp_server_pin(s, pp_own_lasting(s), s->touch.cause);
	if (s->untidy[0] && !s->cancels && !must_be_left_alone(s)) {
		pp_own_tidy(s);
		return;
	}
	pp_hidden_transaction_over(s);
	if (must_be_left_alone(s)) {
		keep_lent(s);
		return;
	}
	if (pp_hidden_wants(s)) {
		pp_own_ask_hidden(s);
		return;
	}
	if (pp_own_wants_probe(s)) {
		/* It must not hit our question: cancels_over() comes here again, or lend_line.c gives it up. */
		if (s->cancels && !s->cancel_overdue)
			return;
		if (pp_hidden_defers(s)) /* hidden_wake() does */
			return;
		if (pp_own_probe(s))
			return;
	}
	if (pp_lend_may_return(s))
		take_back(s);
	else
		keep_lent(s);
}

int pp_lend_fit(const struct pp_conn *conn, const struct pp_waiter *waiter)
{
	const struct pp_server *s = pp_list_entry(conn, struct pp_server, conn);
	const struct pp_client *c = pp_list_entry(waiter, struct pp_client, waiter);
	const struct pp_labels_entry *has = s->label, *wanted = c->label;
	if (s->epoch < c->epoch)
		return -1; /* its defaults are older than the client */
	if (c->wants_unused && !is_made_for(s, c))
		return -1;
	if (has == wanted && s->prepared == c->prepared)
		return 0;
	struct pp_label from = pp_labels_view(has), to = pp_labels_view(wanted);
	return pp_label_covers(to, from) ? (int)(pp_label_distance(from, to) +
						 pp_sqlset_distance(s->prepared, c->prepared))
					 : -1;
}
