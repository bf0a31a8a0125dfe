#include "cgroup/plan.h"

#include <stddef.h>

#define MIB (INT64_C(1) << 20)

#define MIN_RESERVE_BYTES   (8 * MIB)
#define SURPRISE_FACTOR	    3
#define NODE_CALM_MS	    10000
#define STALL_WINDOW_MS	    2000
#define STALL_HIGH_PERMILLE 100 /* as the trigger `some 200000 2000000` */

static int64_t effective_limit(const struct pp_governor *g, const struct pp_sample *sample)
{
	int64_t limit = pp_plan_clamp(sample->limit_bytes, 0, PP_SAMPLE_NO_LIMIT);
	int64_t given = g->limits.memory_limit_bytes;
	if (given > 0 && given < limit)
		limit = given;
	return limit == PP_SAMPLE_NO_LIMIT ? 0 : pp_plan_clamp(limit, 1, PP_PLAN_MAX_BYTES);
}

/* Counters that went down belong to another cgroup (we were moved): start again, no event. */
static bool counts_up(uint64_t *seen, uint64_t value)
{
	bool more = value > *seen;
	*seen = value;
	return more;
}

static void stall_add(struct pp_governor_stall *s, uint64_t total_us, pp_ms now)
{
	if (s->at < 0 || total_us < s->total_us) {
		s->at = now;
		s->total_us = total_us;
		return;
	}
	if (now - s->at < STALL_WINDOW_MS)
		return;
	uint64_t permille = (total_us - s->total_us) / (uint64_t)(now - s->at);
	s->permille = permille > 1000 ? 1000 : (int)permille;
	if (s->permille >= STALL_HIGH_PERMILLE)
		s->high_at = now;
	s->at = now;
	s->total_us = total_us;
}

static bool node_is_tight(const struct pp_sample *sample)
{
	if (sample->node_available_bytes < 0 || sample->node_total_bytes < 0)
		return false;
	/* kubelet evicts at 100 MiB available by default; stay five times as far away */
	int64_t gate = sample->node_total_bytes / 10;
	return sample->node_available_bytes < (gate > 500 * MIB ? gate : 500 * MIB);
}

static bool see_events(struct pp_governor *g, const struct pp_sample *sample, int64_t limit,
		       int64_t ws)
{
	bool killed = counts_up(&g->kill_events, sample->kill_events);
	bool throttled = counts_up(&g->throttle_events, sample->throttle_events);
	return g->started && (killed || (throttled && limit && ws > limit / 10 * 9));
}

int64_t pp_plan_fits(int64_t room, int64_t cost)
{
	return room >= 0 ? room / cost : -((-room + cost - 1) / cost);
}

static int64_t reserve_for(int64_t limit, int64_t cost)
{
	int64_t reserve = limit / 8, large = limit / 32 + 24 * MIB;
	if (reserve > large)
		reserve = large;
	int64_t two = pp_plan_clamp(2 * cost, 0, limit / 9);
	if (reserve < two)
		reserve = two;
	if (reserve < MIN_RESERVE_BYTES)
		reserve = MIN_RESERVE_BYTES;
	return reserve < limit / 2 ? reserve : limit / 2;
}

/* What was at work at the peak, plus what still fits above the peak. */
static int64_t above_peak(const struct pp_governor *g, const struct pp_plan *p, pp_ms ms)
{
	struct pp_learn_range peak;
	pp_learn_recent(&g->learn, ms, &peak);
	return peak.max_lent +
	       pp_plan_fits(p->limit - p->reserve - p->coming - peak.max_ws_bytes, p->cost);
}

/* The least of what several views allow: the peak of the whole window, which pairs a late release with the work that
 * caused it; the peak of the last second, where growth shows first; the model, where neither has seen full work. And once
 * there is no room for one more at the present level, not more than is at work now. */
static int64_t wanted(const struct pp_governor *g, const struct pp_plan *p)
{
	int64_t views[] = {
		above_peak(g, p, PP_LEARN_WINDOW_MS),
		above_peak(g, p, PP_PLAN_RECENT_MS),
		p->load->lent + pp_plan_fits(p->room, p->cost),
	};
	size_t count = sizeof views / sizeof *views - (p->room >= p->cost);
	int64_t want = views[0];
	for (size_t i = 1; i < count; i++)
		if (want > views[i])
			want = views[i];
	int64_t model =
		pp_plan_fits(p->limit - p->reserve - p->coming - g->learn.base_bytes, p->cost);
	if (want > g->cap && want > model)
		want = model > g->cap ? model : g->cap;
	return want;
}

/* What the slope says will be added before a decrease can help, less what servers newly at work
 * explain: or each increase would look like a leak and undo itself. */
static int64_t coming_growth(const struct pp_governor *g, const struct pp_plan *p)
{
	struct pp_learn_range recent;
	pp_learn_recent(&g->learn, PP_PLAN_HORIZON_MS, &recent);
	int64_t growth =
		pp_plan_clamp(g->learn.growth, 0, PP_PLAN_MAX_BYTES) / 1000 * PP_PLAN_HORIZON_MS;
	int64_t newly = p->load->lent - (int64_t)recent.min_lent;
	return pp_plan_clamp(growth - newly * p->cost, 0, PP_PLAN_MAX_BYTES);
}

/* As many transactions have ended since the last increase as may run at once: what its work costs was seen whole. */
static bool is_judged(const struct pp_governor *g)
{
	return g->returned - g->returned_before >= g->cap;
}

/* What was carried below a higher limit proves nothing below this one. */
static void see_limit(struct pp_governor *g, const struct pp_plan *p)
{
	if (p->limit < g->limit_bytes) {
		g->proven = 0;
		g->lowered_at = p->now;
	}
	g->limit_bytes = p->limit;
}

static void look(struct pp_governor *g, const struct pp_sample *sample, struct pp_plan *p)
{
	p->limit = effective_limit(g, sample);
	p->ws = sample->working_set_bytes < 0
			? 0
			: pp_plan_clamp(sample->working_set_bytes, 0, PP_PLAN_MAX_BYTES);
	p->killed = see_events(g, sample, p->limit, p->ws);
	stall_add(&g->own, sample->stall_total_us, p->now);
	stall_add(&g->node, sample->node_stall_total_us, p->now);
	p->stalled = g->own.high_at >= 0 && p->now - g->own.high_at < STALL_WINDOW_MS;
	p->node_tight = node_is_tight(sample) ||
			(g->node.high_at >= 0 && p->now - g->node.high_at < NODE_CALM_MS);
	p->judged = is_judged(g);
	pp_learn_add(&g->learn, p->ws, p->load->lent, p->judged, p->now);
	p->cost = g->learn.cost_bytes;
	p->slope = g->learn.slope;
	if (p->limit == 0) {
		p->want = g->limits.max_servers;
		return;
	}
	see_limit(g, p);
	p->flat = pp_learn_is_flat(&g->learn, p->limit) &&
		  p->now - g->lowered_at > PP_PLAN_NOT_FLAT_MS;
	p->reserve = reserve_for(p->limit, p->cost);
	int64_t growth = coming_growth(g, p);
	int64_t surprise = SURPRISE_FACTOR * pp_plan_clamp(g->learn.surprise, 0, PP_PLAN_MAX_BYTES);
	p->hard = p->limit - p->reserve / 2 - p->ws - growth;
	p->coming = growth > surprise ? growth : surprise;
	p->room = p->limit - p->reserve - p->ws - p->coming;
	p->want = wanted(g, p);
	/* Far from the limit there is time to see whether what rises goes on rising. */
	struct pp_learn_range recent;
	pp_learn_recent(&g->learn, PP_PLAN_RECENT_MS, &recent);
	if (p->want < g->cap && p->limit - p->reserve - recent.max_ws_bytes >= PP_PLAN_START_COST)
		p->want = g->cap;
}

struct pp_plan pp_plan_look(struct pp_governor *g, const struct pp_sample *sample,
			    const struct pp_governor_load *load, pp_ms now)
{
	struct pp_plan p = {.load = load, .now = now};
	if (load->returned < g->returned_before)
		g->returned_before = load->returned;
	g->returned = load->returned;
	look(g, sample, &p);
	return p;
}
