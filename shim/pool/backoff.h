/* shim/pool/backoff.h - when a server that did not let us in is tried again. Pure.
 *
 * The first try comes soon, each further one twice as late, up to the limit of what went wrong; and each up to a half
 * earlier than that by chance, so that many pods do not come together. pool.h sees to it that it is one at a time.
 */
#ifndef PP_POOL_BACKOFF_H
#define PP_POOL_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum pp_backoff_cause {
	PP_BACKOFF_DOWN, /* nobody there, or not yet: who waits goes on well within a second of its return */
	PP_BACKOFF_FULL,    /* too many connections, none of them ours to wait for */
	PP_BACKOFF_CROWDED, /* the same, but this pool has some: it makes do with them for a while */
	PP_BACKOFF_REFUSED, /* it does not want this user, database or password */
	PP_BACKOFF__COUNT
};

/* Zeroed: nothing has failed. */
struct pp_backoff {
	uint32_t failures; /* in a row */
	pp_ms until;	   /* not before; 0 at once */
};

/* `chance`: any random number. */
void pp_backoff_failed(struct pp_backoff *backoff, enum pp_backoff_cause cause, pp_ms now,
		       uint32_t chance);
void pp_backoff_over(struct pp_backoff *backoff);

#endif
