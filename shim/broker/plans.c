#include "broker/plans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "broker/database.h"

/* What parse analysis depends on besides the catalog (names are looked up again when search_path or role change:
 * plancache, docs 55.2.3): how literals become values, and what bytes mean. */
static const char *const reading[] = {
	"array_nulls",	 "backslash_quote",	  "client_encoding", "datestyle",
	"intervalstyle", "lc_monetary",		  "lc_time",	     "standard_conforming_strings",
	"timezone",	 "transform_null_equals", "xmloption"};
#define READING (sizeof reading / sizeof *reading)

void pp_plans_init(struct pp_plans *plans)
{
	memset(plans, 0, sizeof *plans);
	pp_list_init(&plans->used);
}

bool pp_plans_same_reading(struct pp_label a, struct pp_label b)
{
	for (size_t i = 0; i < READING; i++) {
		const char *x = pp_label_get(a, reading[i]), *y = pp_label_get(b, reading[i]);
		if (x != y && (!x || !y || strcmp(x, y) != 0))
			return false;
	}
	return true;
}

static int environment(struct pp_label label, char bytes[PP_LABEL_MAX], size_t *ret_len)
{
	char other[PP_LABEL_MAX];
	struct pp_label env = {bytes, 0};
	for (size_t i = 0; label.len && i < READING; i++) {
		const char *value = pp_label_get(label, reading[i]);
		size_t len;
		if (!value)
			continue;
		memcpy(other, bytes, env.len);
		if (pp_label_with((struct pp_label){other, env.len}, reading[i], value, bytes,
				  &len) < 0)
			return PP_ERR_FULL;
		env.len = len;
	}
	*ret_len = env.len;
	return 0;
}

static void free_plan(struct pp_plan *plan)
{
	struct pp_plans *plans = &plan->database->plans;
	HASH_DEL(plans->by_key, plan);
	pp_list_remove(&plans->used, &plan->link);
	plans->bytes -= plan->env_len + plan->body_len;
	free(plan->touch);
	free(plan);
}

/* The registry itself holds no count: a plan without users stays until its place is needed. */
static bool make_room(struct pp_plans *plans, size_t bytes)
{
	PP_LIST_FOREACH_SAFE (&plans->used, it) {
		if (plans->used.count < PP_PLANS_MAX && plans->bytes + bytes <= PP_PLANS_BYTES_MAX)
			return true;
		struct pp_plan *plan = pp_list_entry(it, struct pp_plan, link);
		if (plan->users == 0)
			free_plan(plan);
	}
	return plans->used.count < PP_PLANS_MAX && plans->bytes + bytes <= PP_PLANS_BYTES_MAX;
}

static struct pp_plan *make(struct pp_database *db, const uint8_t *key, size_t env_len,
			    size_t body_len)
{
	struct pp_plans *plans = &db->plans;
	size_t len = env_len + body_len;
	struct pp_plan *plan = make_room(plans, len) ? malloc(sizeof *plan + len) : NULL;
	if (!plan)
		return NULL;
	memset(plan, 0, sizeof *plan);
	memcpy(plan->key, key, len);
	plan->database = db;
	plan->env_len = env_len;
	plan->body_len = body_len;
	HASH_ADD_KEYPTR(hh, plans->by_key, plan->key, len, plan);
	if (!plan->hh.tbl) {
		free(plan);
		return NULL;
	}
	snprintf(plan->name, sizeof plan->name, "podpool%u", ++plans->last_id);
	pp_list_append(&plans->used, &plan->link);
	plans->bytes += len;
	return plan;
}

/* What it is looked up by: owned by the caller, NULL when it cannot be made. */
static uint8_t *make_key(struct pp_label label, const uint8_t *body, size_t body_len,
			 size_t *ret_env_len)
{
	char env[PP_LABEL_MAX];
	if (environment(label, env, ret_env_len) < 0)
		return NULL;
	uint8_t *key = malloc(*ret_env_len + body_len);
	if (key) {
		memcpy(key, env, *ret_env_len);
		memcpy(key + *ret_env_len, body, body_len);
	}
	return key;
}

struct pp_plan *pp_plans_find(struct pp_database *db, struct pp_label label, const uint8_t *body,
			      size_t body_len)
{
	size_t env_len;
	struct pp_plan *plan = NULL;
	uint8_t *key = make_key(label, body, body_len, &env_len);
	if (key)
		HASH_FIND(hh, db->plans.by_key, key, env_len + body_len, plan);
	free(key);
	return plan;
}

struct pp_plan *pp_plans_take(struct pp_database *db, struct pp_label label, const uint8_t *body,
			      size_t body_len, bool *ret_new)
{
	size_t env_len;
	struct pp_plan *plan = NULL;
	uint8_t *key = make_key(label, body, body_len, &env_len);
	if (!key)
		return NULL;
	HASH_FIND(hh, db->plans.by_key, key, env_len + body_len, plan);
	*ret_new = plan == NULL;
	if (!plan)
		plan = make(db, key, env_len, body_len);
	free(key);
	if (!plan)
		return NULL;
	pp_list_remove(&db->plans.used, &plan->link);
	pp_list_append(&db->plans.used, &plan->link);
	return pp_plan_hold(plan);
}

struct pp_plan *pp_plan_hold(struct pp_plan *plan)
{
	if (plan)
		plan->users++;
	return plan;
}

void pp_plan_drop(struct pp_plan *plan)
{
	if (plan) {
		pp_assert(plan->users > 0);
		plan->users--;
	}
}

void pp_plans_finish(struct pp_plans *plans)
{
	PP_LIST_FOREACH_SAFE (&plans->used, it)
		free_plan(pp_list_entry(it, struct pp_plan, link));
}
