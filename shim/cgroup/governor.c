#include "cgroup/governor.h"

#include <string.h>

#include "base/assert.h"
#include "cgroup/words.h"

#define MIB (INT64_C(1) << 20)

/* A program that has not shown its cost yet starts with what fits at this price. A result of 2 MB
 * held by pgjdbc costs 5 MiB, a report of a Python program 12 to 16 MiB (measured; at 16 MiB the demo's program was
 * killed in its first second in 2 of 8 runs, at 32 MiB in none of 10), and nothing lent can be taken back.
 * 20 servers still start at once from about 700 MiB free; below, the cap grows by one each 250 ms while clients wait. */
#define START_COST_BYTES     (32 * MIB)
#define PROBE_LEFT_BYTES     (16 * MIB)
#define MIN_RESERVE_BYTES    (8 * MIB)
#define SLOPE_HORIZON_MS     700 /* growth that happens before a decrease takes effect */
#define DECREASE_INTERVAL_MS 200
#define INCREASE_INTERVAL_MS 250
#define CALM_AFTER_MS	     1000
#define PROBE_INTERVAL_MS    2000
#define PROVEN_FOR_MS	     600000
#define NO_LIMIT_START	     10 /* many small pods on one node: facts of Problem 2 */
#define NODE_CALM_MS	     10000
#define STALL_WINDOW_MS	     2000
#define STALL_HIGH_PERMILLE  100		/* as the trigger `some 200000 2000000` */
#define MAX_BYTES	     (INT64_C(1) << 50) /* keeps arithmetic on nonsense defined */

/* Everything one decision looks at, so that the steps below are plain comparisons. */
struct plan {
	const struct pp_governor_load *load;
	pp_ms now;
	int64_t limit, ws, reserve, cost, room, slope; /* limit 0: none; room may be negative */
	int64_t want;				       /* cap that memory allows */
	bool flat, killed, stalled, node_tight;
};

void pp_governor_init(struct pp_governor *g, const struct pp_governor_limits *limits, pp_ms now)
{
	memset(g, 0, sizeof *g);
	pp_learn_init(&g->learn);
	g->proven_at = now;
	g->decreased_at = g->increased_at = now - CALM_AFTER_MS;
	g->own.high_at = g->node.high_at = -1;
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

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

static uint32_t clamp_cap(const struct pp_governor *g, int64_t cap)
{
	return (uint32_t)clamp(cap, 1, g->limits.max_servers);
}

static int64_t effective_limit(const struct pp_governor *g, const struct pp_sample *sample)
{
	int64_t limit = clamp(sample->limit_bytes, 0, PP_SAMPLE_NO_LIMIT);
	int64_t given = g->limits.memory_limit_bytes;
	if (given > 0 && given < limit)
		limit = given;
	return limit == PP_SAMPLE_NO_LIMIT ? 0 : clamp(limit, 1, MAX_BYTES);
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

/* Floor, also for negative room. */
static int64_t fits(int64_t room, int64_t cost)
{
	return room >= 0 ? room / cost : -((-room + cost - 1) / cost);
}

static int64_t reserve_for(int64_t limit, int64_t cost)
{
	int64_t reserve = limit / 10;
	if (reserve < 2 * cost)
		reserve = 2 * cost;
	if (reserve < MIN_RESERVE_BYTES)
		reserve = MIN_RESERVE_BYTES;
	return reserve < limit / 2 ? reserve : limit / 2;
}

/* want = what was at work at the peak, plus what still fits above the peak; but once there is no
 * room for one more at the present level, not more than is at work now. */
static int64_t wanted(const struct pp_governor *g, const struct plan *p)
{
	struct pp_learn_range peak;
	pp_learn_recent(&g->learn, PP_LEARN_WINDOW_MS, &peak);
	int64_t want = peak.max_lent + fits(p->limit - p->reserve - peak.max_ws_bytes, p->cost);
	if (p->room < p->cost && want > p->load->lent + fits(p->room, p->cost))
		want = p->load->lent + fits(p->room, p->cost);
	return want;
}

/* What the slope says will be added before a decrease can help, less what servers newly at work
 * explain: or each increase would look like a leak and undo itself. */
static int64_t coming_growth(const struct pp_governor *g, const struct plan *p)
{
	struct pp_learn_range recent;
	pp_learn_recent(&g->learn, SLOPE_HORIZON_MS, &recent);
	int64_t growth = clamp(p->slope, 0, MAX_BYTES) / 1000 * SLOPE_HORIZON_MS;
	int64_t newly = p->load->lent - (int64_t)recent.min_lent;
	return clamp(growth - newly * p->cost, 0, MAX_BYTES);
}

static void look(struct pp_governor *g, const struct pp_sample *sample, struct plan *p)
{
	p->limit = effective_limit(g, sample);
	p->ws = sample->working_set_bytes < 0 ? 0 : clamp(sample->working_set_bytes, 0, MAX_BYTES);
	p->killed = see_events(g, sample, p->limit, p->ws);
	stall_add(&g->own, sample->stall_total_us, p->now);
	stall_add(&g->node, sample->node_stall_total_us, p->now);
	p->stalled = g->own.high_at >= 0 && p->now - g->own.high_at < STALL_WINDOW_MS;
	p->node_tight = node_is_tight(sample) ||
			(g->node.high_at >= 0 && p->now - g->node.high_at < NODE_CALM_MS);
	pp_learn_add(&g->learn, p->ws, p->load->lent, p->now);
	p->cost = g->learn.cost_bytes;
	p->slope = g->learn.slope;
	if (p->limit == 0) {
		p->want = g->limits.max_servers;
		return;
	}
	p->flat = pp_learn_is_flat(&g->learn, p->limit);
	p->reserve = reserve_for(p->limit, p->cost);
	p->room = p->limit - p->reserve - p->ws;
	p->room -= coming_growth(g, p);
	p->want = wanted(g, p);
}

/* Before anything is known: a fresh small process under a big limit may use all at once. */
static int64_t start_cap(const struct pp_governor *g, const struct plan *p)
{
	if (p->limit)
		return fits(p->limit - p->reserve - p->ws, START_COST_BYTES);
	return p->node_tight ? 1 : clamp(g->limits.max_servers, 1, NO_LIMIT_START);
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

static void halve(struct pp_governor *g, const struct plan *p)
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
static void remember_proven(struct pp_governor *g, const struct plan *p)
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

static bool may_grow(const struct pp_governor *g, const struct plan *p)
{
	return p->load->waiting > 0 && p->load->open >= g->cap && g->cap < g->limits.max_servers &&
	       !p->stalled && !(p->limit == 0 && p->node_tight) &&
	       p->now - g->decreased_at >= CALM_AFTER_MS &&
	       p->now - g->increased_at >= INCREASE_INTERVAL_MS;
}

/* Above the reserve line but flat: level alone must not starve a program for ever. One more, seldom,
 * and only while a start cost is left; if that makes memory move, `flat` ends it. */
static bool may_probe(const struct pp_governor *g, const struct plan *p)
{
	return p->flat && p->limit - p->ws > PROBE_LEFT_BYTES &&
	       p->now - g->increased_at >= PROBE_INTERVAL_MS &&
	       p->now - g->decreased_at >= PROBE_INTERVAL_MS;
}

static enum pp_words decide(struct pp_governor *g, const struct plan *p)
{
	bool node_stalled = p->limit == 0 && g->node.high_at == p->now;
	if (p->killed || node_stalled) {
		halve(g, p);
		return p->killed ? PP_WORDS_EVENT : PP_WORDS_NODE;
	}
	if (p->limit && p->room < 0 && !p->flat && p->slope >= 0) {
		halve(g, p);
		return p->slope > MIB ? PP_WORDS_GROWTH : PP_WORDS_MEMORY;
	}
	int64_t want = p->want;
	if (p->flat && want < g->proven)
		want = g->proven;
	/* An increase is judged when its work has been seen for a whole window, unless memory moves
	 * already. */
	bool settled = !p->flat || p->now - g->increased_at > PP_LEARN_WINDOW_MS;
	if (want < g->cap && settled && p->slope >= 0)
		set_cap(g, want, p->now);
	else if (may_grow(g, p) && (want > g->cap || may_probe(g, p)))
		set_cap(g, (int64_t)g->cap + 1, p->now);
	if (g->cap >= g->limits.max_servers)
		return PP_WORDS_MAX_SERVERS;
	if (p->limit == 0)
		return PP_WORDS_NODE;
	return p->stalled ? PP_WORDS_STALL : want > g->cap ? PP_WORDS_GROWING : PP_WORDS_MEMORY;
}

/* earlyoom's idea: look again before the headroom can be gone, a quarter of the time it takes. While
 * the work in flight could fill what is left, look as often as we can: a transaction that is shorter
 * than the interval hides its peak. */
static pp_ms next_look(const struct pp_governor *g, const struct plan *p)
{
	if (p->limit == 0)
		return p->load->waiting ? INCREASE_INTERVAL_MS : 1000;
	int64_t left = clamp(p->limit - p->ws, 0, MAX_BYTES);
	if (p->load->lent > 0 && left < p->load->lent * (p->cost + START_COST_BYTES))
		return 50;
	int64_t rate = p->slope > MIB ? p->slope : MIB;
	int64_t ms = clamp(left * 250 / rate, 50, 1000);
	if (p->load->waiting && g->cap < g->limits.max_servers && ms > INCREASE_INTERVAL_MS)
		ms = INCREASE_INTERVAL_MS;
	return ms;
}

void pp_governor_tick(struct pp_governor *g, const struct pp_sample *sample,
		      const struct pp_governor_load *load, pp_ms now,
		      struct pp_verdict *ret_verdict)
{
	struct plan p = {.load = load, .now = now};
	look(g, sample, &p);
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
	pp_words_write(words, ret_verdict, p.slope, ret_verdict->reason,
		       sizeof ret_verdict->reason);
}
