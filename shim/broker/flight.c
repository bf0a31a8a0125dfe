#include "broker/flight.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "broker/client.h"
#include "broker/front.h"
#include "broker/server.h"

int pp_flight_reserve(struct pp_flight *flight, uint32_t count)
{
	uint32_t used = flight->end - flight->head, size = flight->size ? flight->size : 4;
	if (flight->head) {
		memmove(flight->marks, flight->marks + flight->head, used * sizeof *flight->marks);
		flight->head = 0;
		flight->end = used;
	}
	if (used + count > PP_FLIGHT_MAX)
		return PP_ERR_FULL;
	while (size < used + count)
		size *= 2;
	if (size == flight->size)
		return 0;
	struct pp_flight_mark *marks = realloc(flight->marks, size * sizeof *marks);
	if (!marks)
		return PP_ERR_NOMEM;
	flight->marks = marks;
	flight->size = size;
	return 0;
}

void pp_flight_push(struct pp_flight *flight, uint32_t number, enum pp_flight_kind kind,
		    const char *name, struct pp_plan *plan)
{
	pp_assert(flight->end < flight->size);
	struct pp_flight_mark *mark = &flight->marks[flight->end++];
	*mark = (struct pp_flight_mark){.number = number, .kind = kind, .plan = pp_plan_hold(plan)};
	if (name)
		memcpy(mark->name, name, strnlen(name, sizeof mark->name - 1));
}

void pp_flight_push_unnamed(struct pp_flight *flight, uint32_t number, struct pp_unnamed *before,
			    bool known)
{
	pp_flight_push(flight, number, PP_FLIGHT_UNNAMED, NULL, NULL);
	struct pp_flight_mark *mark = &flight->marks[flight->end - 1];
	mark->same = !before;
	mark->known = known;
	if (!before)
		return;
	mark->before = *before;
	*before = (struct pp_unnamed){0};
}

void pp_flight_push_query(struct pp_flight *flight, uint32_t number, struct pp_unnamed *before,
			  bool known)
{
	pp_flight_push_unnamed(flight, number, before, known);
	flight->marks[flight->end - 1].kind = PP_FLIGHT_QUERY;
}

void pp_flight_end_unnamed(struct pp_flight *flight)
{
	for (uint32_t at = flight->head; at != flight->end; at++)
		flight->marks[at].ended = true;
}

bool pp_flight_is_pending(const struct pp_flight *flight, const struct pp_tx *tx, const char *name)
{
	for (uint32_t i = flight->head; i != flight->end; i++) {
		const struct pp_flight_mark *mark = &flight->marks[i];
		if (strcmp(mark->name, name) == 0 && pp_tx_is_behind(tx, mark->number))
			return true;
	}
	return false;
}

static void pop(struct pp_flight *flight)
{
	pp_unnamed_finish(&flight->marks[flight->head].before);
	free(flight->marks[flight->head].params);
	pp_plan_drop(flight->marks[flight->head++].plan);
	if (flight->head == flight->end)
		flight->head = flight->end = 0;
}

/* Does the server have the plan or not, because of it? */
static bool decides(const struct pp_flight_mark *mark)
{
	return mark->plan && mark->kind != PP_FLIGHT_CLOSE && mark->kind != PP_FLIGHT_MOVE &&
	       !pp_flight_mark_describes(mark);
}

bool pp_flight_is_plan_pending(const struct pp_flight *flight, const struct pp_tx *tx,
			       const struct pp_plan *plan)
{
	for (uint32_t i = flight->head; i != flight->end; i++)
		if (flight->marks[i].plan == plan && decides(&flight->marks[i]) &&
		    pp_tx_is_behind(tx, flight->marks[i].number))
			return true;
	return false;
}

static bool is_of_unnamed(const struct pp_flight_mark *mark)
{
	return mark->kind == PP_FLIGHT_UNNAMED || mark->kind == PP_FLIGHT_QUERY;
}

bool pp_flight_is_unnamed_pending(const struct pp_flight *flight, const struct pp_tx *tx)
{
	for (uint32_t i = flight->end; i != flight->head; i--)
		if (is_of_unnamed(&flight->marks[i - 1]))
			return pp_tx_is_behind(tx, flight->marks[i - 1].number);
	return false;
}

void pp_flight_finish(struct pp_flight *flight)
{
	while (flight->head != flight->end)
		pop(flight);
	free(flight->marks);
	*flight = (struct pp_flight){0};
}

struct pp_flight_mark *pp_flight_next(const struct pp_flight *flight, uint32_t number)
{
	if (flight->head == flight->end || flight->marks[flight->head].number != number)
		return NULL;
	return &flight->marks[flight->head];
}

/* The client has not said it, and hears nothing of it. */
static bool is_ours(enum pp_flight_kind kind)
{
	return kind != PP_FLIGHT_PARSE && kind != PP_FLIGHT_CLOSE && kind != PP_FLIGHT_DESCRIBE &&
	       kind != PP_FLIGHT_CHANGED && kind != PP_FLIGHT_UNNAMED && kind != PP_FLIGHT_QUERY;
}

bool pp_flight_is_ours(const struct pp_flight *flight, uint32_t number)
{
	const struct pp_flight_mark *mark = pp_flight_next(flight, number);
	return mark && is_ours(mark->kind);
}

bool pp_flight_answered(struct pp_flight *flight, uint32_t number)
{
	const struct pp_flight_mark *mark = pp_flight_next(flight, number);
	if (!mark)
		return false;
	enum pp_flight_kind kind = mark->kind;
	if (kind == PP_FLIGHT_PARSE || kind == PP_FLIGHT_BRING)
		mark->plan->proven = true;
	pop(flight);
	while (pp_flight_next(flight, number)) /* a Query behind it, which is executed now */
		pop(flight);
	return is_ours(kind);
}

bool pp_flight_is_to_fail(const struct pp_flight *flight, uint32_t number)
{
	const struct pp_flight_mark *mark = pp_flight_next(flight, number);
	return mark && mark->kind == PP_FLIGHT_CHANGED;
}

bool pp_flight_has_room(struct pp_flight *flight)
{
	if (!flight->full || flight->end - flight->head > PP_FLIGHT_MAX / 2)
		return false;
	flight->full = false;
	return true;
}

/* Whether the server has it is decided by a message still under way, behind mark number `at`. */
static bool is_decided_later(const struct pp_flight *flight, uint32_t at,
			     const struct pp_plan *plan)
{
	for (; at != flight->end; at++) {
		const struct pp_flight_mark *mark = &flight->marks[at];
		if (mark->plan == plan && decides(mark))
			return true;
	}
	return false;
}

bool pp_flight_tidies(const struct pp_flight *flight)
{
	for (uint32_t at = flight->head; at != flight->end; at++)
		if (flight->marks[at].kind == PP_FLIGHT_TIDY)
			return true;
	return false;
}

bool pp_flight_closes(const struct pp_flight *flight, const struct pp_plan *plan)
{
	for (uint32_t at = flight->head; at != flight->end; at++)
		if (flight->marks[at].plan == plan && flight->marks[at].kind == PP_FLIGHT_EVICT)
			return true;
	return false;
}

static void undo_copy(struct pp_server *s, const struct pp_flight_mark *mark)
{
	if (mark->kind != PP_FLIGHT_EVICT) {
		pp_copies_remove(&s->copies, mark->plan);
		return;
	}
	/* What is there still, and whether it fitted, is forgotten. */
	if (pp_copies_add_stand_in(&s->copies, mark->plan) < 0)
		pp_server_pin(s, PP_PIN_PROTOCOL, "no memory for a prepared statement");
}

/* The next one under way that replaces it, or NULL. */
static struct pp_flight_mark *next_unnamed(const struct pp_flight *flight, uint32_t over)
{
	for (uint32_t at = over; at != flight->end; at++)
		if (is_of_unnamed(&flight->marks[at]))
			return &flight->marks[at];
	return NULL;
}

/* Whether the server has what the unnamed statement was: to the next one under way that replaces it as well. */
static void set_known(struct pp_server *s, struct pp_flight_mark *next, bool known)
{
	if (next)
		next->known = known;
	else
		s->unnamed_known = known;
}

/* It is what it was before, also to the next one under way that replaces it. The server itself drops it before it reads
 * the text of a Parse that fails. */
static void undo_unnamed(struct pp_server *s, struct pp_flight_mark *mark, uint32_t over,
			 bool failed)
{
	struct pp_flight_mark *next = next_unnamed(&s->flight, over);
	struct pp_unnamed *to = next ? &next->before : &s->client->unnamed;
	set_known(s, next, failed || mark->known); /* or the server has another client's still */
	if (mark->same && !failed)
		return;
	pp_unnamed_finish(to);
	if (next)
		next->same = false;
	if (failed)
		return;
	*to = mark->before;
	mark->before = (struct pp_unnamed){0};
}

static void restore_untidy(struct pp_server *s, const char *name)
{
	if (s->untidy[0] && strcmp(s->untidy, name) != 0)
		pp_server_pin(s, PP_PIN_STATEMENT, PP_FRONT_TWICE); /* room for one name only */
	memcpy(s->untidy, name, sizeof s->untidy);
}

static void undo(struct pp_server *s, struct pp_flight_mark *mark, uint32_t over, bool failed)
{
	struct pp_statement **names = &s->client->statements;
	switch (mark->kind) {
	case PP_FLIGHT_PARSE: (void)!pp_statements_set(names, mark->name, NULL); break;
	case PP_FLIGHT_CLOSE:
	case PP_FLIGHT_MOVE:
		/* Its place in the table was free a moment ago. */
		if (pp_statements_set(names, mark->name, mark->plan) < 0)
			pp_server_pin(s, PP_PIN_PROTOCOL, "no memory for a prepared statement");
		break;
	case PP_FLIGHT_BRING:
	case PP_FLIGHT_EVICT:
	case PP_FLIGHT_STAND_IN:
	case PP_FLIGHT_CHANGED:
	case PP_FLIGHT_CHECK: break;
	case PP_FLIGHT_DESCRIBE:
	case PP_FLIGHT_LEARN: mark->plan->asked_at = 0; break;
	case PP_FLIGHT_QUIET:
		if (!*mark->name)
			set_known(s, next_unnamed(&s->flight, over), false);
		else if (!failed && strcmp(mark->name, s->untidy) == 0)
			s->untidy[0] = '\0';
		break;
	case PP_FLIGHT_TIDY: restore_untidy(s, mark->name); break;
	case PP_FLIGHT_UNNAMED:
		if (!mark->ended)
			undo_unnamed(s, mark, over, failed);
		break;
	case PP_FLIGHT_QUERY:
		if (!mark->ended)
			undo_unnamed(s, mark, over, false);
		break;
	}
}

/* The last one first: Close and Parse of one name may both be undone. */
void pp_flight_discarded(struct pp_server *s, uint32_t failed, uint32_t number)
{
	struct pp_flight *flight = &s->flight;
	uint32_t over = flight->head;
	while (over != flight->end && (int32_t)(flight->marks[over].number - number) < 0)
		over++;
	for (uint32_t at = over; s->client && at > flight->head; at--) {
		struct pp_flight_mark *mark = &flight->marks[at - 1];
		if (decides(mark) && !is_decided_later(flight, over, mark->plan))
			undo_copy(s, mark);
		undo(s, mark, over, mark->number == failed);
	}
	for (uint32_t left = over - flight->head; left; left--)
		pop(flight);
}
