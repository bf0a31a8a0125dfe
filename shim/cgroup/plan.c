#include "cgroup/plan.h"

#define MIB (INT64_C(1) << 20)

#define PAGE_BYTES	    4096 /* the kernel rounds limits down to these */
#define MIN_RESERVE_BYTES   (8 * MIB)
#define LOWERED_MS	    3000 /* a limit that was lowered a moment ago: nothing counts as still */
#define STRAYS_PERMILLE	    660
#define BRAKE_PERCENT	    140 /* of the least reserve */
#define QUICK_MS	    (PP_LEARN_GENERATION_MS + 50)
#define SLOW_MS		    (QUICK_MS * 13 / 10)
#define SETTLES_BY	    4 /* a quarter of the way in each generation */
#define NODE_CALM_MS	    10000
#define STALL_WINDOW_MS	    2000
#define STALL_HIGH_PERMILLE 100 /* as the trigger `some 200000 2000000` */

/* What was given is what the kernel said at first: a copy of it (resourceFieldRef: limits.memory), and once the pod's limit
 * is changed in place only the kernel knows. */
static int64_t find_given(struct pp_governor *g, const struct pp_sample *sample)
{
	int64_t given = pp_plan_clamp(g->limits.memory_limit_bytes, 0, PP_PLAN_MAX_BYTES);
	if (sample->limit_bytes == PP_SAMPLE_NO_LIMIT)
		return given;
	if (!g->started && sample->limit_bytes / PAGE_BYTES == given / PAGE_BYTES)
		g->copied_bytes = given;
	return given == g->copied_bytes ? 0 : given;
}

static void find_limit(struct pp_governor *g, const struct pp_sample *sample, struct pp_plan *p)
{
	int64_t given = find_given(g, sample);
	int64_t own = pp_plan_clamp(sample->own_working_set_bytes, 0, PP_PLAN_MAX_BYTES);
	p->limit_file = sample->limit_file;
	p->limit_above = sample->limit_above;
	p->is_boundless = sample->limit_bytes == PP_SAMPLE_NO_LIMIT;
	p->limit = p->is_boundless ? 0 : pp_plan_clamp(sample->limit_bytes, 1, PP_PLAN_MAX_BYTES);
	p->ws = pp_plan_clamp(sample->working_set_bytes, 0, PP_PLAN_MAX_BYTES);
	if (given && (p->is_boundless || given - own < p->limit - p->ws)) {
		p->limit = given;
		p->ws = own;
		p->limit_file = "PODPOOL_MEMORY_LIMIT";
		p->limit_above = 0;
	}
}

/* The pod's memory and that of one of its containers differ by GiB, and either may be nearer to its limit: what was learned
 * of the one holds for the other, so much higher or lower. So does the limit, but for what others have taken meanwhile. */
static void see_level(struct pp_governor *g, const struct pp_sample *sample,
		      const struct pp_plan *p)
{
	int64_t own = pp_plan_clamp(sample->own_working_set_bytes, 0, PP_PLAN_MAX_BYTES);
	int64_t apart = p->ws - own, by = apart - g->apart_bytes;
	if (g->started && p->limit_above != g->level) {
		if (g->limit_bytes)
			g->limit_bytes = pp_plan_clamp(g->limit_bytes + by - MIN_RESERVE_BYTES, 1,
						       PP_PLAN_MAX_BYTES);
		pp_learn_move(&g->learn, by);
	}
	g->level = p->limit_above;
	g->apart_bytes = apart;
}

/* Counters that went down are no event. (files.c lets them go on through a move.) */
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

/* A program that writes files goes over memory.high several times a second, and loses nothing but page cache: where memory
 * stands still, however high, throttling means something only if somebody waits for it. */
static bool see_events(struct pp_governor *g, const struct pp_sample *sample,
		       const struct pp_plan *p)
{
	bool killed = counts_up(&g->kill_events, sample->kill_events);
	bool throttled = counts_up(&g->throttle_events, sample->throttle_events);
	bool hurts = p->limit && p->ws > p->limit / 10 * 9 && (!p->still || p->stalled);
	return g->started && (killed || (throttled && hurts));
}

int64_t pp_plan_fits(int64_t room, int64_t cost)
{
	return room >= 0 ? room / cost : -((-room + cost - 1) / cost);
}

/* A program not known yet may do anything; but nobody gives a quarter of 8 GiB away for that. */
static int64_t reserve_at_first(int64_t limit)
{
	int64_t reserve = limit / 8, large = limit / 32 + 24 * MIB;
	return reserve < large ? reserve : large;
}

/* 10 * sqrt(n): n is at most PP_LEARN_MAX_LENT. */
static int64_t root_tenths(int64_t n)
{
	int64_t root = 0;
	while ((root + 1) * (root + 1) <= n * 100)
		root++;
	return root;
}

/* How much higher than ever seen what is at work may get by chance: the sum of n of independent luck strays as the root of
 * n. And the longer it takes until some of it has ended, the further, for the program may grow so long before anything can be
 * taken back. The first work after a pause strays before its generation has ended. (STRAYS_PERMILLE of the cost times the root,
 * and up to 1.3 times that: chosen from 560 to 1000 by the stories of test_governor_sim.c.) */
static int64_t may_stray(const struct pp_governor *g, const struct pp_plan *p)
{
	uint32_t last = g->learn.last.max_lent, lent = last ? last : g->learn.now.max_lent;
	int64_t root = root_tenths(lent);
	int64_t took = pp_plan_clamp(g->learn.last.took, QUICK_MS, SLOW_MS);
	return p->cost / 100 * root * STRAYS_PERMILLE / 100 / QUICK_MS * took;
}

/* What must stay free, for what happens between seeing and acting: as far as memory has surprised us of late - at once
 * when it does, and settling with each generation that does not - and as far as it may stray. */
static void set_reserve(struct pp_governor *g, struct pp_plan *p)
{
	int64_t surprise = pp_plan_clamp(g->learn.surprise_bytes, 0, PP_PLAN_MAX_BYTES);
	int64_t least = pp_plan_clamp(may_stray(g, p), p->limit / 64, p->limit / 5);
	if (least < MIN_RESERVE_BYTES)
		least = MIN_RESERVE_BYTES;
	if (p->generation && g->wild_bytes > surprise)
		g->wild_bytes -= (g->wild_bytes - surprise) / SETTLES_BY;
	p->growing = surprise > least;
	if (g->wild_bytes < surprise)
		g->wild_bytes = surprise;
	p->reserve = pp_plan_clamp(g->wild_bytes, least, PP_PLAN_MAX_BYTES);
	if (p->reserve > p->limit / 2)
		p->reserve = p->limit / 2;
	p->line = p->limit - p->reserve;
	int64_t brake = p->limit - least * BRAKE_PERCENT / 100;
	p->brake = (brake < p->line ? brake : p->line) - surprise;
}

static void see_limit(struct pp_governor *g, struct pp_plan *p)
{
	bool lowered = g->started && p->limit && (!g->limit_bytes || p->limit < g->limit_bytes);
	if (!g->started || lowered)
		g->wild_bytes = reserve_at_first(p->limit);
	if (lowered) { /* what was carried below a higher limit proves nothing below this one */
		g->proven = 0;
		g->lowered_at = p->now;
	}
	p->still &= p->now - g->lowered_at > LOWERED_MS;
	g->limit_bytes = p->limit;
}

struct pp_plan pp_plan_look(struct pp_governor *g, const struct pp_sample *sample,
			    const struct pp_governor_load *load, pp_ms now)
{
	struct pp_plan p = {.load = load, .now = now};
	find_limit(g, sample, &p);
	see_level(g, sample, &p);
	stall_add(&g->own, sample->stall_total_us, now);
	stall_add(&g->node, sample->node_stall_total_us, now);
	p.stalled = g->own.high_at >= 0 && now - g->own.high_at < STALL_WINDOW_MS;
	p.node_tight = node_is_tight(sample) ||
		       (g->node.high_at >= 0 && now - g->node.high_at < NODE_CALM_MS);
	struct pp_learn_seen seen = {p.ws, load->lent, load->waiting > 0 && load->open >= g->target,
				     load->returned};
	p.generation = pp_learn_add(&g->learn, &seen, now);
	p.still = pp_learn_is_still(&g->learn);
	p.cost = g->learn.cost_bytes;
	see_limit(g, &p);
	p.killed = see_events(g, sample, &p);
	if (p.limit)
		set_reserve(g, &p);
	return p;
}
