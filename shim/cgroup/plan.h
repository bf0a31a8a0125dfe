/* shim/cgroup/plan.h - what one tick knows: the sample seen against what was learned. Internal to the room; governor.c
 * decides. Pure.
 */
#ifndef PP_CGROUP_PLAN_H
#define PP_CGROUP_PLAN_H

#include "cgroup/governor.h"

/* A program that has not shown its cost yet starts with what fits at this price. A result of 2 MB
 * held by pgjdbc costs 5 MiB, a report of a Python program 12 to 16 MiB (measured; at 16 MiB the demo's program was
 * killed in its first second in 2 of 8 runs, at 32 MiB in none of 10), and nothing lent can be taken back.
 * 20 servers still start at once from about 700 MiB free; below, the cap grows by one each 250 ms while clients wait. */
#define PP_PLAN_START_COST (INT64_C(32) << 20)

#define PP_PLAN_MAX_BYTES (INT64_C(1) << 44) /* keeps arithmetic on nonsense defined */

/* Everything one decision looks at, so that its steps are plain comparisons. */
struct pp_plan {
	const struct pp_governor_load *load;
	pp_ms now;
	int64_t limit, ws, cost; /* limit 0: none */
	const char *limit_file;	 /* who says so */
	int limit_above;	 /* so many levels up; `ws` is of that level, too */
	bool is_boundless; /* the kernel sets none; one that is given may be no more than a guess (the whole node, where
			      limits.memory is not set): the node's memory counts as well */
	int64_t reserve; /* of the limit, left free */
	int64_t line;	 /* limit - reserve: where the working set should end */
	int64_t brake;	 /* and where nobody new comes until some have gone */
	bool generation; /* one has ended at this tick: the time to judge */
	bool still;	 /* memory stands still */
	bool growing;	 /* the reserve is that large because of a surprise */
	bool killed, stalled, node_tight;
};

/* Takes the sample in: g's counters and what it has learned, and the plan. `load` must outlive it. */
struct pp_plan pp_plan_look(struct pp_governor *g, const struct pp_sample *sample,
			    const struct pp_governor_load *load, pp_ms now);

/* How many servers at this cost; floor, also for negative room. */
int64_t pp_plan_fits(int64_t room, int64_t cost);

static inline int64_t pp_plan_clamp(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

#endif
