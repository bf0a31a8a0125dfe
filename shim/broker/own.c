#include "broker/own.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/log.h"
#include "broker/app_name.h"
#include "broker/client.h"
#include "broker/database.h"
#include "broker/front.h"
#include "broker/hidden.h"
#include "broker/lend.h"
#include "broker/server.h"
#include "session/label_sql.h"
#include "session/probe.h"
#include "session/sql.h"
#include "wire/framer.h"
#include "wire/writer.h"

/* No host restarts in less; one round trip more for a server that was quiet for so long. */
#define PP_OWN_TRUST_MS 1000

/* A label has its cap, quoting at most doubles it, and every setting costs some words more. */
#define PP_OWN_TEXT_MAX (2 * PP_PROBE_MAX)

/* In front of a RESTORE behind which the client's message follows at once. If it fails after all - a library refuses what
 * its placeholder took, somebody cancels - the session ends (docs 20.13), and that message is executed nowhere. Until the
 * Query's end, which is that of a transaction. */
#define OR_END "SET LOCAL exit_on_error TO on;"

/* A serializable, read-only and deferrable transaction waits for its first snapshot until all that write have ended, and
 * one of those may be waiting for us. It is what a session may have as its default: then not for our questions. */
#define AT_ONCE	   "SET LOCAL transaction_deferrable TO off;"
#define DEFERRABLE "default_transaction_deferrable"

#define PP_OWN_FIRST_MAX 128

bool pp_own_holds(const struct pp_server *s)
{
	return s->own.holds || s->heal.again;
}

int pp_own_say(struct pp_server *s, const char *first, const char *text)
{
	uint8_t bytes[PP_OWN_TEXT_MAX + PP_OWN_FIRST_MAX + PP_MSG_HEADER + 1];
	struct pp_writer w;
	pp_writer_init(&w, bytes, sizeof bytes);
	pp_writer_begin(&w, PP_FRONT_QUERY);
	pp_writer_bytes(&w, first, strlen(first));
	pp_writer_str(&w, text);
	pp_writer_end(&w);
	pp_assert(!pp_writer_failed(&w));
	pp_tx_front_own(&s->tx);
	s->unnamed_known = false; /* a simple Query ends the unnamed statement (docs 55.2.3) */
	/* Nothing is queued on an idle session, so it fits; a broken socket shows at the next read. */
	return pp_server_write(s, bytes, w.len);
}

static bool may_be_deferred(const struct pp_server *s)
{
	const struct pp_nameset *touched = &s->touch.names;
	return s->database->defers || pp_label_get(pp_labels_view(s->label), DEFERRABLE) ||
	       touched->all || pp_nameset_has(touched, DEFERRABLE);
}

static const char *goes_first(const struct pp_server *s)
{
	static const char *const words[2][2] = {{"", AT_ONCE}, {OR_END, OR_END AT_ONCE}};
	bool ends = s->own.kind == PP_OWN_RESTORE && !s->own.holds;
	return words[ends][may_be_deferred(s)];
}

static void ask(struct pp_server *s, enum pp_own kind, const char *text)
{
	pp_assert(s->own.kind == PP_OWN_NONE);
	s->own.kind = kind;
	s->own.failed = pp_own_say(s, goes_first(s), text) < 0;
}

bool pp_own_doubts(const struct pp_server *s)
{
	const struct pp_broker *b = s->broker;
	return b->now - s->heard_at >= PP_OWN_TRUST_MS || (b->woke_at && s->heard_at <= b->woke_at);
}

void pp_own_ask_alive(struct pp_server *s)
{
	static const uint8_t sync[] = {PP_FRONT_SYNC, 0, 0, 0, 4};
	pp_tx_front_own_batch(&s->tx, 0);
	s->own.kind = PP_OWN_ALIVE;
	s->own.holds = true;
	s->own.failed = pp_server_write(s, sync, sizeof sync) < 0;
}

void pp_own_begin(struct pp_server *s)
{
	pp_own_restore(s);
	if (!s->gone && s->client && s->own.kind == PP_OWN_NONE)
		pp_own_prepare(s);
}

void pp_own_restore(struct pp_server *s)
{
	char text[PP_OWN_TEXT_MAX];
	struct pp_labels_entry *wanted = s->client->label;
	struct pp_label from = pp_labels_view(s->label), to = pp_labels_view(wanted);
	if (s->label == wanted)
		return;
	if (pp_label_sql(from, to, text, sizeof text) < 0) {
		pp_lend_server_lost(s, "its client's settings are too many to restore");
		return;
	}
	s->own.holds = pp_label_may_fail(from, to) || (wanted && !wanted->proven) ||
		       (s->prepared != s->client->prepared && !s->missing) ||
		       !s->database->knows_exit;
	pp_labels_hold(&s->own.label, wanted);
	ask(s, PP_OWN_RESTORE, text);
}

static uint32_t pins_to_ask(const struct pp_server *s)
{
	uint32_t bits = s->touch.bits & PP_PINS_ALL;
	if (bits & PP_PIN_PREPARE) /* EXECUTE: whatever the text does that was prepared before */
		bits |= PP_PIN_DYNAMIC;
	if (s->touch.bits & PP_TOUCH_FORGETS && s->client->prepared)
		bits |= PP_PIN_PREPARE;
	uint32_t asked = pp_pins_to_probe(bits) & ~PP_PIN_SETTINGS;
	if (s->touch.bits & PP_TOUCH_END)
		asked |= pp_pins_that_end(s->pins, PP_PIN_END_PROBED);
	return asked;
}

uint32_t pp_own_lasting(const struct pp_server *s)
{
	return pp_pins_lasting(s->touch.bits & PP_PINS_ALL);
}

bool pp_own_wants_probe(const struct pp_server *s)
{
	if (!s->touch.bits || pp_pins_lasting(s->pins) || pp_own_lasting(s))
		return false;
	return pins_to_ask(s) || s->touch.bits & PP_PIN_SETTINGS ||
	       !pp_nameset_is_empty(&s->touch.names);
}

/* The names in a text that SQL has prepared are asked for after each EXECUTE: only the server can list custom settings
 * by name. */
static void forget_touch(struct pp_server *s)
{
	bool prepared = (s->own.asked | s->pins) & PP_PIN_PREPARE;
	if (!prepared) {
		pp_touch_clear(&s->touch);
		return;
	}
	s->touch.bits = 0;
	s->touch.cause[0] = '\0';
	s->touch.names.all = false;
}

bool pp_own_probe(struct pp_server *s)
{
	char text[PP_OWN_TEXT_MAX];
	struct pp_nameset *names = &s->touch.names;
	struct pp_label label = pp_labels_view(s->label);
	uint32_t asked = pins_to_ask(s);
	const struct pp_nameset *hidden = pp_hidden_settings(s->database);
	if (s->touch.bits & (PP_PIN_DYNAMIC | PP_PIN_PREPARE) && hidden)
		pp_nameset_add_all(names, hidden);
	if (s->touch.bits & (PP_PIN_DYNAMIC | PP_PIN_PREPARE) ||
	    (s->touch.bits & PP_PIN_SETTINGS && pp_nameset_is_empty(names)))
		names->all = true;
	if (s->client->kept) /* asked by name, a setting does not say that it was reset */
		names->all = true;
	struct pp_probe *probe = names->lost ? NULL : malloc(sizeof *probe);
	if (!probe || pp_probe_sql(asked, names, label, text, sizeof text) < 0) {
		free(probe);
		pp_server_pin(s, PP_PIN_OPAQUE,
			      names->lost ? "too many custom settings at once"
					  : "no room to ask for its state");
		return false;
	}
	pp_probe_begin(probe, names, label);
	s->own.probe = probe;
	s->own.asked = asked;
	s->own.touched = s->touch.bits;
	s->own.unsettled = s->unsettled;
	s->own.odd = s->unsettled = s->unsettles = s->renames = false;
	memcpy(s->own.cause, s->touch.cause, sizeof s->own.cause);
	/* Its name, or a default it keeps, may have to be brought back before it says more. */
	s->own.holds = s->client->kept ||
		       (s->client->app_name && (names->all || pp_nameset_has(names, PP_APP_NAME)));
	s->client->had_temp |= (s->touch.bits & PP_PIN_TEMP) != 0;
	ask(s, PP_OWN_PROBE, text);
	forget_touch(s);
	return true;
}

void pp_own_tidy(struct pp_server *s)
{
	char text[2 * PP_STATEMENT_NAME_MAX + 32];
	struct pp_sql sql;
	pp_sql_init(&sql, text, sizeof text);
	pp_sql_put(&sql, "DEALLOCATE ");
	pp_sql_identifier(&sql, s->untidy);
	s->untidy[0] = '\0';
	ask(s, PP_OWN_TIDY, text);
}

void pp_own_ask_hidden(struct pp_server *s)
{
	s->own.holds = true;
	ask(s, PP_OWN_HIDDEN, pp_hidden_begin(s));
}

static bool has_unknown_custom(const struct pp_server *s)
{
	struct pp_label label = pp_labels_view(s->label);
	if (s->touch.names.lost)
		return true;
	for (const char *it = NULL; (it = pp_nameset_next(&s->touch.names, it));)
		if (pp_label_is_custom(it) && !pp_label_get(label, it))
			return true;
	return false;
}

/* DISCARD ALL (docs) but for DEALLOCATE ALL, and DISCARD PLANS: the plans are the pool's. */
#define SCRUB                                                                                      \
	"SET SESSION AUTHORIZATION DEFAULT;RESET ROLE;RESET ALL;UNLISTEN *;CLOSE ALL;"             \
	"SELECT pg_catalog.pg_advisory_unlock_all();DISCARD SEQUENCES;DISCARD TEMP;"

void pp_own_scrub(struct pp_server *s)
{
	char bytes[PP_LABEL_MAX];
	uint32_t pins = s->pins | (s->touch.bits & PP_PINS_ALL);
	struct pp_label left = {bytes, pp_label_reset(pp_labels_view(s->label), bytes)};
	struct pp_labels_entry *label;
	if (!pp_pins_may_scrub(pins) || has_unknown_custom(s) ||
	    pp_labels_take(s->broker, left, &label) < 0) {
		pp_server_close(s, "session state cannot be cleaned");
		pp_lend_settle(s->broker);
		return;
	}
	pp_labels_drop(&s->own.label);
	s->own.label = label;
	if (s->conn.state != PP_CONN_SCRUB)
		pp_conn_set_state(&s->conn, PP_CONN_SCRUB, s->broker->now);
	bool named = pins & (PP_PIN_PREPARE | PP_PIN_STATEMENT) || s->untidy[0] ||
		     s->touch.bits & PP_TOUCH_PREPARES ||
		     (s->prepared && s->touch.bits & PP_TOUCH_FORGETS);
	if (named) {
		pp_copies_clear(&s->copies);
		pp_sqlset_drop(&s->prepared);
	}
	s->untidy[0] = '\0';
	ask(s, PP_OWN_SCRUB, named ? SCRUB "DEALLOCATE ALL;" : SCRUB);
}
