#include "broker/copies.h"

#include <stdlib.h>
#include <string.h>

void pp_copies_init(struct pp_copies *copies)
{
	copies->by_plan = NULL;
	pp_list_init(&copies->used);
}

static struct pp_copy *find(struct pp_copies *copies, const struct pp_plan *plan)
{
	struct pp_copy *copy = NULL;
	HASH_FIND_PTR(copies->by_plan, &plan, copy);
	return copy;
}

static void drop(struct pp_copies *copies, struct pp_copy *copy)
{
	HASH_DEL(copies->by_plan, copy);
	pp_list_remove(&copies->used, &copy->link);
	pp_plan_drop(copy->plan);
	free(copy);
}

void pp_copies_clear(struct pp_copies *copies)
{
	PP_LIST_FOREACH_SAFE (&copies->used, it)
		drop(copies, pp_list_entry(it, struct pp_copy, link));
}

enum pp_copies_answer pp_copies_find(struct pp_copies *copies, const struct pp_plan *plan)
{
	struct pp_copy *copy = find(copies, plan);
	if (!copy)
		return PP_COPIES_ABSENT;
	pp_list_remove(&copies->used, &copy->link);
	pp_list_append(&copies->used, &copy->link);
	if (copy->stand_in)
		return PP_COPIES_STAND_IN;
	return copy->generation == plan->generation && !copy->foreign ? PP_COPIES_FRESH
								      : PP_COPIES_STALE;
}

/* Nearly every name is not like ours. */
struct pp_plan *pp_copies_named(const struct pp_copies *copies, const char *name)
{
	if (!pp_plan_is_name(name))
		return NULL;
	PP_LIST_FOREACH (&copies->used, it) {
		struct pp_plan *plan = pp_list_entry(it, struct pp_copy, link)->plan;
		if (strcmp(plan->name, name) == 0)
			return plan;
	}
	return NULL;
}

static int add(struct pp_copies *copies, struct pp_plan *plan, bool stand_in, bool foreign)
{
	struct pp_copy *copy = find(copies, plan);
	if (copy) {
		copy->generation = plan->generation;
		copy->stand_in = stand_in;
		copy->foreign = foreign;
		return 0;
	}
	copy = calloc(1, sizeof *copy);
	if (!copy)
		return PP_ERR_NOMEM;
	copy->plan = plan;
	HASH_ADD_PTR(copies->by_plan, plan, copy);
	if (!copy->hh.tbl) {
		free(copy);
		return PP_ERR_NOMEM;
	}
	copy->generation = plan->generation;
	copy->stand_in = stand_in;
	copy->foreign = foreign;
	pp_plan_hold(plan);
	pp_list_append(&copies->used, &copy->link);
	return 0;
}

int pp_copies_add(struct pp_copies *copies, struct pp_plan *plan)
{
	return add(copies, plan, false, false);
}

int pp_copies_add_foreign(struct pp_copies *copies, struct pp_plan *plan)
{
	return add(copies, plan, false, true);
}

int pp_copies_add_stand_in(struct pp_copies *copies, struct pp_plan *plan)
{
	return add(copies, plan, true, false);
}

void pp_copies_remove(struct pp_copies *copies, const struct pp_plan *plan)
{
	struct pp_copy *copy = find(copies, plan);
	if (copy)
		drop(copies, copy);
}

struct pp_plan *pp_copies_surplus(const struct pp_copies *copies)
{
	if (copies->used.count < PP_COPIES_MAX)
		return NULL;
	return pp_list_entry(pp_list_first(&copies->used), struct pp_copy, link)->plan;
}

void pp_copies_distrust(struct pp_copies *copies)
{
	PP_LIST_FOREACH (&copies->used, it) {
		struct pp_copy *copy = pp_list_entry(it, struct pp_copy, link);
		copy->generation = copy->plan->generation - 1;
	}
}
