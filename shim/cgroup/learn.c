#include "cgroup/learn.h"

#include <string.h>

#define SLOPE_TAU_MS	 250
#define COST_HALFLIFE_MS 5000
#define DRIFT_SLOTS	 (PP_LEARN_SLOTS / 2)
#define FLAT_SLOTS	 8
#define FLAT_MIN_BYTES	 (INT64_C(1) << 20)

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

static bool is_steady(const struct pp_learn_range *r)
{
	return !is_empty(r) && r->min_lent > 0 &&
	       (uint64_t)r->min_lent * 4 >= (uint64_t)r->max_lent * 3;
}

/* If the *lowest* working set rose between two 1.5 s windows although no more servers were at work
 * in the second, connections are not the reason: the program grew. */
static void rebase_on_drift(struct pp_learn *l, int64_t slot)
{
	struct pp_learn_range older = range_of(l, slot - 2 * DRIFT_SLOTS, slot - DRIFT_SLOTS - 1);
	struct pp_learn_range newer = range_of(l, slot - DRIFT_SLOTS, slot - 1);
	if (!is_steady(&older) || !is_steady(&newer) || newer.max_lent > older.max_lent)
		return;
	if (newer.min_ws_bytes > older.min_ws_bytes)
		l->base_bytes += newer.min_ws_bytes - older.min_ws_bytes;
	if (l->base_bytes > newer.min_ws_bytes)
		l->base_bytes = newer.min_ws_bytes;
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

/* Up at once, down with a half-life: one cheap second does not disprove an expensive one. But up
 * only when memory rose: if the quotient rose because less is at work now, the memory was kept by
 * an allocator, work that comes back will use it again, and it belongs to the base. */
static void add_cost(struct pp_learn *l, pp_ms dt)
{
	struct pp_learn_range peak;
	pp_learn_recent(l, PP_LEARN_WINDOW_MS, &peak);
	bool rose = peak.max_ws_bytes > l->peak_ws_bytes;
	l->peak_ws_bytes = peak.max_ws_bytes;
	int64_t target = PP_LEARN_PRIOR_COST;
	if (peak.max_lent > 0)
		target = (peak.max_ws_bytes - l->base_bytes) / peak.max_lent;
	if (target < PP_LEARN_MIN_COST)
		target = PP_LEARN_MIN_COST;
	if (target < l->cost_bytes && dt > 0)
		l->cost_bytes -= (int64_t)((double)(l->cost_bytes - target) * (double)dt /
					   (double)(dt + COST_HALFLIFE_MS));
	else if (target > l->cost_bytes && peak.max_lent > 0 && rose)
		l->cost_bytes = target;
	else if (target > l->cost_bytes && peak.max_lent > 0)
		l->base_bytes = peak.max_ws_bytes - l->cost_bytes * peak.max_lent;
}

void pp_learn_add(struct pp_learn *l, int64_t ws_bytes, uint32_t lent, pp_ms now)
{
	int64_t slot = now / PP_LEARN_SLOT_MS;
	int index = (int)(slot % PP_LEARN_SLOTS);
	if (!l->primed) {
		l->primed = true;
		l->began_at = l->last_at = now;
		l->last_ws_bytes = l->base_bytes = ws_bytes;
	} else if (slot / DRIFT_SLOTS != l->last_at / PP_LEARN_SLOT_MS / DRIFT_SLOTS) {
		rebase_on_drift(l, slot);
	}
	if (l->ring[index].slot != slot) {
		l->ring[index].slot = slot;
		l->ring[index].range = empty;
	}
	struct pp_learn_range here = {ws_bytes, ws_bytes, lent, lent};
	widen(&l->ring[index].range, &here);
	if (lent == 0 || ws_bytes < l->base_bytes)
		l->base_bytes = ws_bytes;
	add_slope(l, ws_bytes, now);
	pp_ms dt = now - l->last_at;
	l->last_at = now;
	l->last_ws_bytes = ws_bytes;
	add_cost(l, dt);
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
