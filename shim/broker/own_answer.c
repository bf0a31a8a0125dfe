/* What the answers to the broker's own Queries mean (own.h); own.c asks. */
#include "broker/own.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/log.h"
#include "broker/app_name.h"
#include "broker/client.h"
#include "broker/database.h"
#include "broker/hidden.h"
#include "broker/lend.h"
#include "broker/server.h"
#include "session/label_walk.h"
#include "session/probe.h"
#include "wire/error.h"
#include "wire/framer.h"
#include "wire/reader.h"

static void hear_row(struct pp_server *s, const uint8_t *body, size_t len)
{
	char text[3][PP_LABEL_MAX];
	bool null = false, fits = true;
	struct pp_reader r;
	pp_reader_init(&r, body, len);
	fits = pp_reader_u16(&r) == 3;
	for (int i = 0; i < 3 && fits; i++) {
		uint32_t size = pp_reader_u32(&r);
		null = size == UINT32_MAX; /* -1 */
		const uint8_t *value = pp_reader_bytes(&r, null ? 0 : size);
		fits = value && size + 1 <= sizeof text[i];
		if (null)
			fits = i == 2;
		else if (fits)
			memcpy(text[i], value, size);
		if (fits)
			text[i][null ? 0 : size] = '\0';
	}
	if (fits && strcmp(text[0], "prepared") == 0)
		pp_own_prepared_row(s, text[1], null ? NULL : text[2]);
	else if (fits)
		pp_probe_row(s->own.probe, text[0], text[1], null ? NULL : text[2],
			     (struct pp_probe_login){s->database->user, s->database->default_role});
	else
		s->own.failed = true;
}

static bool hear_error(struct pp_server *s, const uint8_t *body, size_t len)
{
	struct pp_error error;
	s->own.failed = true;
	if (s->own.kind == PP_OWN_PREPARE)
		pp_own_prepare_failed(s, body, len);
	if (pp_error_read(body, len, &error) < 0)
		return false;
	/* Of a table that is gone its client's statement says so each time. */
	pp_log(s->own.kind == PP_OWN_PREPARE ? PP_LOG_DEBUG : PP_LOG_INFO,
	       "server %d refuses the broker's own query: %s %s", s->backend_pid, error.sqlstate,
	       error.message);
	return strcmp(error.severity, "ERROR") != 0;
}

bool pp_own_hear(struct pp_server *s, const struct pp_frame_head *head, const uint8_t *message)
{
	const uint8_t *body = message + PP_MSG_HEADER;
	size_t len = head->total - PP_MSG_HEADER;
	switch (head->type) {
	case PP_BACK_NOTIFICATION: return true;
	case PP_BACK_ERROR:
		/* Its last words, to a client that will have another server. */
		return hear_error(s, body, len) && s->own.kind != PP_OWN_ALIVE;
	case PP_BACK_DATA_ROW:
		if (s->own.kind == PP_OWN_PROBE)
			hear_row(s, body, len);
		else if (s->own.kind == PP_OWN_HIDDEN)
			pp_hidden_row(s, body, len);
		return false;
	default: return false;
	}
}

/* Notices tell nothing; without a row or an error what was asked is not known. */
void pp_own_hear_long(struct pp_server *s, uint8_t type)
{
	static const uint8_t unread[1];
	if (type == PP_BACK_ERROR)
		hear_error(s, unread, 0);
	s->own.failed |= type == PP_BACK_DATA_ROW;
}

static void heard_alive(struct pp_server *s)
{
	struct pp_client *c = s->client;
	s->own.holds = false;
	if (s->own.failed && c) {
		pp_lend_refused(s, "it does not answer as it should");
	} else if (s->own.failed) {
		pp_lend_server_lost(s, "it does not answer as it should");
	} else if (!c) {
		pp_lend_give_back(s);
	} else {
		pp_lend_introduce(s);
		if (!c->gone && c->server == s && !s->own.holds)
			pp_client_continue(c);
	}
}

static void restored(struct pp_server *s)
{
	bool held = s->own.holds;
	s->own.holds = false;
	if (s->own.failed) {
		if (s->client && held && !s->pins)
			pp_lend_refused(s, "its client's settings cannot be restored");
		else
			pp_lend_server_lost(s, "its client's settings cannot be restored");
		return;
	}
	if (s->own.label)
		s->own.label->proven = true;
	pp_labels_hold(&s->label, s->own.label);
	pp_labels_drop(&s->own.label);
	if (!s->client) {
		pp_lend_give_back(s);
		return;
	}
	s->client->refusals = 0;
	if (s->prepared != s->client->prepared && pp_tx_is_idle(&s->tx))
		pp_own_prepare(s);
	if (held && s->own.kind == PP_OWN_NONE)
		pp_client_continue(s->client);
}

/* Settings that another server would not take, or that nobody can follow. NULL: none. */
static const char *keeps(const struct pp_server *s, struct pp_label label)
{
	struct pp_baseline baseline = pp_database_baseline(s->database);
	const char *path = pp_label_get(label, "search_path");
	if (path && strstr(path, "pg_temp"))
		return "a search_path with pg_temp"; /* what is created there is temporary, and nothing says so */
	if (pp_label_get(label, "temp_buffers"))
		return "temp_buffers, which servers with a past refuse";
	PP_LABEL_FOREACH (label, it)
		if (pp_baseline_refuses(baseline, it.name)) /* a function or another role did */
			return "a setting that its login may not set";
	return NULL;
}

/* The server's word becomes the record of the session. */
static bool learn(struct pp_server *s, const struct pp_probe *probe)
{
	struct pp_label label = {probe->bytes, probe->len};
	struct pp_labels_entry *entry;
	struct pp_label before = pp_labels_view(s->label); /* but for its name the client's too */
	if (s->own.failed || probe->failed || pp_labels_take(s->broker, label, &entry) < 0)
		return false;
	if (s->client && pp_app_name_label(s->client, label) < 0) {
		pp_labels_drop(&entry);
		return false;
	}
	if (entry)
		entry->proven = true;
	if (s->client && pp_plans_may_change(s->client->statements, before, label))
		pp_server_pin(s, PP_PIN_STATEMENT, "a setting its statements were read under");
	pp_labels_hold(&s->label, entry);
	pp_labels_drop(&entry);
	const char *kept = pp_own_prepared_learn(s, label);
	s->pins &= ~s->own.asked;
	if (kept)
		pp_server_pin(s, PP_PIN_PREPARE, kept);
	const char *reason = keeps(s, label);
	if (reason)
		pp_server_pin(s, PP_PIN_OPAQUE, reason);
	if (probe->pins)
		pp_server_pin(s, probe->pins, *s->own.cause ? s->own.cause : "A DEFAULT");
	return true;
}

/* The client may go on: to its next message, or to give the server back. */
static void go_on(struct pp_server *s)
{
	struct pp_client *c = s->client;
	if (!c) {
		pp_lend_give_back(s);
		return;
	}
	pp_lend_check_return(s);
	if (c->server == s && pp_buf_len(&c->in))
		pp_client_continue(c);
}

static void probed(struct pp_server *s)
{
	struct pp_client *c = s->client;
	struct pp_probe *probe = s->own.probe;
	s->own.probe = NULL;
	s->own.holds = false;
	bool learnt = learn(s, probe);
	free(probe);
	s->renames |= !learnt;
	if (!learnt)
		pp_server_pin(s, PP_PIN_OPAQUE, "its state could not be asked for");
	else if (c)
		pp_app_name_correct(c);
	s->own.learnt = learnt;
	if (!c || !c->gone)
		go_on(s);
	s->own.learnt = false;
}

static void named(struct pp_server *s)
{
	s->own.holds = false;
	go_on(s);
}

static void unhidden(struct pp_server *s)
{
	struct pp_hidden *hidden = s->database->hidden;
	s->own.holds = false;
	pp_hidden_over(s, s->own.failed);
	bool fresh = !s->touch.bits && pp_nameset_is_empty(&s->touch.names);
	if (s->client && fresh) /* it may just have been lent */
		pp_own_begin(s);
	if (s->own.kind == PP_OWN_NONE && !s->gone)
		go_on(s);
	else if (s->client && !s->own.holds && pp_buf_len(&s->client->in))
		pp_client_continue(s->client);
	pp_hidden_wake(hidden);
}

static void scrubbed(struct pp_server *s)
{
	if (s->own.failed) {
		pp_server_close(s, "it could not be cleaned");
		pp_lend_settle(s->broker);
		return;
	}
	pp_labels_hold(&s->label, s->own.label);
	pp_labels_drop(&s->own.label);
	s->pins = 0;
	s->pin_cause[0] = '\0';
	pp_touch_clear(&s->touch);
	pp_lend_give_back(s);
}

void pp_own_over(struct pp_server *s)
{
	enum pp_own kind = s->own.kind;
	if (kind == PP_OWN_PREPARE && pp_own_prepare_goes_on(s))
		return;
	if (kind == PP_OWN_NAMES && pp_own_names_go_on(s))
		return;
	s->own.kind = PP_OWN_NONE;
	switch (kind) {
	case PP_OWN_ALIVE: heard_alive(s); break;
	case PP_OWN_RESTORE: restored(s); break;
	case PP_OWN_PREPARE: pp_own_prepare_over(s); break;
	case PP_OWN_PROBE: probed(s); break;
	case PP_OWN_NAMES: named(s); break;
	case PP_OWN_TIDY: go_on(s); break;
	case PP_OWN_HIDDEN: unhidden(s); break;
	case PP_OWN_SCRUB: scrubbed(s); break;
	case PP_OWN_NONE: pp_not_reached();
	}
}
