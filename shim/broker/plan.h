/* shim/broker/plan.h - one prepared statement as the broker knows it; plans.h has them all.
 *
 * A plan is what Parse says but for the name: text and parameter types, and the settings that decide what the names in it
 * mean (search_path, role), and how it is read, where that matters (session/reading.h).
 */
#ifndef PP_BROKER_PLAN_H
#define PP_BROKER_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/list.h"
#include "broker/labels.h"
#include "broker/touch.h"

struct pp_database;

/* "podpool" and a number, with its NUL. */
#define PP_PLAN_NAME_MAX 24

/* So long the types of parameters that a server has inferred are what another would, unless DDL was seen here since: as long
 * as functions that are changed elsewhere go unnoticed (hidden.h). */
#define PP_PLAN_TRUST_MS (10 * 1000)

/* Is it such a name? Nothing of a client's may be called so on a server that others get. */
static inline bool pp_plan_is_name(const char *name)
{
	return strncmp(name, "podpool", 7) == 0;
}

struct pp_plan {
	UT_hash_handle hh;   /* database.plans.by_key */
	struct pp_link link; /* link: database.plans.used, most recent last */
	struct pp_database *database;
	uint32_t users;	     /* statements, copies, marks */
	uint32_t generation; /* a copy made before it no longer fits the tables */
	char name[PP_PLAN_NAME_MAX];
	struct pp_touched *touch; /* owned; NULL: executing it touches nothing */
	uint32_t watch; /* hidden.generation that is true for; another: to be read again */
	bool proven;	/* a server has prepared it */
	bool reads;	/* how its text is read depends on settings (session/reading.h) */
	bool rowless;	/* it is known to return no rows, and what parameters it has */
	bool infers;	/* Parse leaves types to the server */
	uint64_t shape; /* of its result as clients were told it (wire/shape.h); 0: nobody was */
	bool changed;	/* its result is another one since it was prepared: heal.h */
	bool local;	/* what its names meant was its transaction's alone: nobody else finds it */
	bool alone;	/* its tables were its session's alone: the same */
	struct pp_labels_entry *names; /* counted: under which its Parse was said */
	uint8_t *params; /* owned: as ParameterDescription had them; NULL: as its Parse says */
	size_t params_len;
	pp_ms asked_at; /* those that are known, or will be next, were inferred no earlier: the plan was made then, or Parse and
			   the question for them were last about to be sent; 0: it was discarded */
	size_t env_len, body_len;
	uint8_t key[]; /* environment, then the body of Parse behind the name */
};

/* What can be said of it before a server has read it. */
void pp_plan_foresee(struct pp_plan *plan);

static inline const uint8_t *pp_plan_body(const struct pp_plan *plan)
{
	return plan->key + plan->env_len;
}

/* With its NUL; less than that, if it has none. */
static inline size_t pp_plan_text_len(const struct pp_plan *plan)
{
	size_t len = strnlen((const char *)pp_plan_body(plan), plan->body_len);
	return len < plan->body_len ? len + 1 : len;
}

/* What Describe says of it, if it returns no rows: its ParameterDescription, which is also how a Parse says types. NULL: it
 * may return some, or nobody has said yet what parameters it has. */
const uint8_t *pp_plan_description(const struct pp_plan *plan, size_t *ret_len);
/* Was DDL seen since a server has inferred its parameters' types? They may be others by now. */
bool pp_plan_is_dated(const struct pp_plan *plan);
/* The same, or elsewhere, unseen: must who prepares it again ask for them? */
bool pp_plan_must_ask(const struct pp_plan *plan, pp_ms now);
/* How a Parse says the types it has, where names mean something else by now: as a server has inferred them, or else as its
 * own Parse says them. The text is the body up to its NUL. NULL: it has no end, and no types. */
const uint8_t *pp_plan_types(const struct pp_plan *plan, size_t *ret_len);

#endif
