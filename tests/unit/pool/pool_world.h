/* tests/unit/pool/pool_world.h - two pools under one cap, and connections for them. */
#ifndef PP_TESTS_POOL_WORLD_H
#define PP_TESTS_POOL_WORLD_H

#include "pool/pool.h"
#include "pp_test.h"

static struct pp_pools pools;
static struct pp_pool a, b;
static struct pp_conn conns[16];

static inline void setup_cap(uint32_t cap)
{
	pp_pools_init(&pools, cap);
	pp_pool_init(&a, &pools, 0);
	pp_pool_init(&b, &pools, 0);
}

static inline struct pp_conn *open_idle(struct pp_pool *pool, int i, pp_ms now)
{
	pp_conn_init(&conns[i], pool, now);
	pp_conn_set_state(&conns[i], PP_CONN_IDLE, now);
	return &conns[i];
}

#endif
