/* shim/cgroup/gate.h - the governor's fast law (governor.h): how many may be at work at this look. Pure.
 *
 * What is lent cannot be taken back, but what ends need not be lent again: none until half of what this generation had at
 * work has ended, where there is no room at all, else as many as fit, those counted who have come but not grown yet.
 */
#ifndef PP_CGROUP_GATE_H
#define PP_CGROUP_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "cgroup/plan.h"

/* `tries`: one more than are at work is to be tried, whatever memory looks like. INT64_MAX: all. */
int64_t pp_gate(struct pp_governor *g, const struct pp_plan *p, bool tries);

#endif
