/* shim/cgroup/pace.h - how soon memory must be looked at again. Pure.
 *
 * earlyoom's idea: before the headroom can be gone, a quarter of the time it takes. While the work in flight could fill what is
 * left, often: a transaction that is shorter than the interval hides its peak; near the line as often as we can. And while a
 * program grows, what is left is not for it alone: after a pause as many may come at once as fitted before.
 */
#ifndef PP_CGROUP_PACE_H
#define PP_CGROUP_PACE_H

#include "cgroup/plan.h"

/* 25..1000 ms. */
pp_ms pp_pace_next(const struct pp_governor *g, const struct pp_plan *p);

#endif
