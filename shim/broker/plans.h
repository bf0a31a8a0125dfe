/* shim/broker/plans.h - prepared statements as the broker knows them: texts, shared by all clients of a database.
 *
 * Clients name plans (statements.h), servers have copies of them (copies.h) under the broker's own name. Plans nobody
 * names are kept for the next client that connects and prepares the same again, up to a cap; those that nobody else would
 * find are the first to go.
 */
#ifndef PP_BROKER_PLANS_H
#define PP_BROKER_PLANS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/list.h"
#include "broker/labels.h"
#include "broker/plan.h"

struct pp_database;

/* Texts kept per database, and what they all take; beyond, the ones unused for longest go, and then a client keeps its
 * server instead. A tenant in a schema of its own has plans of its own: 50 of them with 200 long texts find room. */
#define PP_PLANS_MAX	   20000
#define PP_PLANS_BYTES_MAX (32 * 1024 * 1024)

struct pp_plans {
	struct pp_plan *by_key; /* uthash */
	struct pp_list used;	/* link: plan.link */
	size_t bytes;
	uint32_t last_id, last_local;
	pp_ms defined_at; /* DDL was last seen, or its transaction ended */
	uint8_t *change;  /* owned: what a server said of a changed plan (ErrorResponse's body) */
	size_t change_len;
};

/* Whose Parse it is, as far as that makes it another one. */
struct pp_plans_env {
	struct pp_labels_entry *label;
	uint32_t epoch; /* of the defaults it has */
	bool local;	/* since then its transaction may have changed what names mean */
	bool alone;	/* it may see tables that nobody else does */
};

void pp_plans_init(struct pp_plans *plans);
void pp_plans_finish(struct pp_plans *plans);

/* Finds or makes it, counted; *ret_new: its `touch` and `watch` are still to be set. NULL: no room or no memory. */
struct pp_plan *pp_plans_take(struct pp_database *db, struct pp_plans_env env, const uint8_t *body,
			      size_t body_len, bool *ret_new);
/* Only finds, not counted. */
struct pp_plan *pp_plans_find(struct pp_database *db, struct pp_plans_env env, const uint8_t *body,
			      size_t body_len);
/* Nobody who prepares the same text from now on gets this plan. */
void pp_plan_retire(struct pp_plan *plan);
/* A server has said, in these words, that its result is another one: nobody who prepares the same text from now on gets
 * this plan. */
void pp_plan_change(struct pp_plan *plan, const uint8_t *words, size_t len);
/* The plan that is made of its text now, counted; NULL: no room or no memory. */
struct pp_plan *pp_plans_renew(struct pp_plan *plan, struct pp_plans_env env);
/* The same of an `env` that nobody else has: who has it was told of it what was told of that plan. */
struct pp_plan *pp_plans_copy(struct pp_plan *plan, struct pp_plans_env env);
struct pp_plan *pp_plan_hold(struct pp_plan *plan); /* NULL is fine */
void pp_plan_drop(struct pp_plan *plan);

/* A server has described it: `params` moves here, NULL: they are not known. */
void pp_plan_described(struct pp_plan *plan, uint8_t *params, size_t len, bool rowless);

/* Would one of these statements be another one, if it were prepared after the settings have changed so? */
struct pp_statement;
bool pp_plans_may_change(struct pp_statement *statements, struct pp_label before,
			 struct pp_label after);

#endif
