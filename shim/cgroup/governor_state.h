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
	uint32_t
		target; /* the cap, what generations allow; fewer may be at work for a moment, never more */
	uint32_t proven;   /* concurrency carried so far */
	int64_t lent;	   /* at the last look */
	uint64_t returned; /* then */
	double pending;	   /* of it, those who have come so lately that they have not grown yet */
	pp_ms began_at, looked_at;
	pp_ms decreased_at, increased_at;
	pp_ms killed_at; /* last event; -1 never */
	int64_t copied_bytes; /* the limit that was given, if it only repeats the kernel's; 0 it does not */
	int64_t limit_bytes; /* in force; 0 none */
	int level;	     /* whose it is, and whose working set is learned: so many up */
	int64_t apart_bytes; /* so much more is used there than in the own one */
	pp_ms lowered_at;
	pp_ms braked_at;    /* since when nobody new comes; -1: they do */
	pp_ms admitted_at;  /* the last one, while they come back one by one */
	bool gently;	    /* they do */
	int64_t wild_bytes; /* how far memory has surprised us, settling */
	uint64_t kill_events, throttle_events;
	bool started; /* the first sample was seen */
};

#endif
