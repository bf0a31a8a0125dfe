#include "broker/plans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "broker/database.h"
#include "broker/statements.h"
#include "session/reading.h"

/* What it takes besides its key and its parameters. */
#define PP_PLAN_BYTES (sizeof(struct pp_plan) + sizeof(struct pp_touched))

struct head {
	struct pp_labels_entry *names;
	uint32_t epoch, local; /* local: a number of its own */
};

void pp_plans_init(struct pp_plans *plans)
{
	memset(plans, 0, sizeof *plans);
	pp_list_init(&plans->used);
}

bool pp_plans_may_change(struct pp_statement *statements, struct pp_label before,
			 struct pp_label after)
{
	struct pp_statement *st, *next;
	if (!statements || pp_reading_is_same(before, after))
		return false;
	HASH_ITER(hh, statements, st, next)
	if (st->plan->reads)
		return true;
	return false;
}

void pp_plan_described(struct pp_plan *plan, uint8_t *params, size_t len, bool rowless)
{
	struct pp_plans *plans = &plan->database->plans;
	plans->bytes -= plan->params_len;
	free(plan->params);
	if (plans->bytes + len > PP_PLANS_BYTES_MAX) {
		free(params);
		params = NULL;
	}
	plan->params = params;
	plan->params_len = params ? len : 0;
	plan->rowless = params && rowless;
	plans->bytes += plan->params_len;
}

static void free_plan(struct pp_plan *plan)
{
	struct pp_plans *plans = &plan->database->plans;
	if (plan->hh.tbl)
		HASH_DEL(plans->by_key, plan);
	pp_list_remove(&plans->used, &plan->link);
	plans->bytes -= PP_PLAN_BYTES + plan->env_len + plan->body_len + plan->params_len;
	pp_labels_drop(&plan->names);
	free(plan->touch);
	free(plan->params);
	free(plan);
}

/* The registry itself holds no count: a plan without users stays until its place is needed. */
static bool make_room(struct pp_plans *plans, size_t bytes)
{
	for (size_t left = plans->used.count; left; left--) {
		if (plans->used.count < PP_PLANS_MAX && plans->bytes + bytes <= PP_PLANS_BYTES_MAX)
			return true;
		struct pp_plan *plan =
			pp_list_entry(pp_list_first(&plans->used), struct pp_plan, link);
		if (plan->users == 0) {
			free_plan(plan);
		} else { /* not to be looked at again at once */
			pp_list_remove(&plans->used, &plan->link);
			pp_list_append(&plans->used, &plan->link);
		}
	}
	return plans->used.count < PP_PLANS_MAX && plans->bytes + bytes <= PP_PLANS_BYTES_MAX;
}

static struct pp_plan *make(struct pp_database *db, struct pp_plans_env env, const uint8_t *key,
			    size_t env_len, size_t body_len)
{
	struct pp_plans *plans = &db->plans;
	size_t len = env_len + body_len, bytes = PP_PLAN_BYTES + len;
	struct pp_plan *plan = make_room(plans, bytes) ? malloc(sizeof *plan + len) : NULL;
	if (!plan)
		return NULL;
	memset(plan, 0, sizeof *plan);
	memcpy(plan->key, key, len);
	plan->database = db;
	plan->env_len = env_len;
	plan->body_len = body_len;
	plan->local = env.local;
	plan->alone = env.alone;
	plan->asked_at = db->broker->now; /* whatever a server infers, it does so from now on */
	pp_plan_foresee(plan);
	HASH_ADD_KEYPTR(hh, plans->by_key, plan->key, len, plan);
	if (!plan->hh.tbl) {
		free(plan);
		return NULL;
	}
	snprintf(plan->name, sizeof plan->name, "podpool%u", ++plans->last_id);
	pp_labels_hold(&plan->names, pp_labels_names(env.label));
	pp_list_append(&plans->used, &plan->link);
	plans->bytes += bytes;
	return plan;
}

/* What it is looked up by: owned by the caller, NULL when it cannot be made. */
static uint8_t *make_key(struct pp_database *db, struct pp_plans_env env, bool reads,
			 const uint8_t *body, size_t body_len, size_t *ret_env_len)
{
	char reading[PP_LABEL_MAX];
	struct head head = {pp_labels_names(env.label), env.epoch, 0};
	size_t len = 0;
	if (reads && pp_reading_of(pp_labels_view(env.label), reading, &len) < 0)
		return NULL;
	if (env.local || env.alone)
		head.local = ++db->plans.last_local;
	uint8_t *key = malloc(sizeof head + len + body_len);
	if (key) {
		memcpy(key, &head, sizeof head);
		memcpy(key + sizeof head, reading, len);
		memcpy(key + sizeof head + len, body, body_len);
	}
	*ret_env_len = sizeof head + len;
	return key;
}

struct pp_plan *pp_plans_find(struct pp_database *db, struct pp_plans_env env, const uint8_t *body,
			      size_t body_len)
{
	size_t env_len;
	struct pp_plan *plan = NULL;
	bool reads = pp_reading_matters(body, body_len);
	uint8_t *key = make_key(db, env, reads, body, body_len, &env_len);
	if (key)
		HASH_FIND(hh, db->plans.by_key, key, env_len + body_len, plan);
	free(key);
	return plan;
}

struct pp_plan *pp_plans_take(struct pp_database *db, struct pp_plans_env env, const uint8_t *body,
			      size_t body_len, bool *ret_new)
{
	size_t env_len;
	struct pp_plan *plan = NULL;
	bool reads = pp_reading_matters(body, body_len);
	uint8_t *key = make_key(db, env, reads, body, body_len, &env_len);
	if (!key)
		return NULL;
	HASH_FIND(hh, db->plans.by_key, key, env_len + body_len, plan);
	*ret_new = plan == NULL;
	if (!plan)
		plan = make(db, env, key, env_len, body_len);
	free(key);
	if (!plan)
		return NULL;
	plan->reads = reads;
	pp_list_remove(&db->plans.used, &plan->link);
	pp_list_append(&db->plans.used, &plan->link);
	return pp_plan_hold(plan);
}

static void keep_words(struct pp_plans *plans, const uint8_t *words, size_t len)
{
	uint8_t *copy = plans->change ? NULL : malloc(len);
	if (!copy)
		return;
	memcpy(copy, words, len);
	plans->change = copy;
	plans->change_len = len;
}

void pp_plan_change(struct pp_plan *plan, const uint8_t *words, size_t len)
{
	keep_words(&plan->database->plans, words, len);
	if (!plan->changed)
		pp_plan_retire(plan);
	plan->changed = true;
}

void pp_plan_retire(struct pp_plan *plan)
{
	struct pp_plans *plans = &plan->database->plans;
	uint32_t local = ++plans->last_local;
	if (!plan->hh.tbl)
		return;
	HASH_DEL(plans->by_key, plan);
	memcpy(plan->key + offsetof(struct head, local), &local, sizeof local);
	HASH_ADD_KEYPTR(hh, plans->by_key, plan->key, plan->env_len + plan->body_len, plan);
}

/* What executing it does, as it was read. False: no memory. */
static bool inherit_touch(struct pp_plan *now, const struct pp_plan *plan)
{
	now->watch = plan->watch;
	now->touch = plan->touch ? malloc(sizeof *now->touch) : NULL;
	if (now->touch)
		*now->touch = *plan->touch;
	else if (plan->touch)
		now->watch--; /* whoever finds it next reads it again */
	return now->touch || !plan->touch;
}

struct pp_plan *pp_plans_renew(struct pp_plan *plan, struct pp_plans_env env)
{
	bool is_new;
	pp_plan_hold(plan); /* perhaps nobody names it: it is not what makes room for the new one */
	struct pp_plan *now =
		pp_plans_take(plan->database, env, pp_plan_body(plan), plan->body_len, &is_new);
	pp_plan_drop(plan);
	if (!now || !is_new || inherit_touch(now, plan))
		return now;
	pp_plan_drop(now);
	return NULL;
}

struct pp_plan *pp_plans_copy(struct pp_plan *plan, struct pp_plans_env env)
{
	struct pp_plan *copy = pp_plans_renew(plan, env);
	uint8_t *params = copy && plan->params ? malloc(plan->params_len) : NULL;
	if (params) {
		memcpy(params, plan->params, plan->params_len);
		pp_plan_described(copy, params, plan->params_len, plan->rowless);
		copy->asked_at = plan->asked_at;
	}
	if (copy && (params || !plan->params)) {
		copy->shape = plan->shape;
		return copy;
	}
	pp_plan_drop(copy);
	return NULL;
}

struct pp_plan *pp_plan_hold(struct pp_plan *plan)
{
	if (plan)
		plan->users++;
	return plan;
}

void pp_plan_drop(struct pp_plan *plan)
{
	if (!plan)
		return;
	pp_assert(plan->users > 0);
	if (--plan->users || !(plan->alone || plan->local))
		return;
	struct pp_list *used = &plan->database->plans.used;
	pp_list_remove(used, &plan->link); /* nobody finds it again: the first to make room */
	pp_list_prepend(used, &plan->link);
}

void pp_plans_finish(struct pp_plans *plans)
{
	PP_LIST_FOREACH_SAFE (&plans->used, it)
		free_plan(pp_list_entry(it, struct pp_plan, link));
	free(plans->change);
	plans->change = NULL;
}
