/* shim/cgroup/governor.h - how many server connections may be open now, and why. Pure: time is an
 * argument.
 *
 * Admit before growth, queue, never kill work to save memory; never below 1 (DESIGN 7).
 */
#ifndef PP_CGROUP_GOVERNOR_H
#define PP_CGROUP_GOVERNOR_H

#include <stdint.h>

#include "base/clock.h"
#include "cgroup/sample.h"

struct pp_governor_limits {
	uint32_t max_servers;	    /* PODPOOL_MAX_SERVERS, at least 1 */
	int64_t memory_limit_bytes; /* PODPOOL_MEMORY_LIMIT; 0: not given */
};

struct pp_governor_load {
	uint32_t open;	  /* server connections open or opening */
	uint32_t lent;	  /* of them at work */
	uint32_t waiting; /* clients in line */
};

struct pp_verdict {
	uint32_t cap;					    /* 1..max_servers */
	int64_t limit_bytes, working_set_bytes, cost_bytes; /* what was used; limit 0: none */
	pp_ms next_ms;	  /* look again after this long: 50..1000 */
	char reason[120]; /* in words: the binding constraint, e.g. "PODPOOL_MAX_SERVERS" or
			     "memory: 12.0 MiB free of 96.0 MiB, 4.1 MiB per server at work" */
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
