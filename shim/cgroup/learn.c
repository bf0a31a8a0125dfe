#include "cgroup/learn.h"

#include <string.h>

#define SURPRISE_FADES_MS 1000
#define FORGETS_BY	  16
#define SETTLES_BY	  4
#define MISSING_LEAST	  0.05
/* Most of a result is there after 50 to 300 in the logs of real runs. */
#define ARRIVES_UNSEEN_MS 200
#define STILL_MS	  1500
#define STILL_MIN_BYTES	  (INT64_C(1) << 20)

void pp_learn_init(struct pp_learn *l)
{
	memset(l, 0, sizeof *l);
	l->cost_bytes = PP_LEARN_PRIOR_COST;
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static bool is_still(int64_t low, int64_t high)
{
	return high - low <= larger(high / 100, STILL_MIN_BYTES);
}

static int64_t expected(const struct pp_learn *l, uint32_t lent)
{
	return l->base_bytes + l->cost_bytes * lent;
}

static void begin(struct pp_learn *l, const struct pp_learn_seen *seen, pp_ms now)
{
	l->now = (struct pp_learn_generation){
		.began = now,
		.returned = seen->returned,
		.min_ws_bytes = seen->ws_bytes,
		.max_ws_bytes = seen->ws_bytes,
		.max_lent = seen->lent,
	};
}

int64_t pp_learn_high(const struct pp_learn *l)
{
	int64_t high = l->now.max_ws_bytes;
	if (l->last.took)
		high = larger(high, l->last.max_ws_bytes);
	return l->before.took ? larger(high, l->before.max_ws_bytes) : high;
}

/* More work than the last generation had, by a quarter at least: with less, the growth of the program during a small
 * increase would be taken for what one server costs. */
static bool is_new(const struct pp_learn *l)
{
	return !l->last.took || l->now.max_lent > l->last.max_lent + l->last.max_lent / 4;
}

static void teach(struct pp_learn *l, int64_t above)
{
	if (is_new(l)) {
		l->cost_bytes += above / l->now.max_lent;
	} else {
		l->base_bytes += above;
		l->lifted_bytes += above;
	}
	if (l->cost_bytes > PP_LEARN_MAX_BYTES)
		l->cost_bytes = PP_LEARN_MAX_BYTES;
}

static void look(struct pp_learn *l, int64_t ws_bytes, int64_t high)
{
	int64_t above = ws_bytes - expected(l, l->now.max_lent);
	int64_t news = ws_bytes - larger(expected(l, l->now.max_lent), high);
	if (ws_bytes < l->base_bytes || l->now.max_lent == 0) {
		l->base_bytes = ws_bytes;
		l->lifted_bytes = 0;
	} else if (above > 0) {
		teach(l, above);
	}
	if (news > 0)
		l->surprise_bytes += news;
}

/* Half more work than ever, and memory stands still: a full heap. What the program took while it was starting had been
 * charged to its first work. (Less work than that may only use what an allocator has kept: 17 where 16 had been cost nothing,
 * 25 then were too many.) */
static void see_free(struct pp_learn *l)
{
	int64_t more = (int64_t)l->last.max_lent - l->carried;
	int64_t rise = l->last.max_ws_bytes - l->before.max_ws_bytes;
	bool free = more > 0 && 2 * more >= l->carried && l->before.took &&
		    is_still(l->last.min_ws_bytes, l->last.max_ws_bytes) &&
		    rise < more * l->cost_bytes / 8;
	if (l->last.max_lent > l->carried)
		l->carried = l->last.max_lent;
	if (!free)
		return;
	l->cost_bytes = larger(l->cost_bytes / 4, PP_LEARN_MIN_COST);
	int64_t base = l->last.max_ws_bytes - l->cost_bytes * l->last.max_lent;
	if (base > l->last.min_ws_bytes)
		base = l->last.min_ws_bytes;
	l->base_bytes = larger(l->base_bytes, base);
}

/* A little of what was thought too much: it is the highest that counts, and a generation seldom shows that. Half, if it was
 * absurd. What chance had lifted goes first. */
static void forget(struct pp_learn *l)
{
	int64_t work = l->cost_bytes * l->last.max_lent;
	int64_t below = expected(l, l->last.max_lent) - l->last.max_ws_bytes;
	if (below <= 0 || l->last.max_lent == 0)
		return;
	below /= below > work / 2 ? 2 : FORGETS_BY;
	int64_t lifted = below < l->lifted_bytes ? below : l->lifted_bytes;
	l->base_bytes -= lifted;
	l->lifted_bytes -= lifted;
	l->cost_bytes -= (below - lifted) / l->last.max_lent;
	if (l->cost_bytes < PP_LEARN_MIN_COST)
		l->cost_bytes = PP_LEARN_MIN_COST;
}

static void look_missing(struct pp_learn *l, const struct pp_learn_seen *seen, int64_t dt)
{
	int64_t missing = expected(l, seen->lent) - seen->ws_bytes;
	l->now.due += (double)l->cost_bytes * seen->lent * (double)dt;
	if (missing > 0 && seen->lent > 0)
		l->now.missing += (double)missing * (double)dt;
}

static void settle_missing(struct pp_learn *l)
{
	if (l->last.due <= 0)
		return;
	double part = l->last.missing / l->last.due;
	if (part < MISSING_LEAST)
		part = MISSING_LEAST;
	l->missing = l->missing > 0 ? l->missing + (part - l->missing) / SETTLES_BY : part;
}

double pp_learn_arrives_ms(const struct pp_learn *l)
{
	uint64_t ended = l->now.returned - l->last.returned;
	if (l->missing <= 0 || ended == 0 || l->last.max_lent == 0)
		return ARRIVES_UNSEEN_MS;
	double lasts = (double)l->last.took * l->last.max_lent / (double)ended;
	return lasts * l->missing;
}

static void look_still(struct pp_learn *l, int64_t ws_bytes, pp_ms now)
{
	if (ws_bytes < l->still.low_bytes)
		l->still.low_bytes = ws_bytes;
	l->still.high_bytes = larger(l->still.high_bytes, ws_bytes);
	if (is_still(l->still.low_bytes, l->still.high_bytes))
		return;
	l->still.low_bytes = l->still.high_bytes = ws_bytes;
	l->still.since = now;
}

static void move(struct pp_learn_generation *g, int64_t by)
{
	g->min_ws_bytes = larger(g->min_ws_bytes + by, 0);
	g->max_ws_bytes = larger(g->max_ws_bytes + by, 0);
}

void pp_learn_move(struct pp_learn *l, int64_t by)
{
	move(&l->now, by);
	move(&l->last, by);
	move(&l->before, by);
	l->base_bytes = larger(l->base_bytes + by, 0);
	l->still.low_bytes += by;
	l->still.high_bytes += by;
}

static bool has_passed(const struct pp_learn *l, const struct pp_learn_seen *seen, pp_ms now)
{
	return now - l->now.began >= PP_LEARN_GENERATION_MS &&
	       seen->returned - l->now.returned >= seen->lent;
}

bool pp_learn_add(struct pp_learn *l, const struct pp_learn_seen *given, pp_ms now)
{
	struct pp_learn_seen seen = *given;
	if (seen.lent > PP_LEARN_MAX_LENT)
		seen.lent = PP_LEARN_MAX_LENT;
	if (!l->primed) {
		l->primed = true;
		l->last_at = l->rose_at = now;
		begin(l, &seen, now);
		l->still.low_bytes = l->still.high_bytes = seen.ws_bytes;
		l->still.since = now;
	}
	int64_t high = pp_learn_high(l), dt = now - l->last_at;
	l->last_at = now;
	l->surprise_bytes -= (int64_t)((double)l->surprise_bytes * (double)dt /
				       (double)(dt + SURPRISE_FADES_MS));
	if (seen.lent > l->now.max_lent)
		l->now.max_lent = seen.lent;
	if (seen.ws_bytes < l->now.min_ws_bytes)
		l->now.min_ws_bytes = seen.ws_bytes;
	if (seen.ws_bytes > l->now.max_ws_bytes + STILL_MIN_BYTES / 4)
		l->rose_at = now;
	l->now.max_ws_bytes = larger(l->now.max_ws_bytes, seen.ws_bytes);
	l->now.queued |= seen.queued;
	look_missing(l, &seen, dt);
	look(l, seen.ws_bytes, high);
	look_still(l, seen.ws_bytes, now);
	if (!has_passed(l, &seen, now))
		return false;
	l->before = l->last;
	l->last = l->now;
	l->last.took = now - l->now.began;
	settle_missing(l);
	see_free(l);
	forget(l);
	begin(l, &seen, now);
	return true;
}

bool pp_learn_is_still(const struct pp_learn *l)
{
	return l->last_at - l->still.since >= STILL_MS;
}
