#include "cgroup/pace.h"

#define MIB (INT64_C(1) << 20)

#define NEAR_COSTS 3 /* of room to the line, or less: what comes between two looks kills */
#define NEAR_MS	   25
#define OFTEN_MS   50
#define WANTED_MS  250 /* clients wait for more: as often as there may be one more (governor.c) */
#define SELDOM_MS  1000
#define YOUNG_MS   10000 /* a program that is just starting grows without any work */

/* What those who may come at any moment would take. */
static int64_t to_come(const struct pp_governor *g, const struct pp_plan *p)
{
	int64_t n = (int64_t)g->target - p->load->lent;
	return pp_plan_clamp(n, 0, PP_LEARN_MAX_LENT) * p->cost;
}

static bool is_wanted(const struct pp_governor *g, const struct pp_plan *p)
{
	return p->now - g->began_at < YOUNG_MS ||
	       (p->load->waiting && g->target < g->limits.max_servers);
}

pp_ms pp_pace_next(const struct pp_governor *g, const struct pp_plan *p)
{
	if (p->limit == 0)
		return p->load->waiting ? WANTED_MS : SELDOM_MS;
	int64_t left = pp_plan_clamp(p->limit - p->ws, 0, PP_PLAN_MAX_BYTES);
	if (p->load->lent > 0 && !p->still && p->ws > p->line - NEAR_COSTS * p->cost)
		return NEAR_MS;
	if (p->load->lent > 0 && left < p->load->lent * (p->cost + PP_PLAN_START_COST))
		return OFTEN_MS;
	int64_t rate = g->learn.surprise_bytes > MIB ? g->learn.surprise_bytes : MIB;
	if (g->learn.surprise_bytes > MIB)
		left = pp_plan_clamp(left - to_come(g, p), 0, left);
	return pp_plan_clamp(left * 250 / rate, OFTEN_MS, is_wanted(g, p) ? WANTED_MS : SELDOM_MS);
}
