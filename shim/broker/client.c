#include "broker/client.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/log.h"
#include "broker/admit.h"
#include "broker/database.h"
#include "broker/edge.h"
#include "broker/hidden.h"
#include "broker/labels.h"
#include "broker/lend.h"
#include "broker/process.h"
#include "broker/relay.h"
#include "broker/secret.h"
#include "broker/server.h"
#include "broker/startup.h"
#include "broker/tls.h"
#include "broker/tunnel.h"

static const char *const words[PP_CLIENT__COUNT] = {
#define X(name, word) [PP_CLIENT_##name] = word,
	PP_CLIENT_STATES(X)
#undef X
};

static const bool allowed[PP_CLIENT__COUNT][PP_CLIENT__COUNT] = {
	[PP_CLIENT_STARTUP] = {[PP_CLIENT_PROBE] = true,
			       [PP_CLIENT_ADMISSION] = true,
			       [PP_CLIENT_TUNNEL] = true,
			       [PP_CLIENT_CANCEL] = true},
	[PP_CLIENT_PROBE] = {[PP_CLIENT_STARTUP] = true},
	[PP_CLIENT_ADMISSION] =
		{[PP_CLIENT_PASSWORD] = true, [PP_CLIENT_IDLE] = true, [PP_CLIENT_TUNNEL] = true},
	[PP_CLIENT_PASSWORD] = {[PP_CLIENT_ADMISSION] = true},
	[PP_CLIENT_IDLE] = {[PP_CLIENT_WAITING] = true, [PP_CLIENT_LENT] = true},
	[PP_CLIENT_WAITING] = {[PP_CLIENT_LENT] = true, [PP_CLIENT_IDLE] = true},
	[PP_CLIENT_LENT] = {[PP_CLIENT_IDLE] = true},
};

const char *pp_client_word(enum pp_client_state state)
{
	return words[state];
}

void pp_client_set_state(struct pp_client *c, enum pp_client_state to)
{
	pp_assert(to == PP_CLIENT_CLOSING || allowed[c->state][to]);
	c->state = to;
	c->since = c->broker->now;
}

void pp_client_continue(struct pp_client *c)
{
	switch (c->state) {
	case PP_CLIENT_STARTUP: pp_startup_input(c); break;
	case PP_CLIENT_PASSWORD: pp_admit_input(c); break;
	case PP_CLIENT_IDLE:
		if (!pp_client_is_greeted(c) && !pp_lend_begin(c))
			break;
		/* fallthrough */
	case PP_CLIENT_LENT: pp_relay_front_pending(c); break;
	case PP_CLIENT_TUNNEL: pp_tunnel_input(c); break;
	case PP_CLIENT_PROBE:
	case PP_CLIENT_ADMISSION:
	case PP_CLIENT_WAITING: break; /* kept for later */
	case PP_CLIENT_CANCEL:
	case PP_CLIENT_CLOSING: pp_buf_finish(&c->in); break;
	case PP_CLIENT__COUNT: pp_not_reached();
	}
	pp_client_check_eof(c);
}

/* It has said more, and that waits: whoever ends the waiting looks at it, and comes back here. Half a message waits as well
 * until all is answered that was said before. */
static bool is_held_back(const struct pp_client *c)
{
	const struct pp_server *s = c->server;
	return pp_buf_len(&c->in) && (s->flight.full || pp_tx_will_be_ready(&s->tx) ||
				      pp_server_is_congested(s) || pp_hidden_holds(c));
}

void pp_client_check_eof(struct pp_client *c)
{
	if (!c->eof || c->gone)
		return;
	switch (c->state) {
	case PP_CLIENT_PROBE:
	case PP_CLIENT_ADMISSION:
	case PP_CLIENT_WAITING: return; /* as the server would go on reading and working */
	case PP_CLIENT_IDLE:
		if (pp_hidden_holds(c))
			return; /* what it has said is still to be looked at */
		break;
	case PP_CLIENT_LENT:
		if (is_held_back(c))
			return;
		/* Half a message, half a batch, COPY data: the rest will not come, and the server must know. */
		if (pp_tx_is_busy(&c->server->tx) && !c->skip &&
		    !pp_tx_awaits_front(&c->server->tx))
			return;
		break;
	case PP_CLIENT_TUNNEL: pp_tunnel_input(c); return;
	case PP_CLIENT_CLOSING:
		if (pp_buf_len(&c->out))
			return;
		break;
	default: break;
	}
	if (pp_buf_len(&c->out))
		pp_client_close_soon(c);
	else
		pp_client_close(c, "client closed");
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	struct pp_client *c = arg;
	pp_broker_now(c->broker);
	pp_client_hear(c, what);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct pp_client *c = arg;
	pp_broker_now(c->broker);
	pp_client_flush(c);
}

struct pp_client *pp_client_new(struct pp_broker *b, int fd, struct pp_route *route)
{
	struct pp_client *c = calloc(1, sizeof *c);
	if (!c) {
		close(fd);
		return NULL;
	}
	static uint32_t last_id; /* loop thread only; a name for people, wraps harmlessly */
	c->broker = b;
	c->fd = fd;
	c->id = ++last_id;
	c->route = route;
	c->state = PP_CLIENT_STARTUP;
	c->born = c->since = c->active_at = b->now;
	pp_list_append(&b->clients, &c->link);
	event_assign(&c->read_event, b->base, fd, PP_EDGE_READ, on_readable, c);
	event_assign(&c->write_event, b->base, fd, PP_EDGE_WRITE, on_writable, c);
	if (event_add(&c->read_event, NULL) < 0) {
		pp_client_close(c, "no event");
		return NULL;
	}
	return c;
}

/* Everything it holds goes back to where it came from; the order matters: the server first, so that nobody
 * sends to us while we leave. */
static void let_go(struct pp_client *c)
{
	if (c->server)
		pp_lend_abandon(c);
	if (c->state == PP_CLIENT_WAITING)
		pp_pool_unwait(pp_database_pool(c->database), &c->waiter);
	if (c->tunnel)
		pp_tunnel_close(c);
	if (c->database)
		pp_database_leave(c);
	pp_process_leave(c);
	if (pp_client_is_greeted(c)) {
		HASH_DEL(c->broker->clients_by_key, c);
		c->key.pid = 0;
	}
	pp_secret_free(&c->password);
	pp_labels_drop(&c->label);
	pp_labels_drop(&c->kept);
	free(c->app_name);
	c->app_name = NULL;
	pp_statements_clear(&c->statements);
	pp_sqlset_drop(&c->prepared);
	pp_unnamed_finish(&c->unnamed);
	pp_buf_finish(&c->startup);
	pp_buf_finish(&c->in);
}

/* Closing a socket with unread input makes the kernel send RST, which can overtake our last words: so say
 * FIN, read and forget until the other side closes too, and let the janitor end those who never do. */
void pp_client_close_soon(struct pp_client *c)
{
	if (c->gone || c->state == PP_CLIENT_CLOSING)
		return;
	let_go(c);
	pp_client_set_state(c, PP_CLIENT_CLOSING);
	pp_client_pause(c, false);
	if (pp_buf_len(&c->out) == 0)
		pp_client_end_output(c);
}

static void free_client(struct pp_grave *grave)
{
	free(pp_list_entry(grave, struct pp_client, grave));
}

void pp_client_close(struct pp_client *c, const char *reason)
{
	if (c->gone)
		return;
	c->gone = true;
	pp_log(PP_LOG_DEBUG, "client %u closed: %s", c->id, reason);
	if (c->state != PP_CLIENT_CLOSING)
		let_go(c);
	pp_buf_finish(&c->out);
	event_del(&c->read_event);
	event_del(&c->write_event);
	if (c->ssl) {
		pp_tls_goodbye(c->ssl);
		pp_tls_free(c->ssl);
		c->ssl = NULL;
	}
	close(c->fd);
	pp_list_remove(&c->broker->clients, &c->link);
	pp_broker_bury(c->broker, &c->grave, free_client);
}
