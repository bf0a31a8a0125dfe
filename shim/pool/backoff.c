#include "pool/backoff.h"

static const struct {
	pp_ms first, limit;
} waits[PP_BACKOFF__COUNT] = {
	[PP_BACKOFF_DOWN] = {50, 500},
	[PP_BACKOFF_FULL] = {100, 2000},
	[PP_BACKOFF_CROWDED] = {1000, 5000},
	[PP_BACKOFF_REFUSED] = {1000, 1000},
};

void pp_backoff_failed(struct pp_backoff *backoff, enum pp_backoff_cause cause, pp_ms now,
		       uint32_t chance)
{
	pp_ms wait = waits[cause].first;
	for (uint32_t i = 0; i < backoff->failures && wait < waits[cause].limit; i++)
		wait *= 2;
	if (wait > waits[cause].limit)
		wait = waits[cause].limit;
	backoff->failures++;
	backoff->until = now + wait - (pp_ms)(chance % (uint32_t)(wait / 2 + 1));
}

void pp_backoff_over(struct pp_backoff *backoff)
{
	*backoff = (struct pp_backoff){0};
}
