#include "broker/hidden.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "broker/client.h"
#include "broker/database.h"
#include "broker/hidden_sql.h"
#include "broker/lend.h"
#include "broker/own.h"
#include "broker/server.h"
#include "broker/suspects.h"
#include "wire/reader.h"

/* In the long run scans take one part of so many; at once no more than this. */
#define PP_HIDDEN_SHARE	   10
#define PP_HIDDEN_BURST_MS 5000

int pp_hidden_join(struct pp_database *db)
{
	struct pp_broker *b = db->broker;
	PP_LIST_FOREACH (&b->hidden, it) {
		struct pp_hidden *h = pp_list_entry(it, struct pp_hidden, link);
		if (h->route == db->route && strcmp(h->database, db->database) == 0) {
			h->users++;
			db->hidden = h;
			return 0;
		}
	}
	struct pp_hidden *h = calloc(1, sizeof *h);
	if (!h || !(h->database = strdup(db->database))) {
		free(h);
		return PP_ERR_NOMEM;
	}
	h->broker = b;
	h->route = db->route;
	h->users = 1;
	pp_list_append(&b->hidden, &h->link);
	db->hidden = h;
	return 0;
}

void pp_hidden_leave(struct pp_database *db)
{
	struct pp_hidden *h = db->hidden;
	db->hidden = NULL;
	if (--h->users)
		return;
	pp_list_remove(&h->broker->hidden, &h->link);
	pp_suspects_free(h->found);
	pp_suspects_free(h->coming);
	free(h->database);
	free(h);
}

static bool is_needed(const struct pp_broker *b)
{
	return b->config.mode != PP_MODE_SESSION; /* there, a session's state stays where it is */
}

const struct pp_watch *pp_hidden_watch(struct pp_database *db)
{
	return &db->hidden->watch;
}

const struct pp_nameset *pp_hidden_settings(const struct pp_database *db)
{
	return db->hidden->found ? pp_suspects_settings(db->hidden->found) : NULL;
}

bool pp_hidden_holds(const struct pp_client *c)
{
	const struct pp_hidden *h = c->database->hidden;
	if (!h->asked || !h->scanning || (c->server && !pp_tx_is_idle(&c->server->tx)))
		return false;
	return h->state == PP_HIDDEN_UNKNOWN || h->took_ms <= PP_HIDDEN_WAIT_MS;
}

bool pp_hidden_defers(const struct pp_server *s)
{
	const struct pp_hidden *h = s->database->hidden;
	return h->asked && h->asked != s && h->scanning && s->touch.bits & PP_PIN_DYNAMIC;
}

static void set_state(struct pp_hidden *h, int state)
{
	h->state = state;
	h->generation++;
	if (state == PP_HIDDEN_STALE || state == PP_HIDDEN_FAILED)
		h->watch.always |= PP_PIN_DYNAMIC;
}

void pp_hidden_transaction_over(struct pp_server *s)
{
	struct pp_hidden *h = s->database->hidden;
	if (!(s->touch.bits & PP_TOUCH_CODE))
		return;
	s->touch.bits &= ~(uint32_t)PP_TOUCH_CODE;
	h->changed = true;
	if (h->state == PP_HIDDEN_KNOWN)
		set_state(h, PP_HIDDEN_STALE);
}

/* Time spent on scans and not yet made up for. */
static pp_ms owed(const struct pp_hidden *h)
{
	pp_ms paid = (h->broker->now - h->over_at) / PP_HIDDEN_SHARE;
	return h->owed_ms > paid ? h->owed_ms - paid : 0;
}

bool pp_hidden_wants(const struct pp_server *s)
{
	const struct pp_hidden *h = s->database->hidden;
	pp_ms since = s->broker->now - h->over_at;
	if (h->asked || s->cancels || s->broker->orders.close_idle || !is_needed(s->broker))
		return false;
	switch (h->state) {
	case PP_HIDDEN_UNKNOWN: return true;
	case PP_HIDDEN_STALE: return owed(h) < PP_HIDDEN_BURST_MS;
	case PP_HIDDEN_KNOWN: return since >= PP_HIDDEN_MARK_MS;
	case PP_HIDDEN_FAILED: return since >= PP_HIDDEN_RETRY_MS;
	}
	return false;
}

const char *pp_hidden_begin(struct pp_server *s)
{
	struct pp_hidden *h = s->database->hidden;
	h->asked = s;
	h->scanning = h->state != PP_HIDDEN_KNOWN;
	h->changed = false;
	h->coming_mark[0] = '\0';
	h->asked_at = s->broker->now;
	if (h->scanning)
		h->coming = pp_suspects_new();
	return h->scanning ? pp_hidden_sql_scan : pp_hidden_sql_mark;
}

static const uint8_t *field(struct pp_reader *r, size_t *ret_len)
{
	uint32_t size = pp_reader_u32(r);
	*ret_len = size == UINT32_MAX ? 0 : size; /* -1: NULL */
	const uint8_t *bytes = pp_reader_bytes(r, *ret_len);
	return size == UINT32_MAX ? NULL : bytes;
}

static void give_up(struct pp_hidden *h)
{
	pp_suspects_free(h->coming);
	h->coming = NULL;
}

void pp_hidden_row(struct pp_server *s, const uint8_t *body, size_t len)
{
	struct pp_hidden *h = s->database->hidden;
	struct pp_reader r;
	size_t kind_len, name_len, text_len;
	pp_reader_init(&r, body, len);
	if (pp_reader_u16(&r) != 3)
		return; /* of the settings made before */
	const uint8_t *kind = field(&r, &kind_len);
	const uint8_t *name = field(&r, &name_len);
	const uint8_t *text = field(&r, &text_len);
	if (!kind || kind_len != 1 || !name)
		return;
	if (*kind == '@') {
		if (text && text_len < sizeof h->coming_mark) {
			memcpy(h->coming_mark, text, text_len);
			h->coming_mark[text_len] = '\0';
		}
	} else if (h->coming && pp_suspects_add(h->coming, text ? *kind : PP_SUSPECT_UNREADABLE,
						(const char *)name, name_len, text, text_len) < 0) {
		give_up(h);
	}
}

static void learn(struct pp_hidden *h)
{
	struct pp_watch watch;
	if (!h->coming || !h->coming_mark[0] || pp_suspects_finish(h->coming, &watch) < 0) {
		pp_log(PP_LOG_WARNING,
		       "the functions of database \"%s\" cannot be known; every transaction's "
		       "state is asked for",
		       h->database);
		set_state(h, PP_HIDDEN_FAILED);
		return;
	}
	pp_suspects_free(h->found);
	h->found = h->coming;
	h->coming = NULL;
	h->watch = watch;
	memcpy(h->mark, h->coming_mark, sizeof h->mark);
	set_state(h, PP_HIDDEN_KNOWN);
	pp_log(PP_LOG_DEBUG, "database \"%s\": %zu names may change a session", h->database,
	       pp_suspects_count(h->found));
}

static bool is_held_by(const struct pp_client *c, const struct pp_hidden *h)
{
	bool begins = c->state == PP_CLIENT_IDLE ||
		      (c->state == PP_CLIENT_LENT && !pp_own_holds(c->server));
	return !c->gone && begins && c->database->hidden == h;
}

static void wake(struct pp_client *c)
{
	if (c->server)
		pp_lend_check_return(c->server);
	if (!c->gone && pp_buf_len(&c->in))
		pp_client_continue(c);
	else
		pp_client_check_eof(c);
}

/* One that goes on may be the end of another, also of the next on the list: so all are noted first. Their memory lasts
 * until the round ends. */
void pp_hidden_wake(struct pp_hidden *h)
{
	struct pp_broker *b = h->broker;
	struct pp_client **held = calloc(b->clients.count + 1, sizeof *held);
	size_t count = 0;
	h->lost |= held == NULL; /* again at the next tick */
	if (!held)
		return;
	PP_LIST_FOREACH (&b->clients, it) {
		struct pp_client *c = pp_list_entry(it, struct pp_client, link);
		if (is_held_by(c, h))
			held[count++] = c;
	}
	for (size_t i = 0; i < count; i++)
		if (is_held_by(held[i], h))
			wake(held[i]);
	free(held);
}

static void over(struct pp_hidden *h, bool failed)
{
	bool scanned = h->scanning;
	h->asked = NULL;
	h->scanning = false;
	h->owed_ms = owed(h);
	h->over_at = h->broker->now;
	if (!scanned) {
		if (!failed && strcmp(h->mark, h->coming_mark) != 0)
			set_state(h, PP_HIDDEN_STALE);
		return;
	}
	h->took_ms = h->over_at - h->asked_at;
	h->owed_ms += h->took_ms;
	if (failed)
		give_up(h);
	learn(h);
	give_up(h);
	if (h->changed && h->state == PP_HIDDEN_KNOWN)
		set_state(h, PP_HIDDEN_STALE);
}

void pp_hidden_over(struct pp_server *s, bool failed)
{
	over(s->database->hidden, failed);
}

void pp_hidden_lost(struct pp_server *s)
{
	struct pp_hidden *h = s->database->hidden;
	pp_hidden_transaction_over(s);
	if (h->asked == s) {
		h->lost = true; /* from here nobody can be woken */
		over(h, true);
		if (h->state == PP_HIDDEN_FAILED)
			set_state(h, PP_HIDDEN_STALE);
	}
}

void pp_hidden_sweep(struct pp_broker *b)
{
	PP_LIST_FOREACH (&b->hidden, it) {
		struct pp_hidden *h = pp_list_entry(it, struct pp_hidden, link);
		if (h->lost) {
			h->lost = false;
			pp_hidden_wake(h);
		}
	}
}
