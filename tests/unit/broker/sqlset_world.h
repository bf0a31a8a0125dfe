/* tests/unit/broker/sqlset_world.h - a server on which SQL's PREPARE is said. */
#ifndef PP_TESTS_SQLSET_WORLD_H
#define PP_TESTS_SQLSET_WORLD_H

#include "broker/server.h"
#include "broker_world.h"

static struct pp_server s;

static inline void begin_server(void)
{
	begin_database();
	memset(&s, 0, sizeof s);
	s.database = &db;
	s.conforming = s.readable = true;
}

/* PREPARE name AS SELECT 'name'; counted. */
static inline struct pp_sqlplan *sqlplan(const char *name)
{
	char text[160];
	snprintf(text, sizeof text, "PREPARE %s AS SELECT '%s'", name, name);
	struct pp_sqlplan *plan = pp_sqlplan_take(&s, (struct pp_label){0}, name, text);
	ck_assert_ptr_nonnull(plan);
	return plan;
}

/* The set of these names, counted; it alone holds its statements. */
static inline struct pp_sqlset *sqlset(const char *const *names, uint32_t count)
{
	struct pp_sqlplan *plans[PP_SQLSET_MAX];
	struct pp_sqlset *set;
	for (uint32_t i = 0; i < count; i++)
		plans[i] = sqlplan(names[i]);
	ck_assert_int_eq(pp_sqlset_take(&db, plans, count, &set), 0);
	for (uint32_t i = 0; i < count; i++)
		pp_sqlplan_drop(plans[i]);
	return set;
}

#endif
