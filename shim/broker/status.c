#include "broker/status.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/app_name.h"
#include "broker/broker.h"
#include "broker/client.h"
#include "broker/database.h"
#include "broker/guards.h"
#include "broker/identity.h"
#include "broker/leaks.h"
#include "broker/login_error.h"
#include "broker/process.h"
#include "broker/route.h"
#include "broker/server.h"
#include "broker/status_process.h"

static json_t *cap_json(const struct pp_broker *b)
{
	const struct pp_verdict *v = &b->verdict;
	return json_pack("{s:I,s:I,s:I,s:I,s:s,s:I,s:I,s:s}", "servers", (json_int_t)v->cap,
			 "at_work", (json_int_t)v->at_work, "max",
			 (json_int_t)b->config.max_servers, "limit_bytes",
			 (json_int_t)v->limit_bytes, "limit_from", v->limit_from,
			 "working_set_bytes", (json_int_t)v->working_set_bytes, "cost_bytes",
			 (json_int_t)v->cost_bytes, "reason", v->reason);
}

static json_t *pins_json(const struct pp_broker *b)
{
	json_t *pins = json_object();
	for (int bit = 0; bit < PP_PIN_BIT__COUNT; bit++)
		if (b->pins_total[bit])
			json_object_set_new(pins, pp_pins_word(bit),
					    json_integer((json_int_t)b->pins_total[bit]));
	return pins;
}

static json_int_t count_in(const struct pp_broker *b, enum pp_conn_state state)
{
	size_t n = 0;
	PP_LIST_FOREACH (&b->pools.all, it)
		n += pp_list_entry(it, struct pp_pool, link)->conns[state].count;
	return (json_int_t)n;
}

static json_int_t open_transactions(const struct pp_broker *b)
{
	json_int_t n = 0;
	PP_LIST_FOREACH (&b->clients, it)
		n += pp_leaks_transaction(pp_list_entry(it, struct pp_client, link)) >= 0;
	return n;
}

static json_t *totals_json(const struct pp_broker *b)
{
	size_t waiting = 0;
	PP_LIST_FOREACH (&b->pools.all, it)
		waiting += pp_list_entry(it, struct pp_pool, link)->waiters.count;
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "clients",
			 (json_int_t)b->clients.count, "servers",
			 (json_int_t)(b->pools.open - b->asking), "lent", count_in(b, PP_CONN_LENT),
			 "idle", count_in(b, PP_CONN_IDLE), "waiting", (json_int_t)waiting,
			 "logging_in", (json_int_t)b->logins, "tunnels",
			 (json_int_t)b->pools.tunnels, "processes", (json_int_t)pp_process_count(b),
			 "transactions", (json_int_t)b->transactions, "open_transactions",
			 open_transactions(b), "refused", (json_int_t)b->refusals.total, "pins",
			 pins_json(b));
}

/* "name=value name=value": settings are not secret, they were in the startup packet. */
static void settings_text(const struct pp_database *db, char *text, size_t size)
{
	size_t at = 0;
	text[0] = '\0';
	for (const char *p = db->settings; p < db->settings + db->settings_len && at < size - 1;) {
		const char *value = p + strlen(p) + 1;
		int n = snprintf(text + at, size - at, "%s%s=%s", at ? " " : "", p, value);
		at += n > 0 ? (size_t)n : 0;
		p = value + strlen(value) + 1;
	}
}

static json_t *pool_json(const struct pp_database *db)
{
	char destination[80], settings[512], guards[PP_GUARDS_TEXT_MAX];
	pp_guards_names(db->guards, guards);
	snprintf(destination, sizeof destination,
		 strchr(pp_route_address(db->route), ':') ? "[%s]:%s" : "%s:%s",
		 pp_route_address(db->route), pp_route_port(db->route));
	settings_text(db, settings, sizeof settings);
	return json_pack(
		"{s:s,s:o,s:o,s:o,s:I,s:I,s:I,s:I,s:I,s:o,s:s}", "destination", destination, "user",
		pp_status_text(db->user), "database", pp_status_text(db->database), "settings",
		pp_status_text(settings), "servers", (json_int_t)pp_pool_open(&db->pool), "idle",
		(json_int_t)db->pool.conns[PP_CONN_IDLE].count, "lent",
		(json_int_t)db->pool.conns[PP_CONN_LENT].count, "waiting",
		(json_int_t)db->pool.waiters.count, "clients", (json_int_t)db->clients.count,
		"server_version", pp_status_text(db->server_version), "guards", guards);
}

static json_t *client_json(const struct pp_client *c)
{
	char pins[160], gist[PP_GIST_MAX];
	const struct pp_server *s = c->server;
	const struct pp_database *db = c->database;
	pp_pins_text(s ? s->pins : 0, pins, sizeof pins);
	return json_pack("{s:I,s:I,s:o,s:o,s:o,s:s,s:I,s:s,s:o,s:I,s:I,s:I,s:o}", "id",
			 (json_int_t)c->id, "pid", (json_int_t)(c->process ? c->process->pid : 0),
			 "user", pp_status_text(db ? db->user : ""), "database",
			 pp_status_text(db ? db->database : ""), "application_name",
			 pp_status_text(pp_app_name_of(c)), "state", pp_client_word(c->state),
			 "server_pid", (json_int_t)(s ? s->backend_pid : 0), "pins", pins,
			 "pin_cause", pp_status_text(s ? s->pin_cause : ""), "transactions",
			 (json_int_t)c->transactions, "transaction_ms",
			 (json_int_t)pp_leaks_transaction(c), "idle_ms",
			 (json_int_t)pp_leaks_idle(c), "last_ran",
			 pp_status_text(pp_gist_show(&c->last_ran, gist)));
}

static json_t *status_json(const struct pp_broker *b)
{
	json_t *pools = json_array(), *clients = json_array();
	PP_LIST_FOREACH (&b->pools.all, it) {
		struct pp_pool *pool = pp_list_entry(it, struct pp_pool, link);
		json_array_append_new(pools, pool_json(pp_database_of(pool)));
	}
	PP_LIST_FOREACH (&b->clients, it)
		json_array_append_new(clients,
				      client_json(pp_list_entry(it, struct pp_client, link)));
	return json_pack("{s:s,s:I,s:I,s:s,s:b,s:o,s:o,s:o,s:o,s:o}", "version", PP_VERSION, "pid",
			 (json_int_t)getpid(), "uptime_ms", (json_int_t)(b->now - b->started),
			 "state", pp_drain_word(b->drain.state), "identity", pp_identity_is_open(b),
			 "cap", cap_json(b), "totals", totals_json(b), "pools", pools, "processes",
			 pp_status_processes(b), "clients", clients);
}

struct sending {
	struct event *event;
	char *text; /* owned */
	size_t len, at;
};

static void finish(struct sending *s, int fd)
{
	if (s->event)
		event_free(s->event);
	close(fd);
	free(s->text);
	free(s);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct sending *s = arg;
	while (!(what & EV_TIMEOUT) && s->at < s->len) {
		ssize_t n = send(fd, s->text + s->at, s->len - s->at, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0)
			break;
		s->at += (size_t)n;
	}
	finish(s, fd);
}

void pp_status_send(struct pp_broker *b, int fd)
{
	json_t *json = status_json(b);
	struct sending *s = calloc(1, sizeof *s);
	struct timeval limit = {.tv_sec = 5};
	int own = dup(fd);
	if (s && json && own >= 0 && (s->text = json_dumps(json, JSON_COMPACT))) {
		s->len = strlen(s->text);
		s->event = event_new(b->base, own, EV_WRITE | EV_PERSIST, on_writable, s);
		if (s->event && event_add(s->event, &limit) == 0) {
			json_decref(json);
			return;
		}
	}
	if (s)
		finish(s, own);
	else if (own >= 0)
		close(own);
	json_decref(json);
}
