#include "broker/server.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/log.h"
#include "broker/client.h"
#include "broker/congestion.h"
#include "broker/database.h"
#include "broker/defaults.h"
#include "broker/edge.h"
#include "broker/hidden.h"
#include "broker/lend.h"
#include "broker/missing.h"
#include "broker/notifier.h"
#include "broker/reach.h"
#include "broker/relay.h"
#include "broker/shed.h"
#include "broker/tick.h"

bool pp_server_is_too_old(const struct pp_server *s)
{
	return s->lifetime_ms && s->broker->now - s->conn.born >= s->lifetime_ms;
}

/* True: there may be more. */
static bool hear_once(struct pp_server *s, short what)
{
	struct pp_broker *b = s->broker;
	ssize_t n = pp_stream_read(&s->stream, b->read_buffer, PP_READ_BUFFER);
	if (n == PP_STREAM_AGAIN)
		return false;
	if (n == PP_STREAM_DEAD) {
		pp_lend_server_lost(s, "server closed the connection");
		return false;
	}
	s->heard_at = b->now;
	pp_relay_back(s, b->read_buffer, (size_t)n);
	return pp_edge_has_more(s->stream.ssl, n, what);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	struct pp_server *s = arg;
	pp_broker_now(s->broker);
	for (int round = 0; round < PP_EDGE_ROUNDS; round++)
		if (!hear_once(s, what) || s->gone || s->read_paused)
			return;
	pp_edge_again(&s->read_event);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct pp_server *s = arg;
	pp_broker_now(s->broker);
	if (pp_stream_flush(&s->stream, &s->out) == PP_STREAM_AGAIN)
		return;
	/* Sent; or nobody takes it any more, and its last words may still be read. */
	pp_buf_finish(&s->out);
	event_del(&s->write_event);
	if (s->client) {
		pp_client_pause(s->client, false);
		pp_client_continue(s->client);
	}
}

/* Jitter of 20 %: servers opened together do not end together. */
static pp_ms jittered(pp_ms ms)
{
	return ms ? ms - (pp_ms)(arc4random() % (uint32_t)(ms / 5 + 1)) : 0;
}

static void adopt(struct pp_server *s, struct pp_login *login)
{
	struct pp_broker *b = s->broker;
	s->session = login->session;
	login->session = NULL;
	s->stream = pp_session_stream(s->session);
	pp_congestion_none_if_local(s->stream.fd);
	s->backend_pid = pp_session_pid(s->session);
	s->conforming = login->conforming;
	s->at_destination = strcmp(login->address, pp_route_address(s->database->route)) == 0;
	s->readable = pp_lexer_may_read(login->encoding);
	pp_tx_init(&s->tx);
	s->heard_at = b->now;
	event_assign(&s->read_event, b->base, s->stream.fd, PP_EDGE_READ, on_readable, s);
	event_assign(&s->write_event, b->base, s->stream.fd, PP_EDGE_WRITE, on_writable, s);
}

static void take_login(struct pp_server *s, struct pp_login *login)
{
	if (s->gone) {
		pp_login_free(login);
		pp_server_release(s);
		return;
	}
	if (login->session) {
		adopt(s, login);
		if (event_add(&s->read_event, NULL) < 0) {
			pp_session_close(s->session);
			s->session = NULL;
		}
	}
	bool failed = !s->session;
	pp_database_login_over(s, login);
	pp_login_free(login);
	if (failed)
		pp_server_release(s); /* we were the worker's last word */
}

static void login_finished(struct pp_login *login)
{
	struct pp_server *s = login->owner;
	struct pp_broker *b = s->broker;
	struct pp_route *route = s->database->route;
	b->logins--;
	take_login(s, login);
	pp_reach_login_over(route);
	if (b->orders.end)
		pp_tick_drain(b, PP_DRAIN_EV_TICK);
}

static void login_connected(struct pp_login *login)
{
	struct pp_server *s = login->owner;
	pp_reach_login_connected(s->database->route, login->reached);
}

struct pp_server *pp_server_login(struct pp_database *db, const char *password)
{
	struct pp_broker *b = db->broker;
	struct pp_server *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	struct pp_login_wish wish;
	pp_database_wish(db, &wish);
	wish.password = password;
	struct pp_login *login = pp_login_new(&wish, s, login_finished);
	if (!login) {
		free(s);
		return NULL;
	}
	s->broker = b;
	s->database = db;
	db->servers++;
	pp_copies_init(&s->copies);
	s->lifetime_ms = jittered(b->config.server_lifetime_ms);
	s->epoch = b->epoch;
	pp_conn_init(&s->conn, pp_database_pool(db), b->now);
	b->logins++;
	login->connected = login_connected;
	pp_reach_login_began(db->route);
	pp_login_begin(login, b->workers);
	return s;
}

int pp_server_write(struct pp_server *s, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	if (pp_buf_len(&s->out) == 0) {
		ssize_t n = pp_stream_write(&s->stream, p, len);
		if (n == PP_STREAM_DEAD)
			return 0; /* the reading side will say why */
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
		if (len == 0)
			return 0;
		event_add(&s->write_event, NULL);
	}
	return pp_buf_append(&s->out, p, len, PP_SERVER_OUT_MAX);
}

void pp_server_pause(struct pp_server *s, bool paused)
{
	if (s->gone || s->read_paused == paused)
		return;
	s->read_paused = paused;
	s->paused_at = s->broker->now;
	s->sipped = 0;
	if (paused) {
		event_del(&s->read_event);
		return;
	}
	event_add(&s->read_event, NULL);
}

void pp_server_pin(struct pp_server *s, uint32_t pins, const char *cause)
{
	uint32_t fresh = pins & ~s->pins;
	s->unkept_alone &= !(pins & PP_PIN_STATEMENT);
	if (!fresh)
		return;
	if (!s->pins) {
		strncpy(s->pin_cause, cause, sizeof s->pin_cause - 1);
		s->pin_cause[sizeof s->pin_cause - 1] = '\0';
	}
	s->pins |= pins;
	for (int bit = 0; bit < PP_PIN_BIT__COUNT; bit++)
		s->broker->pins_total[bit] += fresh >> bit & 1;
	char text[128];
	pp_pins_text(fresh, text, sizeof text);
	pp_log(PP_LOG_DEBUG, "client %u keeps server %d: %s (%s)", s->client ? s->client->id : 0,
	       s->backend_pid, text, cause);
}

/* With the place, not at the end of the round: a worker may connect in that place before. Whoever still has s in hand
 * finds a dead stream. */
static void hang_up(struct pp_server *s)
{
	pp_session_close(s->session);
	s->session = NULL;
	s->stream = (struct pp_stream){.fd = -1};
}

static void free_server(struct pp_grave *grave)
{
	struct pp_server *s = pp_list_entry(grave, struct pp_server, grave);
	pp_labels_drop(&s->label);
	pp_labels_drop(&s->own.label);
	pp_buf_finish(&s->own.rows);
	free(s->own.probe);
	free(s->heal.batch);
	s->database->servers--;
	free(s);
}

void pp_server_release(struct pp_server *s)
{
	pp_assert(s->gone && !s->cancels);
	pp_broker_bury(s->broker, &s->grave, free_server);
}

void pp_server_close(struct pp_server *s, const char *reason)
{
	if (s->gone)
		return;
	pp_assert(!s->client);
	s->gone = true;
	pp_log(PP_LOG_DEBUG, "server %d closed: %s", s->backend_pid, reason);
	bool in_login = s->conn.state == PP_CONN_LOGIN;
	pp_hidden_lost(s);
	pp_notifier_lost(s);
	pp_defaults_lost(s);
	pp_shed_over(s);
	pp_conn_set_state(&s->conn, PP_CONN_CLOSED, s->broker->now);
	pp_flight_finish(&s->flight);
	pp_plan_drop(s->dealloc.plan);
	pp_copies_clear(&s->copies);
	pp_sqlset_drop(&s->prepared);
	pp_sqlset_drop(&s->own.prepared);
	pp_missing_clear(s);
	bool has_worker = s->cancels || (in_login && !s->session);
	if (s->session) {
		event_del(&s->read_event);
		event_del(&s->write_event);
		hang_up(s);
	}
	pp_buf_finish(&s->in);
	pp_buf_finish(&s->out);
	if (!has_worker) /* its done() frees the memory */
		pp_broker_bury(s->broker, &s->grave, free_server);
}
