/* tests/unit/broker/broker_world.h - a database whose clients prepare. */
#ifndef PP_TESTS_BROKER_WORLD_H
#define PP_TESTS_BROKER_WORLD_H

#include <stdio.h>

#include "broker/broker.h"
#include "broker/database.h"
#include "broker/hidden.h"
#include "pp_test.h"

static struct pp_broker broker;
static struct pp_database db;
static struct pp_hidden hidden; /* nothing is watched for */

static inline void begin_database(void)
{
	memset(&db, 0, sizeof db);
	memset(&hidden, 0, sizeof hidden);
	memset(&broker, 0, sizeof broker);
	db.broker = &broker;
	db.hidden = &hidden;
	pp_plans_init(&db.plans);
}

/* SELECT number; one user more. */
static inline struct pp_plan *plan(int number)
{
	char body[40];
	bool is_new;
	int len = snprintf(body, sizeof body, "SELECT %d%c%c%c", number, 0, 0, 0);
	struct pp_plan *plan = pp_plans_take(&db, (struct pp_plans_env){0}, (const uint8_t *)body,
					     (size_t)len, &is_new);
	ck_assert_ptr_nonnull(plan);
	return plan;
}

#endif
