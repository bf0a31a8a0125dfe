/* shim/base/clock.h - the only place that asks the clock; everybody else is told the time. */
#ifndef PP_BASE_CLOCK_H
#define PP_BASE_CLOCK_H

#include <stdint.h>

typedef int64_t pp_ms; /* CLOCK_MONOTONIC milliseconds, or a duration */

/* Immune to clock jumps; exact to a tick of the kernel (1 to 10 ms), as asked for at every event. Never fails. */
pp_ms pp_clock_now_ms(void);

#endif
