/* shim/broker/flight.h - messages under way to a server whose answer means something to us: Parse and Close of named
 * statements, Describe of them, and those of the broker's own that the client must not hear of.
 *
 *             answered                                  discarded by an error
 *   PARSE     passed on                                 the name means what it did; the server has no copy
 *   CLOSE     passed on                                 the name means what it did
 *   BRING     swallowed                                 the server has no copy
 *   EVICT     swallowed                                 the server has its copy still
 *   STAND_IN  swallowed                                 the server has none
 *   QUIET     swallowed                                 without a name: nobody knows what the unnamed statement is; else that
 *                                                       s->untidy is not there
 *   TIDY      swallowed                                 what s->untidy named before is there still
 *   DESCRIBE  passed on; named, the plan knows it now   -
 *   LEARN     the same, but swallowed                   -
 *   MOVE      swallowed                                 the name means what it did
 *   CHECK     swallowed; its use waits for it           -
 *   CHANGED   passed on                                 an error of ours is said in the place of "does not exist" (heal.h)
 *   UNNAMED   passed on                                 the unnamed statement is what it was; none, if it is the Parse
 *                                                       that failed
 *   QUERY     -                                         the unnamed statement is what it was: a Query within a batch
 *
 * Of several messages about one plan the last one under way decides whether the server has it.
 *
 * Answers come in order, and each message has its number (pp_tx.asked when it was sent).
 */
#ifndef PP_BROKER_FLIGHT_H
#define PP_BROKER_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "broker/statements.h"

enum pp_flight_kind {
	PP_FLIGHT_PARSE,
	PP_FLIGHT_CLOSE,
	PP_FLIGHT_BRING,
	PP_FLIGHT_EVICT,
	PP_FLIGHT_STAND_IN,
	PP_FLIGHT_DESCRIBE,
	PP_FLIGHT_LEARN,
	PP_FLIGHT_CHECK,
	PP_FLIGHT_MOVE,
	PP_FLIGHT_QUIET,
	PP_FLIGHT_TIDY,
	PP_FLIGHT_CHANGED,
	PP_FLIGHT_UNNAMED,
	PP_FLIGHT_QUERY /* has the number of the last extended message before it, and stands behind that one's mark */
};

struct pp_flight_mark {
	uint32_t number;
	enum pp_flight_kind kind;
	struct pp_plan *
		plan; /* counted: that it is about; NULL for QUIET, TIDY, CHANGED, UNNAMED, QUERY */
	char name
		[PP_STATEMENT_NAME_MAX]; /* PARSE, CLOSE, MOVE, LEARN: the client's; DESCRIBE: the same, if others will be told the same; QUIET, TIDY: of an untidy one, or none */
	struct pp_unnamed before;	 /* UNNAMED, QUERY: what it replaces */
	uint8_t *params; /* DESCRIBE, LEARN, CHECK, owned: its parameters, once said */
	size_t params_len;
	bool same;  /* UNNAMED: it replaces its equal, `before` is empty */
	bool known; /* UNNAMED, QUERY: the server had what it replaces */
	bool ended; /* UNNAMED, QUERY: and a Query that nothing discards has ended it since */
};

/* Beyond, the client waits for replies. */
#define PP_FLIGHT_MAX 256

struct pp_flight {
	struct pp_flight_mark *marks; /* owned; [head, end) are under way */
	uint32_t head, end, size;
	bool full;	  /* a client waits for answers; they are on their way, */
	uint32_t flushed; /* to so many messages: a Flush, or their batch's end, is behind them */
};

struct pp_server;
struct pp_tx;

/* Makes sure that the next `count` pushes succeed. PP_ERR_FULL, PP_ERR_NOMEM. */
PP_MUSTCHECK int pp_flight_reserve(struct pp_flight *flight, uint32_t count);
/* The message numbered `number`. name may be NULL. */
void pp_flight_push(struct pp_flight *flight, uint32_t number, enum pp_flight_kind kind,
		    const char *name, struct pp_plan *plan);
/* UNNAMED: the statement in *before moves here; NULL: it replaces its equal. `known`: the server has that. */
void pp_flight_push_unnamed(struct pp_flight *flight, uint32_t number, struct pp_unnamed *before,
			    bool known);
/* A Query is sent: it ends whatever unnamed statement there will be then (docs 55.2.3). */
void pp_flight_end_unnamed(struct pp_flight *flight);
/* The same behind extended messages of its batch that are not answered: if one of them fails it is discarded, and what it
 * has ended, *before, is there again. `number`: of the last one of them. */
void pp_flight_push_query(struct pp_flight *flight, uint32_t number, struct pp_unnamed *before,
			  bool known);
void pp_flight_finish(struct pp_flight *flight);

/* Is it not yet known whether this name is defined, and will be before the batch being sent is begun? */
bool pp_flight_is_pending(const struct pp_flight *flight, const struct pp_tx *tx, const char *name);

/* And whether the server has this plan, for the same reason? */
bool pp_flight_is_plan_pending(const struct pp_flight *flight, const struct pp_tx *tx,
			       const struct pp_plan *plan);
/* The same of the unnamed statement: was it last said in a batch that has ended and may have failed before it came to that? */
bool pp_flight_is_unnamed_pending(const struct pp_flight *flight, const struct pp_tx *tx);

/* Is there an answer to wait for? An error may bring back a name that is nowhere else meanwhile. */
static inline bool pp_flight_is_empty(const struct pp_flight *flight)
{
	return flight->head == flight->end;
}

/* The mark of message `number`, if that is the next to be answered and has one; else NULL. */
struct pp_flight_mark *pp_flight_next(const struct pp_flight *flight, uint32_t number);

/* It asks what the statement looks like. */
static inline bool pp_flight_mark_describes(const struct pp_flight_mark *mark)
{
	return mark->kind == PP_FLIGHT_DESCRIBE || mark->kind == PP_FLIGHT_LEARN ||
	       mark->kind == PP_FLIGHT_CHECK;
}

/* Does the server have the plan or not, because of it? */
static inline bool pp_flight_mark_decides(const struct pp_flight_mark *mark)
{
	return mark->plan && mark->kind != PP_FLIGHT_CLOSE && mark->kind != PP_FLIGHT_MOVE &&
	       !pp_flight_mark_describes(mark);
}

static inline bool pp_flight_mark_is_of_unnamed(const struct pp_flight_mark *mark)
{
	return mark->kind == PP_FLIGHT_UNNAMED || mark->kind == PP_FLIGHT_QUERY;
}

/* Is message `number`, the next to be answered, one that its client has not said? */
bool pp_flight_is_ours(const struct pp_flight *flight, uint32_t number);

/* Is message `number`, the next to be answered, to fail as CHANGED? */
bool pp_flight_is_to_fail(const struct pp_flight *flight, uint32_t number);

/* Is an untidy one being closed? */
bool pp_flight_tidies(const struct pp_flight *flight);

/* Is this plan being closed? An error may yet discard that. */
bool pp_flight_closes(const struct pp_flight *flight, const struct pp_plan *plan);

/* Was it full, and is it no longer? Says so once. */
bool pp_flight_has_room(struct pp_flight *flight);

/* What the server says of the statement that message `number` asks about: its parameters, then no rows or which rows;
 * `body` NULL: not all of that is here. True: the client must not hear it. */
bool pp_flight_described(struct pp_server *s, uint32_t number, uint8_t type, const uint8_t *body,
			 size_t len);
/* Does message `number`, the next to be answered, ask for such a description? */
bool pp_flight_describes(const struct pp_flight *flight, uint32_t number);
/* Is it being checked whether this plan's result is still what it was? */
bool pp_flight_checks(const struct pp_flight *flight, const struct pp_plan *plan);

/* The first mark is over. There must be one. */
void pp_flight_pop(struct pp_flight *flight);
/* Message `number` has its answer. True: the client must not hear it. */
bool pp_flight_answered(struct pp_flight *flight, uint32_t number);
/* All before `number` are over without one; the first of them, `failed`, by its error (flight_undo.c). */
void pp_flight_discarded(struct pp_server *s, uint32_t failed, uint32_t number);

#endif
