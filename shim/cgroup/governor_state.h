/* shim/cgroup/governor_state.h - what the governor remembers between ticks; read it in tests, write
 * it only in governor.c. Plain data, no pointers. */
#ifndef PP_CGROUP_GOVERNOR_STATE_H
#define PP_CGROUP_GOVERNOR_STATE_H

#include "cgroup/governor.h"
#include "cgroup/learn.h"

struct pp_governor_stall { /* share of time some task waited for memory, over at least 2 s */
	uint64_t total_us;
	pp_ms at;
	int permille;
	pp_ms high_at; /* last time it was high; -1 never */
};

struct pp_governor {
	struct pp_governor_limits limits;
	struct pp_learn learn;
	struct pp_governor_stall own, node;
	uint32_t cap;
	uint32_t proven; /* concurrency survived without an event; lowered by every decrease */
	pp_ms proven_at;
	pp_ms decreased_at, increased_at;
	pp_ms killed_at;     /* last event; -1 never */
	int64_t limit_bytes; /* in force; 0 none */
	pp_ms lowered_at;
	uint64_t returned, returned_before; /* transactions ended; at the last judgement */
	uint64_t kill_events, throttle_events;
	bool started; /* the first sample was seen */
};

#endif
