#include <string.h>

#include "broker/client.h"
#include "broker/flight.h"
#include "broker/front.h"
#include "broker/server.h"

/* Whether the server has it is decided by a message still under way, behind mark number `at`. */
static bool is_decided_later(const struct pp_flight *flight, uint32_t at,
			     const struct pp_plan *plan)
{
	for (; at != flight->end; at++) {
		const struct pp_flight_mark *mark = &flight->marks[at];
		if (mark->plan == plan && pp_flight_mark_decides(mark))
			return true;
	}
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
		if (pp_flight_mark_is_of_unnamed(&flight->marks[at]))
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
	if (!failed) {
		*to = mark->before;
		mark->before = (struct pp_unnamed){0};
	}
	if (next)
		return;
	/* The rest of a discarded one may still stream by: it is nothing to the one that is there again. */
	if (s->lexing_unnamed)
		s->lexing = PP_LEXING_NO;
	pp_front_settle_unnamed(s);
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
		if (pp_flight_mark_decides(mark) && !is_decided_later(flight, over, mark->plan))
			undo_copy(s, mark);
		undo(s, mark, over, mark->number == failed);
	}
	for (uint32_t left = over - flight->head; left; left--)
		pp_flight_pop(flight);
}
