/* A synthetic program under a real governor: 60 threads that each hold a result while they work,
 * as in the experiment the formula comes from (facts 2.6). Pass: never at the limit, and useful
 * work goes on. */
#include "cgroup/governor.h"

#include <stdio.h>

#include "pp_test.h"

#define MIB	    (INT64_C(1) << 20)
#define MAX_LENT    64
#define STEP_MS	    5
#define DEMAND	    60
#define WORK_MS	    250
#define GROWTH_RATE (20 * MIB) /* per second */

struct world {
	int64_t limit, own; /* own: the program itself */
	int64_t result;	    /* what one transaction holds at its end */
	int64_t retained;   /* freed by the program, kept by its allocator */
	int keep_percent;   /* how much of a result the allocator keeps */
	pp_ms work_left[MAX_LENT];
	uint32_t lent, cap;
	int64_t peak;
	long done;
	unsigned seed;
	struct pp_governor governor;
	struct pp_sample sample;
	pp_ms now, next_tick;
	bool killed;
};

static int64_t held(const struct world *w)
{
	int64_t sum = 0;
	for (uint32_t i = 0; i < w->lent; i++)
		sum += w->result * (WORK_MS - w->work_left[i]) / WORK_MS;
	return sum;
}

static int64_t working_set(const struct world *w)
{
	int64_t work = held(w);
	return w->own + (work > w->retained ? work : w->retained);
}

static pp_ms work_length(struct world *w)
{
	w->seed = w->seed * 1103515245u + 12345u;
	return WORK_MS - (pp_ms)(w->seed >> 16) % 50;
}

static void world_begin(struct world *w, int64_t limit_mib, int64_t own_mib, int64_t result_mib)
{
	struct pp_governor_limits limits = {.max_servers = MAX_LENT};
	*w = (struct world){.limit = limit_mib * MIB,
			    .own = own_mib * MIB,
			    .result = result_mib * MIB,
			    .seed = 42,
			    .cap = 1};
	w->sample = (struct pp_sample){.version = 2, .node_available_bytes = -1};
	pp_governor_init(&w->governor, &limits, 0);
}

static void world_tick(struct world *w)
{
	struct pp_governor_load load = {
		.open = w->lent, .lent = w->lent, .waiting = DEMAND - w->lent};
	struct pp_verdict v;
	w->sample.limit_bytes = w->limit;
	w->sample.working_set_bytes = working_set(w);
	pp_governor_tick(&w->governor, &w->sample, &load, w->now, &v);
	w->cap = v.cap;
	w->next_tick = w->now + v.next_ms;
	if (getenv("PP_SIM_TRACE"))
		printf("%6d ms cap %2u lent %2u ws %5.1f own %5.1f cost %4.1f next %4d %s\n",
		       (int)w->now, v.cap, w->lent, (double)working_set(w) / MIB,
		       (double)w->own / MIB, (double)v.cost_bytes / MIB, (int)v.next_ms, v.reason);
}

/* Transactions end, others begin while the cap allows; nothing at work is ever taken away. */
static void world_work(struct world *w)
{
	int64_t before = held(w);
	for (uint32_t i = 0; i < w->lent;) {
		w->work_left[i] -= STEP_MS;
		if (w->work_left[i] > 0) {
			i++;
			continue;
		}
		w->done++;
		w->work_left[i] = w->work_left[--w->lent];
	}
	if (before * w->keep_percent / 100 > w->retained)
		w->retained = before * w->keep_percent / 100;
	while (w->lent < w->cap && w->lent < DEMAND)
		w->work_left[w->lent++] = work_length(w);
}

static void world_run(struct world *w, pp_ms for_ms, int64_t growth_per_s)
{
	for (pp_ms end = w->now + for_ms; w->now < end; w->now += STEP_MS) {
		w->own += growth_per_s * STEP_MS / 1000;
		if (w->now >= w->next_tick)
			world_tick(w);
		world_work(w);
		if (working_set(w) > w->peak)
			w->peak = working_set(w);
		w->killed |= working_set(w) > w->limit;
	}
}

/* keep: an allocator that gives nothing back cannot be saved from growth beyond the reserve by
 * anybody, so those stories grow little. least: of the best fixed cap, once things have settled. */
static const struct story {
	int64_t limit_mib, own_mib, result_mib, growth_mib;
	int keep_percent, least_percent;
} stories[] = {
	{96, 6, 4, 0, 0, 80},
	{96, 6, 4, 20, 0, 65},
	{96, 6, 4, 35, 0, 65},
	{96, 6, 4, 35, 60, 10}, /* what the allocator kept looks used: safe, but slow */
	{96, 6, 8, 0, 0, 65},
	{96, 6, 8, 35, 0, 50},
	{96, 6, 8, 4, 100, 10}, /* likewise */
	{96, 6, 1, 35, 0, 80},
	{256, 60, 5, 10, 100, 50},
	{256, 60, 12, 60, 50, 50},
	{1024, 400, 4, 500, 0, 80},
};

/* Transactions that the best fixed cap outside the reserve of 10 % would finish in `ms`. */
static long best_fixed(const struct world *w, pp_ms ms)
{
	int64_t cap = (w->limit / 10 * 9 - w->own) / w->result;
	cap = cap > DEMAND ? DEMAND : cap < 1 ? 1 : cap;
	return (long)(cap * ms / WORK_MS);
}

START_TEST(test_governor_sim_never_reaches_the_limit_and_recovers)
{
	const struct story *s = &stories[_i];
	struct world w;
	world_begin(&w, s->limit_mib, s->own_mib, s->result_mib);
	w.keep_percent = s->keep_percent;
	world_run(&w, 6000, 0);
	ck_assert_msg(!w.killed, "killed before the growth, peak %d MiB", (int)(w.peak / MIB));
	world_run(&w, s->growth_mib * MIB * 1000 / GROWTH_RATE, GROWTH_RATE);
	ck_assert_msg(!w.killed, "killed by the growth, peak %d MiB", (int)(w.peak / MIB));
	world_run(&w, 20000, 0); /* learn again */
	w.done = 0;
	world_run(&w, 20000, 0);
	ck_assert_msg(!w.killed, "killed after the growth, peak %d MiB", (int)(w.peak / MIB));
	long best = best_fixed(&w, 20000);
	printf("story %d: peak %d of %d MiB, %ld transactions of %ld, cap %u\n", _i,
	       (int)(w.peak / MIB), (int)s->limit_mib, w.done, best, w.cap);
	ck_assert_int_ge(w.done * 100, best * s->least_percent);
}
END_TEST

START_TEST(test_governor_sim_follows_a_limit_lowered_while_running)
{
	struct world w;
	world_begin(&w, 256, 10, 4);
	world_run(&w, 10000, 0);
	w.limit = 160 * MIB;
	w.killed = false;
	world_run(&w, 1000,
		  0); /* what is in flight may finish; the kernel refuses less than used */
	w.killed = false;
	world_run(&w, 20000, 0);
	ck_assert(!w.killed);
	ck_assert_uint_ge(w.cap, 15);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup/governor_sim");
	TCase *c = tcase_create("simulation");
	tcase_add_loop_test(c, test_governor_sim_never_reaches_the_limit_and_recovers, 0,
			    (int)(sizeof stories / sizeof *stories));
	tcase_add_test(c, test_governor_sim_follows_a_limit_lowered_while_running);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
