/* What SQL's PREPARE has made of a session, learnt from what the server answers (sqlset.h). */
#include <string.h>

#include "broker/client.h"
#include "broker/database.h"
#include "broker/missing.h"
#include "broker/own.h"
#include "broker/server.h"
#include "session/probe.h"

void pp_own_prepared_row(struct pp_server *s, const char *name, const char *text)
{
	char row[PP_LEXER_WORD_MAX + PP_SQLSET_TEXT_MAX];
	size_t name_len = strlen(name) + 1, len = text ? name_len + strlen(text) + 1 : SIZE_MAX;
	if (len > sizeof row) { /* NULL: too long to be told */
		s->own.odd = true;
		return;
	}
	memcpy(row, name, name_len);
	memcpy(row + name_len, text, len - name_len);
	s->own.odd |= pp_buf_append(&s->own.rows, row, len, PP_SQLSET_MAX * sizeof row) < 0;
}

/* In the same transaction nothing gave the text another meaning than it has elsewhere; and of what is there nothing
 * is left from one that did. */
static bool may_take(const struct pp_server *s)
{
	return s->own.touched & PP_TOUCH_PREPARES && !(s->own.touched & PP_SQLSET_UNSETTLING) &&
	       !s->own.unsettled && !(s->pins & PP_PIN_PREPARE);
}

/* Counted; NULL: it keeps its server. */
static struct pp_sqlplan *take_row(struct pp_server *s, struct pp_label label, const char *name,
				   const char *text)
{
	struct pp_sqlplan *former = pp_sqlset_find(s->client->prepared, name);
	if (former && strcmp(pp_sqlplan_text(former), text) == 0 &&
	    (may_take(s) || !(s->own.touched & PP_TOUCH_PREPARES))) {
		former->users++;
		return former;
	}
	return may_take(s) ? pp_sqlplan_take(s, label, name, text) : NULL;
}

struct taken {
	struct pp_sqlplan *plans[PP_SQLSET_MAX + 1];
	uint32_t count;
	bool all;
};

static void add(struct taken *taken, struct pp_sqlplan *plan)
{
	if (plan && taken->count < PP_SQLSET_MAX) {
		taken->plans[taken->count++] = plan;
		return;
	}
	if (plan)
		pp_sqlplan_drop(plan);
	taken->all = false;
}

static void take_rows(struct pp_server *s, struct pp_label label, struct taken *taken)
{
	const char *at = (const char *)pp_buf_bytes(&s->own.rows);
	const char *end = at ? at + pp_buf_len(&s->own.rows) : NULL;
	while (at && at < end) {
		const char *text = at + strlen(at) + 1;
		add(taken, take_row(s, label, at, text));
		pp_missing_forget(s, at); /* it has been prepared anew */
		at = text + strlen(text) + 1;
	}
	for (struct pp_missing *m = s->missing; m; m = m->next) {
		m->plan->users++;
		add(taken, m->plan);
	}
}

/* The answer becomes the record. False: there is more than it can hold. */
static bool learn(struct pp_server *s, struct pp_label label)
{
	struct taken taken = {.all = !s->own.odd};
	struct pp_sqlset *set;
	take_rows(s, label, &taken);
	bool fits = pp_sqlset_take(s->database, taken.plans, taken.count, &set) == 0;
	for (uint32_t i = 0; i < taken.count; i++)
		pp_sqlplan_drop(taken.plans[i]);
	pp_sqlset_hold(&s->client->prepared, set);
	pp_sqlset_drop(&set);
	fits = pp_missing_without(s, s->client->prepared, &set) == 0 && fits;
	pp_sqlset_hold(&s->prepared, set);
	pp_sqlset_drop(&set);
	return fits && taken.all;
}

const char *pp_own_prepared_learn(struct pp_server *s, struct pp_label label)
{
	bool found = pp_buf_len(&s->own.rows) || s->own.odd, known = true;
	bool asked = s->own.asked & PP_PIN_PREPARE;
	if (asked && s->client)
		known = learn(s, label);
	else if (asked && !found) /* its client has left */
		pp_sqlset_drop(&s->prepared);
	else if (asked)
		known = false;
	pp_buf_finish(&s->own.rows);
	if (!known)
		return s->own.cause[0] ? s->own.cause : "PREPARE";
	if (!pp_sqlset_is_read_under(s->prepared, label))
		return "a setting its statements were read under";
	return NULL;
}
