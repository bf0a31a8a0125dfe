#include "broker/plans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "broker/database.h"
#include "broker/statements.h"
#include "session/reading.h"
#include "session/rowless.h"
#include "wire/reader.h"

/* As a type: the server infers one, as from 0 (parse_param.c). */
#define PP_TYPE_UNKNOWN 705

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

/* Where Parse's list of types begins; NULL: it has none. */
static const uint8_t *types_of(const struct pp_plan *plan)
{
	const uint8_t *nul = memchr(pp_plan_body(plan), 0, plan->body_len);
	return nul ? nul + 1 : NULL;
}

static size_t types_len(const struct pp_plan *plan)
{
	return (size_t)(plan->key + plan->env_len + plan->body_len - types_of(plan));
}

/* What can be said of it before a server has read it. */
static bool is_surely_rowless(const struct pp_plan *plan)
{
	uint32_t symbols;
	struct pp_reader r;
	const uint8_t *types = types_of(plan);
	if (!types || !pp_rowless_is_sure(pp_plan_body(plan), plan->body_len, &symbols))
		return false;
	pp_reader_init(&r, types, types_len(plan));
	uint16_t count = pp_reader_u16(&r);
	bool sure = symbols <= count && pp_reader_left(&r) == 4 * (size_t)count;
	for (uint16_t i = 0; sure && i < count; i++) {
		uint32_t type = pp_reader_u32(&r);
		sure = type && type != PP_TYPE_UNKNOWN;
	}
	return sure && !r.failed;
}

const uint8_t *pp_plan_description(const struct pp_plan *plan, size_t *ret_len)
{
	if (!plan->rowless)
		return NULL;
	*ret_len = plan->params ? plan->params_len : types_len(plan);
	return plan->params ? plan->params : types_of(plan);
}

void pp_plan_described(struct pp_plan *plan, uint8_t *params, size_t len)
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
	plan->rowless = params != NULL;
	plans->bytes += plan->params_len;
}

static void free_plan(struct pp_plan *plan)
{
	struct pp_plans *plans = &plan->database->plans;
	HASH_DEL(plans->by_key, plan);
	pp_list_remove(&plans->used, &plan->link);
	plans->bytes -= plan->env_len + plan->body_len + plan->params_len;
	free(plan->touch);
	free(plan->params);
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
	plan->rowless = is_surely_rowless(plan);
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
static uint8_t *make_key(struct pp_label label, bool reads, const uint8_t *body, size_t body_len,
			 size_t *ret_env_len)
{
	char env[PP_LABEL_MAX];
	*ret_env_len = 0;
	if (reads && pp_reading_of(label, env, ret_env_len) < 0)
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
	bool reads = pp_reading_matters(body, body_len);
	uint8_t *key = make_key(label, reads, body, body_len, &env_len);
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
	bool reads = pp_reading_matters(body, body_len);
	uint8_t *key = make_key(label, reads, body, body_len, &env_len);
	if (!key)
		return NULL;
	HASH_FIND(hh, db->plans.by_key, key, env_len + body_len, plan);
	*ret_new = plan == NULL;
	if (!plan)
		plan = make(db, key, env_len, body_len);
	free(key);
	if (!plan)
		return NULL;
	plan->reads = reads;
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
