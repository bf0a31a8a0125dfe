/* shim/cgroup/learn.h - what one server at work costs in memory, learned by watching. Pure.
 *
 * Memory follows work late: it rises in the middle of a transaction and falls after it, or never
 * (allocators keep it). So the highest working set of the last seconds is set against the highest
 * concurrency of the same seconds. What the program grows by itself must not be counted as the
 * price of connections, or the cap never recovers (measured: cost inflated from 5 to 77 MiB): it
 * goes to the base, see learn.c.
 */
#ifndef PP_CGROUP_LEARN_H
#define PP_CGROUP_LEARN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define PP_LEARN_SLOT_MS    125
#define PP_LEARN_SLOTS	    24 /* 3 s: longer than the lag between a result and its release */
#define PP_LEARN_WINDOW_MS  (PP_LEARN_SLOT_MS * PP_LEARN_SLOTS)
#define PP_LEARN_PRIOR_COST (INT64_C(1) << 20) /* libpq 0.25 MiB, pgjdbc 2 MiB (measured) */
#define PP_LEARN_MIN_COST   (INT64_C(64) << 10)
#define PP_LEARN_MAX_COST                                                                          \
	(INT64_C(1) << 44) /* times MAX_LENT: keeps arithmetic on nonsense defined */
#define PP_LEARN_MAX_LENT (1 << 16)

struct pp_learn_range { /* extremes over some slots; empty when min_ws > max_ws */
	int64_t min_ws_bytes, max_ws_bytes;
	uint32_t min_lent, max_lent;
};

struct pp_learn {
	struct {
		int64_t slot; /* now / PP_LEARN_SLOT_MS */
		struct pp_learn_range range;
	} ring[PP_LEARN_SLOTS];
	pp_ms began_at, last_at;
	int64_t last_ws_bytes;
	int64_t slope;	/* bytes per second, smoothed over 250 ms; negative when falling */
	int64_t growth; /* bytes per second, of the program rather than of its work; see learn.c */
	int64_t base_bytes, cost_bytes;
	int64_t lifted_bytes; /* of base, by growth that may turn out to be chance */
	int64_t surprise; /* bytes the working set rose of late above what was known for such work */
	bool primed;
};

void pp_learn_init(struct pp_learn *l);
/* Clocks that stand still are fine. */
void pp_learn_add(struct pp_learn *l, int64_t ws_bytes, uint32_t lent, bool judged, pp_ms now);
/* The extremes of the last `ms`, at most the window; a slot that began earlier counts whole. */
void pp_learn_recent(const struct pp_learn *l, pp_ms ms, struct pp_learn_range *ret_range);
/* The working set kept within max(1 MiB, 1 % of limit) for the last 2 s at least. */
bool pp_learn_is_flat(const struct pp_learn *l, int64_t limit_bytes);

#endif
