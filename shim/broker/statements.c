#include "broker/statements.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

void pp_unnamed_finish(struct pp_unnamed *unnamed)
{
	pp_buf_finish(&unnamed->parse);
	free(unnamed->touch);
	if (unnamed->all)
		*unnamed->all -= unnamed->charged;
	*unnamed = (struct pp_unnamed){0};
}

bool pp_unnamed_begin_long(struct pp_unnamed *unnamed, size_t *all, size_t bytes)
{
	if (bytes > PP_UNNAMED_LONG_MAX || *all + bytes > PP_UNNAMED_ALL_MAX)
		return false;
	*all += bytes;
	unnamed->all = all;
	unnamed->charged = bytes;
	unnamed->coming = (uint32_t)bytes;
	return true;
}

bool pp_unnamed_add_long(struct pp_unnamed *unnamed, const uint8_t *bytes, size_t len)
{
	pp_assert(len <= unnamed->coming);
	unnamed->coming -= (uint32_t)len;
	if (pp_buf_append(&unnamed->parse, bytes, len, PP_UNNAMED_LONG_MAX) == 0)
		return true;
	pp_unnamed_leave_unkept(unnamed);
	return false;
}

void pp_unnamed_leave_unkept(struct pp_unnamed *unnamed)
{
	struct pp_touched *touch = unnamed->touch;
	unnamed->touch = NULL;
	pp_unnamed_finish(unnamed);
	unnamed->touch = touch;
	unnamed->unkept = true;
}

bool pp_unnamed_is_said_again(const struct pp_unnamed *unnamed, const uint8_t *message, size_t len)
{
	return unnamed->plain && pp_buf_len(&unnamed->parse) == len &&
	       memcmp(pp_buf_bytes(&unnamed->parse), message, len) == 0;
}

bool pp_unnamed_keep_touch(struct pp_unnamed *unnamed, const struct pp_touched *touch)
{
	pp_unnamed_forget_touch(unnamed);
	unnamed->touch = malloc(sizeof *touch);
	if (unnamed->touch)
		*unnamed->touch = *touch;
	return unnamed->touch != NULL;
}

void pp_unnamed_forget_touch(struct pp_unnamed *unnamed)
{
	free(unnamed->touch);
	unnamed->touch = NULL;
}

/* As the server sees it: cut. */
static size_t name_len(const char *name)
{
	return strnlen(name, PP_STATEMENT_NAME_MAX - 1);
}

static struct pp_statement *find(struct pp_statement *all, const char *name)
{
	struct pp_statement *st = NULL;
	HASH_FIND(hh, all, name, name_len(name), st);
	return st;
}

struct pp_plan *pp_statements_find(struct pp_statement *all, const char *name)
{
	struct pp_statement *st = all ? find(all, name) : NULL;
	return st ? st->plan : NULL;
}

uint32_t pp_statements_alone(struct pp_statement *all)
{
	struct pp_statement *st, *next;
	uint32_t count = 0;
	HASH_ITER(hh, all, st, next)
	count += st->plan->alone;
	return count;
}

static void forget(struct pp_statement **all, struct pp_statement *st)
{
	HASH_DEL(*all, st);
	pp_plan_drop(st->plan);
	free(st);
}

int pp_statements_set(struct pp_statement **all, const char *name, struct pp_plan *plan)
{
	struct pp_statement *st = find(*all, name);
	if (!plan) {
		if (st)
			forget(all, st);
		return 0;
	}
	if (st) {
		pp_plan_hold(plan);
		pp_plan_drop(st->plan);
		st->plan = plan;
		return 0;
	}
	if (HASH_COUNT(*all) >= PP_STATEMENTS_MAX)
		return PP_ERR_FULL;
	st = calloc(1, sizeof *st);
	if (!st)
		return PP_ERR_NOMEM;
	memcpy(st->name, name, name_len(name));
	HASH_ADD_KEYPTR(hh, *all, st->name, name_len(name), st);
	if (!st->hh.tbl) {
		free(st);
		return PP_ERR_NOMEM;
	}
	st->plan = pp_plan_hold(plan);
	return 0;
}

void pp_statements_clear(struct pp_statement **all)
{
	struct pp_statement *st, *next;
	HASH_ITER(hh, *all, st, next)
	forget(all, st);
}
