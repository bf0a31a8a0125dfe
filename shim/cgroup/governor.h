/* shim/cgroup/governor.h - how many server connections may be open and at work now, and why. Pure: a function of (limits,
 * what was before, sample, load, now).
 *
 * Admit before growth, queue, never kill work to save memory; never below 1 (DESIGN 7). What is lent cannot be taken back
 * and gives little back when it ends, so everything here is about not lending too much. Two loops:
 *  - The slow one judges *generations* of work (learn.h), on a slow machine slowly: how high memory went with so many at
 *    work, and what one of them costs. Below the line, which is the limit less a reserve, half of what fits is added, at
 *    most as many as there were; above it, what is too much is taken off. The reserve is as large as memory has surprised us
 *    of late, and as what is at work may get higher than ever seen by chance (plan.c).
 *  - The fast one looks at the working set as it is, up to 40 times a second, and lets to work no more than fit below the line
 *    now; nobody above the brake, which is nearer. The others wait, and their servers stay open. Growth of the program is
 *    met here, before a generation has passed.
 * Before a generation has ended the first servers come at a price that no work yet measured exceeded (32 MiB), one more each
 * 250 ms while that much is left. Memory that stands still needs neither reserve nor brake, however high it is (a JVM's
 * heap): what it has carried stays allowed, and more is tried while the least of a reserve is left.
 * The kernel's kills halve. Where it sets no limit the node's pressure decides, beside the limit that was given, if any.
 * `scripts/bench pod` measures all this against fixed sizes; tests/unit/cgroup/test_governor_sim.c plays it thousands of
 * times.
 */
#ifndef PP_CGROUP_GOVERNOR_H
#define PP_CGROUP_GOVERNOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "cgroup/sample.h"

struct pp_governor_limits {
	uint32_t max_servers;	    /* PODPOOL_MAX_SERVERS, at least 1 */
	int64_t memory_limit_bytes; /* PODPOOL_MEMORY_LIMIT; 0: not given */
};

struct pp_governor_load {
	uint32_t open; /* server connections open or opening */
	uint32_t lent; /* of them at work */
	uint32_t
		quiet; /* of those lent: only held, for two seconds at least (an open transaction, LISTEN, a lock) */
	uint32_t waiting;  /* clients in line */
	uint64_t returned; /* transactions ended so far: work that was seen whole; grows */
};

struct pp_verdict {
	uint32_t
		cap; /* 1..max_servers: how many may be open; changes seldom, for a login costs the database much */
	uint32_t at_work; /* 1..cap: how many of them may be lent at this moment */
	int64_t limit_bytes, working_set_bytes, cost_bytes; /* what was used; limit 0: none */
	pp_ms next_ms;	  /* look again after this long: 25..1000 */
	bool pressed;	  /* the working set is in the reserve: give up what can be given up */
	bool refuse;	  /* the last resort, at cap 1 after a kill or in a stall: no new clients */
	char reason[120]; /* in words: the binding constraint, e.g. "PODPOOL_MAX_SERVERS" or
			     "memory: 12.0 MiB free of 96.0 MiB, 4.1 MiB per server at work" */
	char limit_from[64]; /* e.g. "memory.high" or "memory.max, 1 level up"; "": no limit */
};

struct pp_governor; /* state between ticks; open, in governor_state.h, so that tests can look */

void pp_governor_init(struct pp_governor *g, const struct pp_governor_limits *limits, pp_ms now);
/* The limits may change on reload. */
void pp_governor_set_limits(struct pp_governor *g, const struct pp_governor_limits *limits);
/* One tick. Allocates nothing. */
void pp_governor_tick(struct pp_governor *g, const struct pp_sample *sample,
		      const struct pp_governor_load *load, pp_ms now,
		      struct pp_verdict *ret_verdict);

#include "cgroup/governor_state.h"

#endif
