/* A synthetic program under a real governor: 60 workers that each hold a result while they work with it, in a pod that
 * is killed when its working set exceeds its limit. Each story is played many times, with luck of its own each time, by
 * every fixed size and by the governor. Pass: the governor is never killed, and makes at least 80 % of what the best fixed
 * size makes that is never killed either; in the long run, 30 s after the program has stopped growing, as well.
 *
 * What was seen of real programs is in here: threads of glibc have 16 arenas between them (2 cores), each gives memory back
 * from its top only, so what 12 of them need together varies by 20 MiB; the machine is slow now and then, and looks
 * come late; a JVM's heap is full and still. The same table with real ones is `scripts/bench pod`.
 *
 * PP_SIM_ONLY: stories with this in their names; PP_SIM_SEEDS: how many runs (default 10); PP_SIM_TRACE=SEED prints each
 * tick of that run.
 */
#include "cgroup/governor.h"

#include <stdio.h>
#include <string.h>

#include "pp_test.h"

#define MIB	     (INT64_C(1) << 20)
#define CELL	     (MIB / 4)
#define CELLS	     256 /* of an arena */
#define ARENAS	     16
#define DEMAND	     60
#define STEP_MS	     5
#define FETCH_RATE   (180 * MIB) /* per second, over all: two cores make the results */
#define HOLD_MS	     350	 /* and up to HOLD_MORE_MS longer */
#define HOLD_MORE_MS 200
#define GROWTH_RATE  (20 * MIB) /* per second */
#define STARTED_MS   300	/* by then the program has grown to what it is */
#define RUN_MS	     20000
#define GROWS_AT_MS  6700
#define RECOVERED_MS 30000
#define PAUSE_MS     7000 /* begins */
#define PAUSED_MS    37000

enum memory { STACKED, GIVEN_BACK, KEPT, HEAP };

static const struct story {
	const char *name;
	int64_t limit_mib, own_mib, result_mib, growth_mib;
	enum memory memory;
	int least_percent;   /* of the best fixed size; 80 where issue and article ask for it */
	int spread_percent;  /* results are this much smaller or larger */
	int slow_percent;    /* of the time other work takes three quarters of the machine */
	int64_t lowered_mib; /* the limit in the end, 12 MiB a second */
	int hold_factor;     /* transactions are longer; 0: as they are */
	pp_ms grows_at_ms;   /* 0: as the others */
	bool pauses;	     /* nobody wants anything, for half a minute */
	pp_ms begins_ms;     /* the first work; its first connection comes before */
	int crawls;	     /* results are made so many times slower */
} stories[] = {
	{"steady", 96, 6, 5, 0, STACKED, .least_percent = 80},
	{"steady, busy", 96, 6, 5, 0, STACKED, .least_percent = 80, .slow_percent = 50},
	{"grows 20", 96, 6, 5, 20, STACKED, .least_percent = 80},
	{"grows 35", 96, 6, 5, 35, STACKED, .least_percent = 80},
	{"grows 35, busy", 96, 6, 5, 35, STACKED, .least_percent = 80, .slow_percent = 50},
	{"grows 35, slow", 96, 6, 5, 35, STACKED, .least_percent = 80, .hold_factor = 2},
	{"grows 35, slow, busy", 96, 6, 5, 35, STACKED, .least_percent = 80, .hold_factor = 2,
	 .slow_percent = 50},
	/* a machine without hardware virtualization */
	{"steady, crawls", 96, 6, 5, 0, STACKED, .least_percent = 80, .crawls = 3},
	{"grows 35, crawls", 96, 6, 5, 35, STACKED, .least_percent = 80, .crawls = 2},
	{"after a pause", 96, 6, 5, 0, STACKED, .least_percent = 80, .pauses = true,
	 .grows_at_ms = PAUSED_MS},
	{"after a pause, grows 35", 96, 6, 5, 35, STACKED, .least_percent = 80, .pauses = true,
	 .grows_at_ms = PAUSED_MS},
	{"in a pause, grows 35", 96, 6, 5, 35, STACKED, .least_percent = 80, .pauses = true,
	 .grows_at_ms = PAUSED_MS - 1000},
	{"lowered", 144, 6, 5, 0, STACKED, .least_percent = 80, .lowered_mib = 96},
	{"lowered, busy", 144, 6, 5, 0, STACKED, .least_percent = 80, .lowered_mib = 96,
	 .slow_percent = 50},
	{"flat-high JVM", 264, 233, 1, 0, HEAP, .least_percent = 80, .begins_ms = 700},
	{"flat-high JVM, busy", 264, 233, 1, 0, HEAP, .least_percent = 80, .begins_ms = 700,
	 .slow_percent = 50},
	/* it is still growing when its first work comes, so that is charged with 11 MiB */
	{"flat-high JVM, at once", 264, 233, 1, 0, HEAP, .least_percent = 80, .begins_ms = 100},
	/* the reserve that the stacked ones need is for nothing here, and nobody can know */
	{"tidy", 96, 9, 5, 0, GIVEN_BACK, .least_percent = 65},
	{"tidy, grows 35", 96, 9, 5, 35, GIVEN_BACK, .least_percent = 65},
	{"tidy, spread", 96, 9, 5, 20, GIVEN_BACK, .least_percent = 80, .spread_percent = 40,
	 .slow_percent = 25},
	/* fixed sizes live there with 2 MiB left, by luck that never changes */
	{"kept", 96, 9, 5, 0, KEPT, .least_percent = 55},
	{"kept, grows 10", 96, 9, 5, 10, KEPT, .least_percent = 55},
	{"small results", 96, 9, 1, 35, STACKED, .least_percent = 80},
	{"large results", 160, 12, 14, 0, STACKED, .least_percent = 80, .spread_percent = 30},
	{"middle", 256, 60, 5, 60, STACKED, .least_percent = 80, .spread_percent = 30,
	 .slow_percent = 25},
	{"large", 1024, 400, 4, 500, STACKED, .least_percent = 65},
	/* the first generation takes half of the run */
	{"long", 256, 20, 8, 0, GIVEN_BACK, .least_percent = 55, .spread_percent = 20,
	 .hold_factor = 20},
};

struct job {
	int thread;
	int64_t result, held;
	pp_ms hold_left;
};

struct world {
	const struct story *story;
	int64_t limit, own, grown, retained, peak;
	struct job job[DEMAND];
	int idle[DEMAND], idle_count; /* threads */
	uint8_t cell[ARENAS][CELLS];  /* thread + 1 */
	int top[ARENAS];
	uint32_t lent, open, cap; /* cap: so many at work */
	uint64_t done;
	uint64_t seed;
	pp_ms now, next_tick, slow_until, quiet_until;
	bool governed, killed, trace;
	struct pp_governor governor;
	struct pp_sample sample;
};

static bool is_wanted(const struct world *w)
{
	bool paused = w->story->pauses && w->now >= PAUSE_MS && w->now < PAUSED_MS;
	return w->now >= w->story->begins_ms && !paused;
}

static pp_ms grows_at(const struct story *s)
{
	return s->grows_at_ms ? s->grows_at_ms : GROWS_AT_MS;
}

static int64_t random_below(struct world *w, int64_t n)
{
	w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
	return n > 0 ? (int64_t)(w->seed >> 33) % n : 0;
}

static int64_t working_set(const struct world *w)
{
	int64_t sum = 0;
	switch (w->story->memory) {
	case STACKED:
		for (int i = 0; i < ARENAS; i++)
			sum += w->top[i] * CELL;
		break;
	case HEAP: sum = MIB / 20 * w->lent; break;
	case KEPT:
	case GIVEN_BACK:
		for (uint32_t i = 0; i < w->lent; i++)
			sum += w->job[i].held;
		break;
	}
	return w->own + (sum > w->retained ? sum : w->retained);
}

static void take_cell(struct world *w, int thread)
{
	int arena = thread % ARENAS, i = 0;
	while (i < CELLS - 1 && w->cell[arena][i])
		i++;
	w->cell[arena][i] = (uint8_t)(thread + 1);
	if (i >= w->top[arena])
		w->top[arena] = i + 1;
}

static void free_cells(struct world *w, int thread)
{
	int arena = thread % ARENAS;
	for (int i = 0; i < w->top[arena]; i++)
		if (w->cell[arena][i] == thread + 1)
			w->cell[arena][i] = 0;
	while (w->top[arena] > 0 && !w->cell[arena][w->top[arena] - 1])
		w->top[arena]--;
}

/* fixed 0: governed */
static void world_begin(struct world *w, const struct story *s, uint32_t fixed, unsigned seed)
{
	struct pp_governor_limits limits = {.max_servers = DEMAND};
	const char *trace = getenv("PP_SIM_TRACE");
	*w = (struct world){.story = s,
			    .limit = s->limit_mib * MIB,
			    .own = 3 * MIB,
			    .seed = seed,
			    .cap = fixed,
			    .governed = !fixed,
			    .trace = trace && !fixed && (unsigned)atoi(trace) == seed,
			    .idle_count = DEMAND};
	for (int i = 0; i < DEMAND; i++)
		w->idle[i] = i;
	if (s->memory == HEAP)
		w->own = s->own_mib * MIB - 14 * MIB;
	for (int i = 0; i < 10; i++)
		random_below(w, 1);
	w->sample = (struct pp_sample){.version = 2, .node_available_bytes = -1};
	pp_governor_init(&w->governor, &limits, 0);
}

static void world_tick(struct world *w)
{
	struct pp_governor_load load = {.open = w->open,
					.lent = w->lent,
					.waiting = is_wanted(w) ? DEMAND - w->lent : 0,
					.returned = w->done};
	struct pp_verdict v;
	bool slow = w->now < w->slow_until;
	w->sample.limit_bytes = w->limit;
	w->sample.working_set_bytes = working_set(w);
	pp_governor_tick(&w->governor, &w->sample, &load, w->now, &v);
	w->cap = v.at_work;
	if (w->open > v.cap) /* idle ones close at once, the others when they come back */
		w->open = w->lent > v.cap ? w->lent : v.cap;
	w->next_tick = w->now + v.next_ms + random_below(w, slow ? 30 : 10) +
		       (slow && !random_below(w, 20) ? 150 : 0);
	const struct pp_governor *g = &w->governor;
	if (w->trace)
		printf("%6d at work %2u target %2u lent %2u ws %5.1f own %5.1f base %5.1f cost "
		       "%4.2f "
		       "sur %4.1f wild "
		       "%4.1f next %4d %s\n",
		       (int)w->now, v.at_work, g->target, w->lent, (double)working_set(w) / MIB,
		       (double)w->own / MIB, (double)g->learn.base_bytes / MIB,
		       (double)v.cost_bytes / MIB, (double)g->learn.surprise_bytes / MIB,
		       (double)g->wild_bytes / MIB, (int)v.next_ms, v.reason);
}

static void start_job(struct world *w)
{
	int64_t result = w->story->result_mib * MIB;
	int64_t spread = result * w->story->spread_percent / 100;
	int at = (int)random_below(w, w->idle_count);
	int thread = w->idle[at];
	w->idle[at] = w->idle[--w->idle_count];
	w->open += w->open == w->lent;
	w->job[w->lent++] = (struct job){
		.thread = thread,
		.result = result - spread + random_below(w, 2 * spread),
		.hold_left = (HOLD_MS + random_below(w, HOLD_MORE_MS)) *
			     (w->story->hold_factor ? w->story->hold_factor : 1),
	};
}

static void end_job(struct world *w, uint32_t i)
{
	free_cells(w, w->job[i].thread);
	w->idle[w->idle_count++] = w->job[i].thread;
	w->job[i] = w->job[--w->lent];
	w->done++;
}

static void fetch(struct world *w, struct job *job, int64_t bytes)
{
	int64_t missing = job->result - job->held;
	int64_t before = job->held / CELL;
	job->held += missing < bytes ? missing : bytes;
	for (; w->story->memory == STACKED && before < job->held / CELL; before++)
		take_cell(w, job->thread);
}

/* Other work comes and goes, a second or so each time. */
static bool is_slow(struct world *w)
{
	if (w->now >= w->slow_until && w->now >= w->quiet_until) {
		pp_ms length = 300 + random_below(w, 2000);
		if (random_below(w, 100) < w->story->slow_percent)
			w->slow_until = w->now + length;
		else
			w->quiet_until = w->now + length;
	}
	return w->now < w->slow_until;
}

/* Transactions end, others begin while the cap allows; nothing at work is ever taken away. */
static void world_work(struct world *w)
{
	int64_t fetching = 0, rate = FETCH_RATE / (is_slow(w) ? 4 : 1);
	rate /= w->story->crawls ? w->story->crawls : 1;
	for (uint32_t i = 0; i < w->lent; i++)
		fetching += w->job[i].held < w->job[i].result;
	int64_t piece = fetching ? rate * STEP_MS / 1000 / fetching : 0;
	for (uint32_t i = 0; i < w->lent;) {
		struct job *job = &w->job[i];
		if (job->held < job->result) {
			fetch(w, job, piece);
		} else if ((job->hold_left -= STEP_MS) <= 0) {
			end_job(w, i);
			continue;
		}
		i++;
	}
	while (w->lent < w->cap && w->lent < DEMAND && is_wanted(w))
		start_job(w);
}

static void world_own(struct world *w)
{
	/* it needs the machine for that as well */
	int64_t step = GROWTH_RATE * STEP_MS / 1000 / (w->now < w->slow_until ? 4 : 1);
	if (w->now < STARTED_MS)
		w->own += (w->story->memory == HEAP ? 14 : w->story->own_mib - 3) * MIB * STEP_MS /
			  STARTED_MS;
	if (w->now >= grows_at(w->story) && w->grown < w->story->growth_mib * MIB) {
		w->own += step;
		w->grown += step;
	}
	if (w->story->memory == KEPT && working_set(w) - w->own > w->retained)
		w->retained = working_set(w) - w->own;
	/* v1 refuses a limit below what is used, and is asked again */
	if (w->story->lowered_mib && w->now >= GROWS_AT_MS && w->now % 1000 == 0 &&
	    w->limit > w->story->lowered_mib * MIB && working_set(w) < w->limit - 12 * MIB)
		w->limit -= 12 * MIB;
}

static void world_run(struct world *w, pp_ms until)
{
	for (; w->now < until && !w->killed; w->now += STEP_MS) {
		world_own(w);
		if (w->governed && w->now >= w->next_tick)
			world_tick(w);
		world_work(w);
		if (working_set(w) > w->peak)
			w->peak = working_set(w);
		w->killed = working_set(w) > w->limit;
	}
}

struct result {
	int killed;
	int64_t peak;
	uint64_t done, done_late; /* in the run; in as much time 30 s after the growth */
};

static unsigned seeds(void)
{
	return getenv("PP_SIM_SEEDS") ? (unsigned)atoi(getenv("PP_SIM_SEEDS")) : 10;
}

static struct result play(const struct story *s, uint32_t fixed)
{
	struct result r = {0};
	for (unsigned seed = 1; seed <= seeds() && !(r.killed && fixed); seed++) {
		static struct world w;
		world_begin(&w, s, fixed, seed);
		world_run(&w, RUN_MS + (s->pauses ? PAUSED_MS : 0));
		r.done += w.done;
		pp_ms late = grows_at(s) + s->growth_mib * MIB * 1000 / GROWTH_RATE + RECOVERED_MS;
		world_run(&w, late);
		uint64_t then = w.done;
		world_run(&w, late + RUN_MS);
		r.done_late += w.done - then;
		r.killed += w.killed;
		if (w.trace && w.killed)
			printf("killed\n");
		if (w.peak > r.peak)
			r.peak = w.peak;
	}
	return r;
}

START_TEST(test_governor_sim_survives_and_does_as_much_as_a_fixed_size)
{
	const struct story *s = &stories[_i];
	const char *only = getenv("PP_SIM_ONLY");
	if (only && !strstr(s->name, only))
		return;
	struct result best = {0}, mine = play(s, 0);
	uint32_t size = 0;
	for (uint32_t fixed = 1; fixed <= DEMAND; fixed++) {
		struct result r = play(s, fixed);
		if (r.killed)
			break;
		if (r.done > best.done) {
			best = r;
			size = fixed;
		}
	}
	printf("%-23s peak %4d of %4d MiB, %2d killed; %3d %% of fixed %2u, %3d %% in the long "
	       "run\n",
	       s->name, (int)(mine.peak / MIB), (int)s->limit_mib, mine.killed,
	       (int)(mine.done * 100 / best.done), size,
	       (int)(mine.done_late * 100 / best.done_late));
	fflush(stdout);
	ck_assert_int_eq(mine.killed, 0);
	ck_assert_uint_ge(mine.done * 100, best.done * (uint64_t)s->least_percent);
	ck_assert_uint_ge(mine.done_late * 100, best.done_late * (uint64_t)s->least_percent);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup/governor_sim");
	TCase *c = tcase_create("simulation");
	tcase_set_timeout(c, 600);
	tcase_add_loop_test(c, test_governor_sim_survives_and_does_as_much_as_a_fixed_size, 0,
			    (int)(sizeof stories / sizeof *stories));
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
