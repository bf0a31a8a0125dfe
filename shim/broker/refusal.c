#include "broker/refusal.h"

#include "base/log.h"
#include "broker/broker.h"
#include "broker/route.h"

/* Who connects in a loop writes six lines a minute into the log, not six million. */
#define PP_REFUSAL_EVERY_MS (10 * 1000)

void pp_refusal_note(const struct pp_route *route, const char *why)
{
	struct pp_broker *b = route->broker;
	struct pp_refusals *r = &b->refusals;
	r->total++;
	r->untold++;
	if (r->total > 1 && b->now - r->told_at < PP_REFUSAL_EVERY_MS)
		return;
	pp_log(PP_LOG_WARNING, "connection to %s:%s refused: %s (%u since this was last said)",
	       route->address, route->port, why, r->untold);
	r->untold = 0;
	r->told_at = b->now;
}
