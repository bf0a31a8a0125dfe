/* The ends of a lending that are no return: the client leaves, the server is lost, the pod's time is over (lend.h). */
#include "broker/lend.h"

#include "base/log.h"
#include "broker/client.h"
#include "broker/database.h"
#include "broker/reach.h"
#include "broker/route.h"
#include "broker/server.h"

/* Servers tried in a row before a client whose settings none of them takes is told so. */
#define PP_LEND_REFUSALS_MAX 3

void pp_lend_refused(struct pp_server *s, const char *reason)
{
	struct pp_broker *b = s->broker;
	struct pp_client *c = s->client;
	pp_lend_detach(s);
	pp_client_set_state(c, PP_CLIENT_IDLE);
	pp_server_close(s, reason);
	if (++c->refusals < PP_LEND_REFUSALS_MAX)
		pp_client_continue(c);
	else
		pp_client_fail(c, "FATAL", "08006",
			       "podpool: no server takes over the settings of this session; the "
			       "broker's log says which error it gives");
	pp_lend_settle(b);
}

void pp_lend_abandon(struct pp_client *c)
{
	struct pp_server *s = c->server;
	/* What the broker asks within a transaction (NAMES, PREPARE) does not end it. */
	bool over = pp_tx_is_idle(&s->tx) ||
		    (s->tx.status == PP_TX_IDLE && pp_tx_owes_only_own(&s->tx));
	bool clean = over && !c->skip && !s->skip && !pp_server_is_congested(s);
	pp_lend_detach(s);
	if (clean) {
		pp_lend_give_back(s);
		return;
	}
	pp_log(PP_LOG_INFO,
	       c->orphaned_at ? "client %u left in the midst of its work: it has died"
			      : "client %u left in the midst of its work",
	       c->id);
	/* Ending the session is what the server would have seen without us: it rolls back. */
	pp_server_close(s, "client left in the midst of its work");
	pp_lend_settle(s->broker);
}

void pp_lend_server_lost(struct pp_server *s, const char *reason)
{
	struct pp_broker *b = s->broker;
	struct pp_client *c = s->client;
	bool untouched = s->own.kind == PP_OWN_ALIVE;
	s->database->route->lost_at = b->now;
	if (c)
		pp_lend_detach(s);
	pp_reach_doubt(s->database->route);
	pp_server_close(s, reason);
	if (c && untouched) { /* nothing of it was sent: another one may do */
		pp_client_set_state(c, PP_CLIENT_IDLE);
		pp_client_continue(c);
	} else if (c) {
		/* As a lost server looks: its last words, if any, then the end. */
		pp_log(PP_LOG_INFO, "client %u lost its server: %s", c->id, reason);
		pp_client_close_soon(c);
	}
	pp_lend_settle(b);
}

/* In line or in the midst of its work: it must be told. A server that is only kept (pinned) leaves quietly. */
static void finish_one(struct pp_client *c)
{
	switch (c->state) {
	case PP_CLIENT_LENT:
		if (!c->skip && pp_tx_is_idle(&c->server->tx)) {
			struct pp_server *s = c->server;
			pp_lend_detach(s);
			pp_client_set_state(c, PP_CLIENT_IDLE);
			pp_server_close(s, "the pod's time is over");
			return;
		}
		/* fallthrough */
	case PP_CLIENT_WAITING:
	case PP_CLIENT_ADMISSION:
	case PP_CLIENT_PASSWORD: pp_client_fail(c, "FATAL", "57P01", PP_LEND_LEAVING); return;
	default: return;
	}
}

void pp_lend_finish(struct pp_broker *b)
{
	/* Those in line first: nobody must get what the others give back. */
	PP_LIST_FOREACH_SAFE (&b->clients, it) {
		struct pp_client *c = pp_list_entry(it, struct pp_client, link);
		if (c->state != PP_CLIENT_LENT)
			finish_one(c);
	}
	PP_LIST_FOREACH_SAFE (&b->clients, it)
		finish_one(pp_list_entry(it, struct pp_client, link));
	pp_database_close_all(b, "the pod's time is over");
}
