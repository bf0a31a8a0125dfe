/* shim/broker/refusal.h - connections turned away: counted, and told without letting anybody fill the log. */
#ifndef PP_BROKER_REFUSAL_H
#define PP_BROKER_REFUSAL_H

#include <stdint.h>

#include "base/clock.h"

struct pp_route;

/* In the broker; zeroed at the start. */
struct pp_refusals {
	uint64_t total;
	uint32_t untold; /* since the log last said so */
	pp_ms told_at;
};

/* A connection to this route is closed instead of served. The first one is logged at once, then one line in a while
 * says why the latest was and how many there were. */
void pp_refusal_note(const struct pp_route *route, const char *why);

#endif
