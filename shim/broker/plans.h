/* shim/broker/plans.h - prepared statements as the broker knows them: texts, shared by all clients of a database.
 *
 * A plan is what Parse says but for the name: text and parameter types, and the settings that decide how the text is
 * read, where that matters (session/reading.h). Clients name plans (statements.h), servers have
 * copies of them (copies.h) under the broker's own name. Plans nobody names are kept for the next client that
 * connects and prepares the same again, up to a cap.
 */
#ifndef PP_BROKER_PLANS_H
#define PP_BROKER_PLANS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/hash.h"
#include "base/list.h"
#include "broker/touch.h"
#include "session/label.h"

struct pp_database;

/* Texts kept per database; beyond, the ones unused for longest go, and then a client keeps its server instead. */
#define PP_PLANS_MAX	   2000
#define PP_PLANS_BYTES_MAX (16 * 1024 * 1024)
/* "podpool" and a number, with its NUL. */
#define PP_PLAN_NAME_MAX 24

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
	uint32_t watch;		  /* hidden.generation that is true for */
	bool proven;		  /* a server has prepared it */
	bool reads;		  /* how its text is read depends on settings (session/reading.h) */
	bool rowless;		  /* it is known to return no rows, and what parameters it has */
	uint8_t *params; /* owned: as ParameterDescription had them; NULL: as its Parse says */
	size_t params_len;
	size_t env_len, body_len;
	uint8_t key[]; /* environment, then the body of Parse behind the name */
};

struct pp_plans {
	struct pp_plan *by_key; /* uthash */
	struct pp_list used;	/* link: plan.link */
	size_t bytes;
	uint32_t last_id;
};

void pp_plans_init(struct pp_plans *plans);
void pp_plans_finish(struct pp_plans *plans);

/* Finds or makes it, counted; *ret_new: its `touch` is still to be set. NULL: no room or no memory. */
struct pp_plan *pp_plans_take(struct pp_database *db, struct pp_label label, const uint8_t *body,
			      size_t body_len, bool *ret_new);
/* Only finds, not counted. */
struct pp_plan *pp_plans_find(struct pp_database *db, struct pp_label label, const uint8_t *body,
			      size_t body_len);
struct pp_plan *pp_plan_hold(struct pp_plan *plan); /* NULL is fine */
void pp_plan_drop(struct pp_plan *plan);

static inline const uint8_t *pp_plan_body(const struct pp_plan *plan)
{
	return plan->key + plan->env_len;
}

/* What Describe says of it, if it returns no rows: its ParameterDescription, which is also how a Parse says types. NULL: it
 * may return some, or nobody has said yet what parameters it has. */
const uint8_t *pp_plan_description(const struct pp_plan *plan, size_t *ret_len);
/* A server has said so: `params` moves here, NULL: it returns rows. */
void pp_plan_described(struct pp_plan *plan, uint8_t *params, size_t len);

/* Would one of these statements be another one, if it were prepared after the settings have changed so? */
struct pp_statement;
bool pp_plans_may_change(struct pp_statement *statements, struct pp_label before,
			 struct pp_label after);

#endif
