#include "cgroup/governor.h"

#include <string.h>

#include "base/assert.h"
#include "cgroup/plan.h"
#include "cgroup/words.h"

#define MIB (INT64_C(1) << 20)

#define PROBE_LEFT_BYTES       (16 * MIB)
#define DECREASE_INTERVAL_MS   200
#define SHRINK_INTERVAL_MS     700
#define INCREASE_INTERVAL_MS   250
#define CALM_AFTER_MS	       1000
#define KILLED_MS	       10000 /* after an event the cap grows by one at a time */
#define PROBE_MS	       2000
#define PROBE_JUDGED_MS	       500
#define PROVEN_FOR_MS	       600000
#define NO_LIMIT_START	       10 /* many small pods on one node: facts of Problem 2 */
#define STALL_EXTREME_PERMILLE 500
#define REFUSE_MS	       2000

void pp_governor_init(struct pp_governor *g, const struct pp_governor_limits *limits, pp_ms now)
{
	memset(g, 0, sizeof *g);
	pp_learn_init(&g->learn);
	g->proven_at = now;
	g->decreased_at = g->increased_at = now - CALM_AFTER_MS;
	g->lowered_at = now - PP_PLAN_NOT_FLAT_MS;
	g->own.high_at = g->node.high_at = g->killed_at = -1;
	g->own.at = g->node.at = -1;
	pp_governor_set_limits(g, limits);
	g->cap = 1;
}

void pp_governor_set_limits(struct pp_governor *g, const struct pp_governor_limits *limits)
{
	g->limits = *limits;
	if (g->limits.max_servers < 1)
		g->limits.max_servers = 1;
}

static uint32_t clamp_cap(const struct pp_governor *g, int64_t cap)
{
	return (uint32_t)pp_plan_clamp(cap, 1, g->limits.max_servers);
}

/* Before anything is known: a fresh small process under a big limit may use all at once. */
static int64_t start_cap(const struct pp_governor *g, const struct pp_plan *p)
{
	if (p->limit)
		return pp_plan_fits(p->limit - p->reserve - p->ws, PP_PLAN_START_COST);
	return p->node_tight ? 1 : pp_plan_clamp(g->limits.max_servers, 1, NO_LIMIT_START);
}

static void set_cap(struct pp_governor *g, int64_t cap, pp_ms now)
{
	uint32_t next = clamp_cap(g, cap);
	if (next < g->cap) {
		g->decreased_at = now;
		if (g->proven > next)
			g->proven = next;
	} else if (next > g->cap) {
		g->increased_at = now;
	}
	g->cap = next;
}

static void halve(struct pp_governor *g, const struct pp_plan *p)
{
	if (p->now - g->decreased_at < DECREASE_INTERVAL_MS)
		return;
	struct pp_learn_range peak; /* what an OOM kill took with it is no longer lent */
	pp_learn_recent(&g->learn, PP_LEARN_WINDOW_MS, &peak);
	int64_t working = peak.max_lent > 0 && peak.max_lent < g->cap ? peak.max_lent : g->cap;
	set_cap(g, working / 2, p->now);
}

/* Memory that is high but still, with no event, is how a JVM with a fixed heap looks all its life:
 * what it has already carried stays allowed (facts: flat-high). */
static void remember_proven(struct pp_governor *g, const struct pp_plan *p)
{
	struct pp_learn_range peak;
	pp_learn_recent(&g->learn, PP_LEARN_WINDOW_MS, &peak);
	bool calm = p->now - g->decreased_at > CALM_AFTER_MS && (p->flat || p->room >= 0);
	if (!calm || p->killed)
		return;
	if (peak.max_lent >= g->proven || p->now - g->proven_at > PROVEN_FOR_MS) {
		g->proven = peak.max_lent < g->cap ? peak.max_lent : g->cap;
		g->proven_at = p->now;
	}
}

static bool may_grow(const struct pp_governor *g, const struct pp_plan *p)
{
	return p->load->waiting > 0 && p->load->open >= g->cap && g->cap < g->limits.max_servers &&
	       !p->stalled && !(p->limit == 0 && p->node_tight) &&
	       p->now - g->decreased_at >= CALM_AFTER_MS &&
	       p->now - g->increased_at >= INCREASE_INTERVAL_MS;
}

/* Above the reserve line but flat: level alone must not starve a program for ever. */
static bool may_probe(const struct pp_governor *g, const struct pp_plan *p)
{
	pp_ms interval = p->judged ? PROBE_JUDGED_MS : PROBE_MS;
	return p->flat && p->limit - p->ws > PROBE_LEFT_BYTES &&
	       p->now - g->increased_at >= interval && p->now - g->decreased_at >= PROBE_MS;
}

/* How many more. Judged work may double, half the way to what memory allows. Else one, if it may cost as much as work that
 * nobody has seen yet; or a few as a probe: if that makes memory move, `flat` ends it. */
static int64_t step(const struct pp_governor *g, const struct pp_plan *p, int64_t want)
{
	bool judged = p->judged;
	if (p->limit == 0 || (g->killed_at >= 0 && p->now - g->killed_at < KILLED_MS))
		return 1;
	if (judged && want > g->cap)
		return pp_plan_clamp((want - g->cap + 1) / 2, 1, g->cap);
	if (want > g->cap && p->room >= PP_PLAN_START_COST)
		return 1;
	if (may_probe(g, p))
		return judged ? 1 + g->cap / 4 : 1;
	return 0;
}

static void grow(struct pp_governor *g, const struct pp_plan *p, int64_t want)
{
	int64_t more = step(g, p, want);
	if (more == 0)
		return;
	if (p->judged)
		g->returned_before = g->returned; /* to be judged anew */
	set_cap(g, g->cap + more, p->now);
}

/* What was lent must end before a decrease shows; where it gives nothing back (a heap of fixed size) a second and a third
 * would follow at once, down to one server, for nothing. */
static bool may_shrink(const struct pp_governor *g, const struct pp_plan *p)
{
	return p->coming > p->cost || p->now - g->decreased_at >= SHRINK_INTERVAL_MS;
}

/* What keeps the cap from being higher. */
static enum pp_words binding(const struct pp_governor *g, const struct pp_plan *p, int64_t want)
{
	if (g->cap >= g->limits.max_servers)
		return PP_WORDS_MAX_SERVERS;
	if (p->limit == 0)
		return PP_WORDS_NODE;
	if (p->stalled)
		return PP_WORDS_STALL;
	if (want > g->cap)
		return p->judged || !p->load->waiting ? PP_WORDS_GROWING : PP_WORDS_UNSEEN;
	if (p->flat && p->room < 0)
		return PP_WORDS_FLAT;
	return p->coming > p->cost ? PP_WORDS_GROWTH : PP_WORDS_MEMORY;
}

static enum pp_words decide(struct pp_governor *g, const struct pp_plan *p)
{
	bool node_stalled = p->limit == 0 && g->node.high_at == p->now;
	if (p->killed)
		g->killed_at = p->now;
	if (p->killed || node_stalled) {
		halve(g, p);
		return p->killed ? PP_WORDS_EVENT : PP_WORDS_NODE;
	}
	if (p->limit && p->hard < 0 && !p->flat && p->slope >= 0) {
		halve(g, p);
		return p->coming > p->cost ? PP_WORDS_GROWTH : PP_WORDS_MEMORY;
	}
	int64_t want = p->want;
	if (p->flat && want < g->proven)
		want = g->proven;
	/* An increase is judged when its work has been seen for a whole window, unless memory moves
	 * already. */
	bool settled = !p->flat || p->now - g->increased_at > PP_LEARN_WINDOW_MS;
	if (want < g->cap && settled && p->slope >= 0 && may_shrink(g, p))
		set_cap(g, want, p->now);
	else if (may_grow(g, p))
		grow(g, p, want);
	return binding(g, p, want);
}

static bool must_refuse(const struct pp_governor *g, const struct pp_plan *p)
{
	bool killed = g->killed_at >= 0 && p->now - g->killed_at < REFUSE_MS;
	bool stuck = p->stalled && g->own.permille >= STALL_EXTREME_PERMILLE;
	return p->limit && g->cap == 1 && p->hard < 0 && (killed || stuck);
}

/* earlyoom's idea: look again before the headroom can be gone, a quarter of the time it takes. While
 * the work in flight could fill what is left, look as often as we can: a transaction that is shorter
 * than the interval hides its peak. */
static pp_ms next_look(const struct pp_governor *g, const struct pp_plan *p)
{
	if (p->limit == 0)
		return p->load->waiting ? INCREASE_INTERVAL_MS : 1000;
	int64_t left = pp_plan_clamp(p->limit - p->ws, 0, PP_PLAN_MAX_BYTES);
	if (p->load->lent > 0 && left < p->load->lent * (p->cost + PP_PLAN_START_COST))
		return 50;
	int64_t rate = p->slope > MIB ? p->slope : MIB;
	int64_t ms = pp_plan_clamp(left * 250 / rate, 50, 1000);
	if (p->load->waiting && g->cap < g->limits.max_servers && ms > INCREASE_INTERVAL_MS)
		ms = INCREASE_INTERVAL_MS;
	return ms;
}

void pp_governor_tick(struct pp_governor *g, const struct pp_sample *sample,
		      const struct pp_governor_load *load, pp_ms now,
		      struct pp_verdict *ret_verdict)
{
	struct pp_governor_load sane = *load;
	if (sane.lent > PP_LEARN_MAX_LENT)
		sane.lent = PP_LEARN_MAX_LENT;
	struct pp_plan p = pp_plan_look(g, sample, &sane, now);
	enum pp_words words;
	if (!g->started) {
		g->cap = clamp_cap(g, start_cap(g, &p));
		g->started = true;
	}
	set_cap(g, g->cap, now); /* max_servers may have come down */
	words = decide(g, &p);
	remember_proven(g, &p);
	pp_assert(g->cap >= 1 && g->cap <= g->limits.max_servers);
	ret_verdict->cap = g->cap;
	ret_verdict->limit_bytes = p.limit;
	ret_verdict->working_set_bytes = p.ws;
	ret_verdict->cost_bytes = p.cost;
	ret_verdict->next_ms = next_look(g, &p);
	ret_verdict->pressed = p.limit && p.limit - p.reserve < p.ws && !p.flat;
	ret_verdict->refuse = must_refuse(g, &p);
	pp_words_write(words, ret_verdict, p.coming * 1000 / PP_PLAN_HORIZON_MS,
		       ret_verdict->reason, sizeof ret_verdict->reason);
}
