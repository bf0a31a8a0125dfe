#include "broker/flight.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "wire/tx.h"

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

void pp_flight_pop(struct pp_flight *flight)
{
	pp_unnamed_finish(&flight->marks[flight->head].before);
	free(flight->marks[flight->head].params);
	pp_plan_drop(flight->marks[flight->head++].plan);
	if (flight->head == flight->end)
		flight->head = flight->end = 0;
}

bool pp_flight_is_plan_pending(const struct pp_flight *flight, const struct pp_tx *tx,
			       const struct pp_plan *plan)
{
	for (uint32_t i = flight->head; i != flight->end; i++)
		if (flight->marks[i].plan == plan && pp_flight_mark_decides(&flight->marks[i]) &&
		    pp_tx_is_behind(tx, flight->marks[i].number))
			return true;
	return false;
}

bool pp_flight_is_unnamed_pending(const struct pp_flight *flight, const struct pp_tx *tx)
{
	for (uint32_t i = flight->end; i != flight->head; i--)
		if (pp_flight_mark_is_of_unnamed(&flight->marks[i - 1]))
			return pp_tx_is_behind(tx, flight->marks[i - 1].number);
	return false;
}

void pp_flight_finish(struct pp_flight *flight)
{
	while (flight->head != flight->end)
		pp_flight_pop(flight);
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
	pp_flight_pop(flight);
	while (pp_flight_next(flight, number)) /* a Query behind it, which is executed now */
		pp_flight_pop(flight);
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
