#include "cgroup/learn.h"

#include <string.h>

#define SLOPE_TAU_MS	   250
#define COST_HALFLIFE_MS   5000
#define ABSURD_HALFLIFE_MS 1000 /* of a cost twice as high as what is seen */
#define SURPRISE_MS	   700	/* about one transaction: memory shows its height once in each */
#define FLAT_SLOTS	   (2000 / PP_LEARN_SLOT_MS)
#define GROWTH_SLOTS	   (500 / PP_LEARN_SLOT_MS)
#define FLAT_MIN_BYTES	   (INT64_C(1) << 20)

static const struct pp_learn_range empty = {INT64_MAX, INT64_MIN, UINT32_MAX, 0};

void pp_learn_init(struct pp_learn *l)
{
	memset(l, 0, sizeof *l);
	for (int i = 0; i < PP_LEARN_SLOTS; i++)
		l->ring[i].slot = INT64_MIN;
	l->cost_bytes = PP_LEARN_PRIOR_COST;
}

static void widen(struct pp_learn_range *r, const struct pp_learn_range *by)
{
	if (by->min_ws_bytes < r->min_ws_bytes)
		r->min_ws_bytes = by->min_ws_bytes;
	if (by->max_ws_bytes > r->max_ws_bytes)
		r->max_ws_bytes = by->max_ws_bytes;
	if (by->min_lent < r->min_lent)
		r->min_lent = by->min_lent;
	if (by->max_lent > r->max_lent)
		r->max_lent = by->max_lent;
}

/* Slots first..last, as far as the ring still holds them. */
static struct pp_learn_range range_of(const struct pp_learn *l, int64_t first, int64_t last)
{
	struct pp_learn_range r = empty;
	for (int i = 0; i < PP_LEARN_SLOTS; i++)
		if (l->ring[i].slot >= first && l->ring[i].slot <= last)
			widen(&r, &l->ring[i].range);
	return r;
}

static bool is_empty(const struct pp_learn_range *r)
{
	return r->min_ws_bytes > r->max_ws_bytes;
}

static void add_slope(struct pp_learn *l, int64_t ws_bytes, pp_ms now)
{
	pp_ms dt = now - l->last_at;
	if (dt <= 0)
		return;
	double rate = (double)(ws_bytes - l->last_ws_bytes) * 1000 / (double)dt;
	double weight = (double)dt / (double)(dt + SLOPE_TAU_MS);
	l->slope += (int64_t)((rate - (double)l->slope) * weight);
}

/* Work makes memory rise and fall; results that arrive together rise as fast as any leak (measured: 50 MiB/s, where the
 * program grew by nothing). What the program itself takes lifts the lowest working set of half a second as well as the
 * highest: the smaller of the two is believed. Too few samples for that: the slope. */
static void add_growth(struct pp_learn *l)
{
	int64_t last = l->last_at / PP_LEARN_SLOT_MS;
	struct pp_learn_range older = range_of(l, last - 2 * GROWTH_SLOTS + 1, last - GROWTH_SLOTS);
	struct pp_learn_range newer = range_of(l, last - GROWTH_SLOTS + 1, last);
	int64_t rise = l->slope * GROWTH_SLOTS * PP_LEARN_SLOT_MS / 1000;
	if (!is_empty(&older)) {
		int64_t low = newer.min_ws_bytes - older.min_ws_bytes;
		int64_t high = newer.max_ws_bytes - older.max_ws_bytes;
		rise = low < high ? low : high;
	}
	l->growth = rise > 0 ? rise * 1000 / (GROWTH_SLOTS * PP_LEARN_SLOT_MS) : 0;
}

static int64_t known(const struct pp_learn *l, const struct pp_learn_range *r)
{
	return l->base_bytes + l->cost_bytes * (int64_t)r->max_lent;
}

/* What rises above both the known and the last second is how fast the known grows. */
static void add_surprise(struct pp_learn *l, const struct pp_learn_range *recent, int64_t ws_bytes,
			 pp_ms dt)
{
	int64_t expected = known(l, recent);
	if (expected < recent->max_ws_bytes)
		expected = recent->max_ws_bytes;
	l->surprise -= (int64_t)((double)l->surprise * (double)dt / (double)(dt + SURPRISE_MS));
	if (ws_bytes > expected)
		l->surprise += ws_bytes - expected;
}

/* What chance had lifted goes first: or cost would sink a little with each chance. */
static void forget(struct pp_learn *l, int64_t bytes, uint32_t lent)
{
	int64_t lifted = bytes < l->lifted_bytes ? bytes : l->lifted_bytes;
	l->base_bytes -= lifted;
	l->lifted_bytes -= lifted;
	if (!lifted)
		l->cost_bytes -= bytes / lent;
}

/* Up at once: work that is not judged yet costs more than was thought, beside judged work the program grew, and
 * memory that only did not fall when work did is kept by an allocator. Down with a half-life: one cheap second does not disprove an expensive one. */
static void add_cost(struct pp_learn *l, const struct pp_learn_range *before, int64_t ws_bytes,
		     bool judged, pp_ms dt)
{
	struct pp_learn_range recent, peak;
	pp_learn_recent(l, SURPRISE_MS, &recent);
	pp_learn_recent(l, PP_LEARN_WINDOW_MS, &peak);
	int64_t above = ws_bytes - known(l, &recent);
	bool rose = ws_bytes > before->max_ws_bytes;
	int64_t below = known(l, &peak) - peak.max_ws_bytes;
	if (ws_bytes < l->base_bytes || recent.max_lent == 0) {
		l->base_bytes = ws_bytes;
		l->lifted_bytes = 0;
	} else if (above > 0 && (judged || !rose)) {
		l->base_bytes += above;
		l->lifted_bytes += above;
	} else if (above > 0) {
		l->cost_bytes += above / recent.max_lent;
	} else if (below > 0 && dt > 0) {
		bool absurd = below > l->cost_bytes * peak.max_lent / 2;
		pp_ms halflife = absurd ? ABSURD_HALFLIFE_MS : COST_HALFLIFE_MS;
		forget(l, (int64_t)((double)below * (double)dt / (double)(dt + halflife)),
		       peak.max_lent);
	}
	if (l->cost_bytes < PP_LEARN_MIN_COST)
		l->cost_bytes = PP_LEARN_MIN_COST;
	if (l->cost_bytes > PP_LEARN_MAX_COST)
		l->cost_bytes = PP_LEARN_MAX_COST;
}

void pp_learn_add(struct pp_learn *l, int64_t ws_bytes, uint32_t lent, bool judged, pp_ms now)
{
	int64_t slot = now / PP_LEARN_SLOT_MS;
	int index = (int)(slot % PP_LEARN_SLOTS);
	if (lent > PP_LEARN_MAX_LENT)
		lent = PP_LEARN_MAX_LENT;
	struct pp_learn_range here = {ws_bytes, ws_bytes, lent, lent};
	struct pp_learn_range recent = here;
	if (!l->primed) {
		l->primed = true;
		l->began_at = l->last_at = now;
		l->last_ws_bytes = l->base_bytes = ws_bytes;
	} else {
		pp_learn_recent(l, SURPRISE_MS, &recent);
		if (lent > recent.max_lent)
			recent.max_lent = lent;
	}
	if (l->ring[index].slot != slot) {
		l->ring[index].slot = slot;
		l->ring[index].range = empty;
	}
	widen(&l->ring[index].range, &here);
	add_slope(l, ws_bytes, now);
	pp_ms dt = now - l->last_at;
	l->last_at = now;
	l->last_ws_bytes = ws_bytes;
	add_growth(l);
	add_surprise(l, &recent, ws_bytes, dt);
	add_cost(l, &recent, ws_bytes, judged, dt);
}

void pp_learn_recent(const struct pp_learn *l, pp_ms ms, struct pp_learn_range *ret_range)
{
	int64_t last = l->last_at / PP_LEARN_SLOT_MS;
	int64_t first = (l->last_at - ms) / PP_LEARN_SLOT_MS;
	if (first <= last - PP_LEARN_SLOTS)
		first = last - PP_LEARN_SLOTS + 1;
	*ret_range = range_of(l, first, last);
}

bool pp_learn_is_flat(const struct pp_learn *l, int64_t limit_bytes)
{
	int64_t last = l->last_at / PP_LEARN_SLOT_MS;
	if (l->last_at - l->began_at < FLAT_SLOTS * PP_LEARN_SLOT_MS)
		return false;
	struct pp_learn_range r = range_of(l, last - FLAT_SLOTS, last);
	int64_t tolerance = limit_bytes / 100 > FLAT_MIN_BYTES ? limit_bytes / 100 : FLAT_MIN_BYTES;
	return !is_empty(&r) && r.max_ws_bytes - r.min_ws_bytes <= tolerance;
}
