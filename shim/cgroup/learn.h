/* shim/cgroup/learn.h - what work costs in memory, learned by watching whole generations of it. Pure.
 *
 * A generation: as many transactions have ended as are at work, so all that is at work began in it; half a second at least.
 * Its highest working set belongs to its highest concurrency: memory rises in the midst of a transaction and falls after
 * it, later, or never. Counting ends instead of seconds makes a slow machine no different from a fast one.
 *
 * expected = base + cost * concurrency. What is seen above it is a *surprise*, and taught at once: to the cost while
 * the concurrency is new, else to the base - the same work as before, so the program has grown or its allocator keeps more.
 * (Charged to the connections, growth of 35 MiB had the cost of one go from 5 to 77 MiB, and the cap never came back.)
 * What turns out lower is forgotten generation by generation, the base first.
 *
 * What has come does not have its memory at once: how much of it is missing on the average says how long that takes.
 */
#ifndef PP_CGROUP_LEARN_H
#define PP_CGROUP_LEARN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define PP_LEARN_GENERATION_MS 500
#define PP_LEARN_PRIOR_COST    (INT64_C(1) << 20) /* libpq 0.25 MiB, pgjdbc 2 MiB (measured) */
#define PP_LEARN_MIN_COST      (INT64_C(64) << 10)
#define PP_LEARN_MAX_BYTES                                                                         \
	(INT64_C(1) << 44) /* times MAX_LENT: arithmetic on nonsense is defined */
#define PP_LEARN_MAX_LENT (1 << 16)

struct pp_learn_generation {
	pp_ms began, took;
	uint64_t returned;   /* when it began */
	double due, missing; /* byte-ms: what is at work may take, and what of that was not there */
	int64_t min_ws_bytes, max_ws_bytes;
	uint32_t max_lent;
	bool queued; /* somebody waited because of the cap */
};

struct pp_learn {
	struct pp_learn_generation now, last, before; /* took 0: there was none yet */
	pp_ms last_at,
		rose_at;  /* the last look; when memory last rose higher than in this generation */
	uint32_t carried; /* the highest concurrency of a generation so far */
	int64_t base_bytes, cost_bytes;
	int64_t lifted_bytes; /* of base, by what may turn out to be chance */
	double missing; /* of what is at work may take: this part, on the average of the last generations */
	int64_t surprise_bytes; /* of the last second or so: how far it may go on before we have acted */
	struct {
		int64_t low_bytes, high_bytes;
		pp_ms since;
	} still;
	bool primed;
};

struct pp_learn_seen {
	int64_t ws_bytes;
	uint32_t lent;	   /* at most MAX_LENT counts */
	bool queued;	   /* somebody waits because of the cap */
	uint64_t returned; /* transactions ended so far */
};

void pp_learn_init(struct pp_learn *l);
/* True: a generation has ended, it is `last` now. Clocks that stand still are fine. */
bool pp_learn_add(struct pp_learn *l, const struct pp_learn_seen *seen, pp_ms now);
/* From now on another memory is looked at, in which the same work is done and so much more is used beside it, or less. */
void pp_learn_move(struct pp_learn *l, int64_t by_bytes);
/* The highest working set of the last two generations and the present one. */
int64_t pp_learn_high(const struct pp_learn *l);
/* How long a transaction takes until its memory is there, in ms, as far as generations have shown; above 0. */
double pp_learn_arrives_ms(const struct pp_learn *l);
/* Memory has stood still for a second and a half: within max(1 MiB, 1 %). */
bool pp_learn_is_still(const struct pp_learn *l);

#endif
