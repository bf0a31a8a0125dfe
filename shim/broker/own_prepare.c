/* What SQL's PREPARE has made of a session, brought to the server that is lent (sqlset.h). */
#include <string.h>

#include "broker/client.h"
#include "broker/database.h"
#include "broker/lend.h"
#include "broker/missing.h"
#include "broker/own.h"
#include "broker/server.h"
#include "session/sql.h"
#include "wire/error.h"

/* own.at while the first Query is answered, which deallocates. */
#define FIRST UINT32_MAX
/* So long is waited for a table that somebody has locked. */
#define PATIENCE "SET lock_timeout TO 20"

static void say(struct pp_server *s, const char *text)
{
	s->own.left++;
	s->own.odd |= pp_own_say(s, "", text) < 0;
}

static bool is_to_be_said(const struct pp_server *s, const struct pp_sqlplan *plan)
{
	if (!s->own.brings)
		return !pp_sqlset_has(s->prepared, plan);
	if (s->own.only)
		return s->own.only == plan && pp_missing_find(s, plan->name);
	return pp_missing_is_locked(s, plan->name);
}

static uint32_t count_of(const struct pp_sqlset *set)
{
	return set ? set->count : 0;
}

/* The next one to be prepared, from `at` on. */
static uint32_t next(const struct pp_server *s, uint32_t at)
{
	while (at < count_of(s->own.prepared) && !is_to_be_said(s, s->own.prepared->plans[at]))
		at++;
	return at;
}

static bool say_all(struct pp_server *s)
{
	uint32_t count = count_of(s->own.prepared), at = next(s, 0);
	bool any = at < count;
	for (; at < count; at = next(s, at + 1))
		say(s, pp_sqlplan_text(s->own.prepared->plans[at]));
	return any;
}

static void say_first(struct pp_server *s)
{
	char text[PP_SQLSET_MAX * (2 * PP_LEXER_WORD_MAX + 16)];
	struct pp_sql sql;
	pp_sql_init(&sql, text, sizeof text);
	pp_sql_put(&sql, PATIENCE);
	for (uint32_t i = 0; i < count_of(s->prepared); i++) {
		if (pp_sqlset_has(s->own.prepared, s->prepared->plans[i]))
			continue;
		pp_sql_put(&sql, ";DEALLOCATE ");
		pp_sql_identifier(&sql, s->prepared->plans[i]->name);
	}
	say(s, text);
}

/* Back to what the client has set, or has not. */
static void say_last(struct pp_server *s)
{
	char text[128];
	struct pp_sql sql;
	const char *value = pp_label_get(pp_labels_view(s->label), "lock_timeout");
	pp_sql_init(&sql, text, sizeof text);
	pp_sql_put(&sql, value ? "SET lock_timeout TO " : "RESET lock_timeout");
	if (value)
		pp_sql_literal(&sql, value);
	if (sql.failed)
		s->own.odd = true;
	else
		say(s, text);
}

static void begin(struct pp_server *s, bool brings)
{
	pp_sqlset_hold(&s->own.prepared, s->client->prepared);
	s->own.kind = PP_OWN_PREPARE;
	s->own.holds = true;
	s->own.failed = s->own.odd = false;
	s->own.brings = brings;
	s->own.brought = false;
	s->own.left = 0;
	s->unnamed_known = false;
}

void pp_own_prepare(struct pp_server *s)
{
	if (s->prepared == s->client->prepared || s->missing)
		return;
	begin(s, false);
	say_first(s);
	(void)say_all(s);
	say_last(s);
	s->own.at = FIRST;
}

bool pp_own_bring(struct pp_server *s, const char *name)
{
	const struct pp_tx *tx = &s->tx;
	if (tx->count || tx->copy_in || tx->uncertain || s->own.kind != PP_OWN_NONE)
		return true; /* the text is looked at again when replies came */
	s->own.only = name ? pp_sqlset_find(s->client->prepared, name) : NULL;
	begin(s, true);
	s->own.at = next(s, 0);
	if (say_all(s))
		return true;
	s->own.kind = PP_OWN_NONE;
	s->own.holds = false;
	pp_sqlset_drop(&s->own.prepared);
	return false;
}

/* Or is it a cancel, the server's end, a lock? */
static bool is_of_the_text(const struct pp_error *e)
{
	static const char *const classes[] = {"0A", "22", "28", "2B", "3D", "3F", "42"};
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
		if (strncmp(e->sqlstate, classes[i], 2) == 0)
			return true;
	return false;
}

void pp_own_prepare_failed(struct pp_server *s, const uint8_t *error, size_t len)
{
	struct pp_error e;
	bool readable = pp_error_read(error, len, &e) == 0;
	bool of_the_text = readable && is_of_the_text(&e);
	bool locked = readable && strcmp(e.sqlstate, "55P03") == 0;
	/* Before and behind the statements nothing can fail but by what nobody expects. */
	if (s->own.at >= count_of(s->own.prepared) || !readable ||
	    (!s->own.brings && !of_the_text && !locked) ||
	    pp_missing_add(s, s->own.prepared->plans[s->own.at], !of_the_text, error, len) < 0) {
		s->own.odd = true;
		return;
	}
	if (s->own.brings && s->tx.status == PP_TX_BLOCK)
		s->missing->due = true; /* the last one added is the first */
}

static void give_up(struct pp_server *s)
{
	static const char why[] = "what its client has prepared cannot be prepared here";
	if (!s->client) {
		pp_server_pin(s, PP_PIN_OPAQUE, "what it has prepared is not known");
		pp_lend_give_back(s);
	} else if (s->own.brings) {
		pp_lend_server_lost(s, why);
	} else {
		pp_lend_refused(s, why);
	}
}

void pp_own_prepare_over(struct pp_server *s)
{
	struct pp_sqlset *set = NULL;
	bool failed = s->own.odd || pp_missing_without(s, s->own.prepared, &set) < 0;
	pp_sqlset_drop(&s->own.prepared);
	s->own.kind = PP_OWN_NONE;
	s->own.holds = false;
	s->own.brought = s->own.brings;
	if (!s->client)
		pp_missing_clear(s);
	if (failed) {
		give_up(s);
		return;
	}
	pp_sqlset_hold(&s->prepared, set);
	pp_sqlset_drop(&set);
	if (s->client)
		pp_client_continue(s->client);
	else
		pp_lend_give_back(s);
}

bool pp_own_prepare_goes_on(struct pp_server *s)
{
	if (s->own.brings && !s->own.failed)
		pp_missing_forget(s, s->own.prepared->plans[s->own.at]->name);
	s->own.at = s->own.at == FIRST ? next(s, 0) : next(s, s->own.at + 1);
	s->own.failed = false;
	return --s->own.left > 0;
}
