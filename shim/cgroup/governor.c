#include "cgroup/governor.h"

#include <string.h>

#include "base/assert.h"
#include "cgroup/gate.h"
#include "cgroup/pace.h"
#include "cgroup/plan.h"
#include "cgroup/words.h"

#define MIB (INT64_C(1) << 20)

#define PROBE_LEFT_BYTES       (6 * MIB) /* beside what they may cost */
#define AGAIN_LEFT_BYTES       (2 * MIB) /* beside what one may cost that has been carried before */
#define PROBE_FEW	       3
#define HALVE_INTERVAL_MS      200
#define INCREASE_INTERVAL_MS   250
#define CALM_AFTER_MS	       1000
#define KILLED_MS	       10000 /* after an event the cap grows by one at a time */
#define NO_LIMIT_START	       10    /* many small pods on one node: facts of Problem 2 */
#define STALL_EXTREME_PERMILLE 500
#define HELD_MS		       2000 /* memory has not risen for so long: what there was to come has come */
#define REFUSE_MS	       2000

void pp_governor_init(struct pp_governor *g, const struct pp_governor_limits *limits, pp_ms now)
{
	memset(g, 0, sizeof *g);
	pp_learn_init(&g->learn);
	g->began_at = g->looked_at = now;
	g->decreased_at = g->increased_at = now - CALM_AFTER_MS;
	g->own.high_at = g->node.high_at = g->killed_at = -1;
	g->own.at = g->node.at = -1;
	g->lowered_at = INT64_MIN / 2;
	g->braked_at = -1;
	pp_governor_set_limits(g, limits);
	g->target = 1;
}

void pp_governor_set_limits(struct pp_governor *g, const struct pp_governor_limits *limits)
{
	g->limits = *limits;
	if (g->limits.max_servers < 1)
		g->limits.max_servers = 1;
}

static void set_target(struct pp_governor *g, int64_t target, pp_ms now)
{
	uint32_t next = (uint32_t)pp_plan_clamp(target, 1, g->limits.max_servers);
	if (next < g->target)
		g->decreased_at = now;
	else if (next > g->target)
		g->increased_at = now;
	g->target = next;
}

static void lower_target(struct pp_governor *g, int64_t target, pp_ms now)
{
	if (target < g->target)
		set_target(g, target, now);
}

/* Before anything is known: a fresh small process under a big limit may use all at once. */
static int64_t start(const struct pp_governor *g, const struct pp_plan *p)
{
	int64_t fit = p->limit ? pp_plan_fits(p->line - p->ws, PP_PLAN_START_COST)
			       : g->limits.max_servers;
	if (p->is_boundless)
		fit = p->node_tight ? 1 : pp_plan_clamp(fit, 1, NO_LIMIT_START);
	return fit;
}

static void halve(struct pp_governor *g, const struct pp_plan *p)
{
	if (p->now - g->decreased_at < HALVE_INTERVAL_MS)
		return;
	int64_t working = g->learn.now.max_lent; /* what a kill took with it is no longer lent */
	if (working == 0 || working > g->target)
		working = g->target;
	set_target(g, working / 2, p->now);
}

static bool may_grow(const struct pp_governor *g, const struct pp_plan *p)
{
	return p->load->waiting > 0 && p->load->open >= g->target &&
	       g->target < g->limits.max_servers && !p->stalled &&
	       p->now - g->decreased_at >= CALM_AFTER_MS &&
	       p->now - g->increased_at >= INCREASE_INTERVAL_MS;
}

/* What fits by what was learned: all that may be at work at its highest. Also where nobody has seen that yet, because so many
 * are never at their highest at the same moment, until the machine is idle again. */
static int64_t known_to_fit(const struct pp_governor *g, const struct pp_plan *p)
{
	return pp_plan_fits(p->line - g->learn.base_bytes, p->cost);
}

/* Where nothing fits any more, some may still be tried if they fit into the reserve, all but the least of it. Where memory is
 * still: one, or as far as it has been carried before a few at a time, its memory may still be there (a full heap; an
 * allocator that keeps what it has had). And of the first few, whose cost the program's start may have made too high. */
static int64_t probe(const struct pp_governor *g, const struct pp_plan *p, int64_t lent)
{
	int64_t left = p->limit - pp_learn_high(&g->learn), again = (int64_t)g->proven - lent;
	if (p->growing || (!p->still && lent > PROBE_FEW))
		return 0;
	if (!p->still || again < 1)
		return left - PROBE_LEFT_BYTES >= p->cost;
	int64_t few = pp_plan_fits(left - PROBE_LEFT_BYTES, p->cost);
	few = pp_plan_clamp(few < again ? few : again, 0, 1 + lent / 4);
	return few > 0 ? few : left - AGAIN_LEFT_BYTES >= p->cost;
}

/* All that is lent is only held: its end, which would show what fits, may never come, and whoever holds it may wait for
 * another one. Nothing is at work, so what is there is all there is to fear, but the one that comes. */
static bool is_held(const struct pp_governor *g, const struct pp_plan *p)
{
	return p->load->lent > 0 && p->load->quiet >= p->load->lent &&
	       p->now - g->learn.rose_at >= HELD_MS &&
	       p->limit - pp_learn_high(&g->learn) - PROBE_LEFT_BYTES >= p->cost;
}

/* What nearly nobody has done yet: the program's start may have been charged to it. */
static bool may_try(const struct pp_governor *g, const struct pp_plan *p, int64_t lent)
{
	return (lent <= PROBE_FEW && probe(g, p, lent) > 0) || is_held(g, p);
}

/* How many more than the last generation had: half the way to the line, doubling at most. */
static int64_t step(const struct pp_governor *g, const struct pp_plan *p, int64_t lent)
{
	int64_t fit = pp_plan_fits(p->line - pp_learn_high(&g->learn), p->cost);
	int64_t known = known_to_fit(g, p) - lent;
	int64_t more = pp_plan_clamp(((fit < known ? fit : known) + 1) / 2, 0, lent);
	if (more == 0)
		more = probe(g, p, lent);
	return more > 1 && g->killed_at >= 0 && p->now - g->killed_at < KILLED_MS ? 1 : more;
}

/* A generation has shown how high memory goes with so many at work. */
static void judge(struct pp_governor *g, const struct pp_plan *p)
{
	const struct pp_learn_generation *seen = &g->learn.last;
	int64_t lent = seen->max_lent < g->target ? seen->max_lent : g->target;
	int64_t more = step(g, p, lent), above = seen->max_ws_bytes - p->line;
	if (more > 0 && seen->queued && !p->stalled && lent + more > g->target &&
	    p->now - g->decreased_at >= CALM_AFTER_MS)
		set_target(g, lent + more, p->now);
	else if (more == 0 && above > 0 && !p->still)
		lower_target(g, lent - above / p->cost, p->now);
	if (above <= 0 && lent > g->proven)
		g->proven = (uint32_t)lent;
}

/* Work that takes long shows its cost late: by one, while that fits at the price of work nobody has seen, and only when what
 * came before has arrived (on a machine at load 50 fifteen had come before one had grown: killed). */
static void grow_unseen(struct pp_governor *g, const struct pp_plan *p)
{
	if (may_grow(g, p) && p->now - g->learn.rose_at >= INCREASE_INTERVAL_MS &&
	    p->line - p->ws >= PP_PLAN_START_COST && known_to_fit(g, p) > g->target)
		set_target(g, g->target + 1, p->now);
}

static void grow_beside_held(struct pp_governor *g, const struct pp_plan *p)
{
	if (may_grow(g, p))
		set_target(g, g->target + 1, p->now);
}

/* What keeps it from being more. */
static enum pp_words binding(const struct pp_governor *g, const struct pp_plan *p, uint32_t at_work)
{
	if (p->killed)
		return PP_WORDS_EVENT;
	if (at_work >= g->limits.max_servers)
		return PP_WORDS_MAX_SERVERS;
	if (p->limit == 0 || (p->is_boundless && p->node_tight))
		return PP_WORDS_NODE;
	if (p->stalled)
		return PP_WORDS_STALL;
	if (p->growing)
		return PP_WORDS_GROWTH;
	if (p->line - pp_learn_high(&g->learn) >= p->cost && known_to_fit(g, p) > g->target)
		return !g->learn.last.took ? PP_WORDS_UNSEEN
		       : p->load->waiting  ? PP_WORDS_AWAITED
					   : PP_WORDS_GROWING;
	return p->still && p->ws > p->line ? PP_WORDS_FLAT : PP_WORDS_MEMORY;
}

static void decide_by_node(struct pp_governor *g, const struct pp_plan *p)
{
	if (g->node.high_at == p->now)
		halve(g, p);
	else if (may_grow(g, p) && !p->node_tight)
		set_target(g, g->target + 1, p->now);
}

/* What the limit allows the node may not have. */
static void heed_node(struct pp_governor *g, const struct pp_plan *p, uint32_t before)
{
	if (g->node.high_at == p->now)
		halve(g, p);
	else if (p->node_tight)
		lower_target(g, before, p->now);
}

/* What is still is not shrunk between generations, that would give nothing back; nor what is being tried. */
static void decide_by_limit(struct pp_governor *g, const struct pp_plan *p)
{
	if (p->generation)
		judge(g, p);
	else if (is_held(g, p))
		grow_beside_held(g, p);
	else if (known_to_fit(g, p) >= g->target)
		grow_unseen(g, p);
	else if (!p->still && !may_try(g, p, g->target))
		lower_target(g, known_to_fit(g, p), p->now);
}

/* The target; returned is how many of these may be at work now. */
static uint32_t decide(struct pp_governor *g, const struct pp_plan *p)
{
	if (p->killed) {
		g->killed_at = p->now;
		halve(g, p);
	} else if (p->limit) {
		uint32_t before = g->target;
		decide_by_limit(g, p);
		if (p->is_boundless)
			heed_node(g, p, before);
	} else {
		decide_by_node(g, p);
	}
	return (uint32_t)pp_plan_clamp(pp_gate(g, p, may_try(g, p, p->load->lent)), 1, g->target);
}

static bool must_refuse(const struct pp_governor *g, const struct pp_plan *p)
{
	bool killed = g->killed_at >= 0 && p->now - g->killed_at < REFUSE_MS;
	bool stuck = p->stalled && g->own.permille >= STALL_EXTREME_PERMILLE;
	return p->limit && g->target == 1 && p->ws > p->line && (killed || stuck);
}

void pp_governor_tick(struct pp_governor *g, const struct pp_sample *sample,
		      const struct pp_governor_load *load, pp_ms now,
		      struct pp_verdict *ret_verdict)
{
	struct pp_governor_load sane = *load;
	if (sane.lent > PP_LEARN_MAX_LENT)
		sane.lent = PP_LEARN_MAX_LENT;
	struct pp_plan p = pp_plan_look(g, sample, &sane, now);
	if (!g->started) {
		set_target(g, start(g, &p), now);
		g->started = true;
	}
	set_target(g, g->target, now); /* max_servers may have come down */
	ret_verdict->at_work = decide(g, &p);
	ret_verdict->cap = g->target;
	pp_assert(ret_verdict->at_work >= 1 && ret_verdict->at_work <= ret_verdict->cap &&
		  ret_verdict->cap <= g->limits.max_servers);
	ret_verdict->limit_bytes = p.limit;
	pp_words_limit(p.limit_file, p.limit_above, ret_verdict->limit_from,
		       sizeof ret_verdict->limit_from);
	ret_verdict->working_set_bytes = p.ws;
	ret_verdict->cost_bytes = p.cost;
	ret_verdict->next_ms = pp_pace_next(g, &p);
	ret_verdict->pressed = p.limit && p.ws > p.line && !p.still;
	ret_verdict->refuse = must_refuse(g, &p);
	pp_words_write(binding(g, &p, ret_verdict->at_work), ret_verdict, g->learn.surprise_bytes,
		       ret_verdict->reason, sizeof ret_verdict->reason);
}
