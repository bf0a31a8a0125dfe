#include "broker/cancel.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "broker/client.h"
#include "broker/lend.h"
#include "broker/server.h"
#include "broker/tick.h"
#include "broker/tunnel.h"
#include "wire/reader.h"

/* A COMMIT may be the last thing that a program says before it ends: it gets the time it needs. */
#define PP_CANCEL_ORPHAN_MS 250
/* Requests under way, of which workers.h runs a few at a time; where they do not end, each keeps a closed server's memory. */
#define PP_CANCEL_MAX 256

/* As PostgreSQL does: whoever asked sees its connection end when the signal has been sent, and not before, or its next
 * query would be hit (docs 55.2.8). */
static void tell_cancellers(struct pp_broker *b, const struct pp_server *s)
{
	PP_LIST_FOREACH_SAFE (&b->clients, it) {
		struct pp_client *c = pp_list_entry(it, struct pp_client, link);
		if (c->state == PP_CLIENT_CANCEL && c->cancelling == s)
			pp_client_close_soon(c);
	}
}

/* True: cancel_finished() follows. */
static bool cancel(struct pp_server *s);

static void cancel_finished(struct pp_cancel_job *job)
{
	struct pp_server *s = job->owner;
	struct pp_broker *b = s->broker;
	bool again = s->cancel_again && !s->gone;
	pp_cancel_job_free(job);
	b->cancels--;
	s->cancels = s->cancel_again = s->cancel_overdue = false;
	if (again && cancel(s))
		return;
	tell_cancellers(b, s);
	if (s->gone)
		pp_server_release(s);
	else
		pp_lend_cancels_over(s);
	if (b->orders.end)
		pp_tick_drain(b, PP_DRAIN_EV_TICK);
}

/* It waits for a lock that the client's own text would have waited for, or would not have met at all. */
static bool is_for_its_client(const struct pp_server *s)
{
	return s->own.kind == PP_OWN_NAMES || (s->own.kind == PP_OWN_PREPARE && s->own.brings);
}

static bool cancel(struct pp_server *s)
{
	/* A query of the broker's own is nobody's to cancel: it came too early, or too late. */
	if (!pp_tx_is_busy(&s->tx) || (pp_tx_answers_own(&s->tx) && !is_for_its_client(s)))
		return false;
	/* The one under way may arrive before the query that this one is for: it goes after that one, for all who come
	 * meanwhile. */
	if (s->cancels) {
		s->cancel_again = true;
		return true;
	}
	if (s->broker->cancels >= PP_CANCEL_MAX) {
		pp_log(PP_LOG_WARNING, "%d cancel requests do not come to an end: one is dropped",
		       PP_CANCEL_MAX);
		return false;
	}
	struct pp_cancel_job *job = pp_cancel_job_new(s->session, s, cancel_finished);
	if (!job) {
		pp_log(PP_LOG_WARNING, "no memory for a cancel request");
		return false;
	}
	s->cancels = true;
	s->broker->cancels++;
	pp_workers_submit(s->broker->workers, &job->job);
	return true;
}

static struct pp_client *find(struct pp_broker *b, const struct pp_startup *startup)
{
	struct pp_client *c;
	struct pp_client_key key = {.pid = startup->cancel_pid};
	struct pp_reader r;
	if (startup->cancel_key_len != sizeof key.secret)
		return NULL;
	pp_reader_init(&r, startup->cancel_key, startup->cancel_key_len);
	key.secret = pp_reader_u32(&r);
	HASH_FIND(hh, b->clients_by_key, &key, sizeof key, c);
	return c;
}

void pp_cancel_request(struct pp_client *c, const struct pp_startup *startup)
{
	struct pp_client *target = find(c->broker, startup);
	/* A session that is tunnelled, or went by us (there was no broker), was given its key by the server. A key that was ours
	 * means nothing there: its secret is podpool's own. */
	if (!target && !c->ssl) {
		pp_tunnel_open(c);
		return;
	}
	struct pp_server *s = target ? target->server : NULL;
	if (s)
		(void)cancel(s);
	if (s && s->cancels)
		c->cancelling = s;
	if (target && target->state == PP_CLIENT_WAITING)
		pp_lend_cancel_waiting(target);
	pp_client_set_state(c, PP_CLIENT_CANCEL);
	if (!c->cancelling)
		pp_client_close_soon(c);
}

void pp_cancel_orphan(struct pp_client *c)
{
	bool is_due =
		c->orphaned_at && c->eof && c->broker->now - c->orphaned_at >= PP_CANCEL_ORPHAN_MS;
	if (is_due && c->server && !c->server->cancels && c->server->tx.status == PP_TX_BLOCK)
		(void)cancel(c->server);
}

void pp_cancel_all(struct pp_broker *b)
{
	PP_LIST_FOREACH (&b->clients, it) {
		struct pp_client *c = pp_list_entry(it, struct pp_client, link);
		if (c->server)
			(void)cancel(c->server);
	}
}
