/* What one tick knows (plan.h). What is made of it: test_governor.c. */
#include "cgroup/plan.h"

#include "pp_test.h"

#define MIB (INT64_C(1) << 20)

static struct pp_governor g;
static const struct pp_governor_load idle;

static void setup(void)
{
	struct pp_governor_limits limits = {.max_servers = 20};
	pp_governor_init(&g, &limits, 0);
}

static struct pp_sample sample_of(int64_t limit, int64_t ws)
{
	return (struct pp_sample){.limit_bytes = limit,
				  .working_set_bytes = ws,
				  .own_working_set_bytes = ws,
				  .node_available_bytes = -1,
				  .node_total_bytes = -1,
				  .version = 2};
}

/* As governor.c does it: the first sample is a beginning, not an event. */
static struct pp_plan look(struct pp_sample sample, pp_ms now)
{
	struct pp_plan p = pp_plan_look(&g, &sample, &idle, now);
	g.started = true;
	return p;
}

START_TEST(test_plan_fits_rounds_down_below_zero_as_well)
{
	static const struct {
		int64_t room, cost, fits;
	} table[] = {{0, 5, 0},	  {4, 5, 0},   {5, 5, 1},  {14, 5, 2},
		     {-1, 5, -1}, {-5, 5, -1}, {-6, 5, -2}};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		ck_assert_int_eq(pp_plan_fits(table[i].room, table[i].cost), table[i].fits);
}
END_TEST

START_TEST(test_plan_the_tighter_of_the_kernels_limit_and_the_given_one)
{
	ck_assert_int_eq(look(sample_of(200 * MIB, MIB), 1).limit, 200 * MIB);
	g.limits.memory_limit_bytes = 100 * MIB;
	ck_assert_int_eq(look(sample_of(200 * MIB, MIB), 2).limit, 100 * MIB);
	ck_assert_int_eq(look(sample_of(50 * MIB, MIB), 3).limit, 50 * MIB);
	ck_assert_int_eq(look(sample_of(PP_SAMPLE_NO_LIMIT, MIB), 4).limit, 100 * MIB);
	g.limits.memory_limit_bytes = 0;
	struct pp_plan p = look(sample_of(PP_SAMPLE_NO_LIMIT, MIB), 5);
	ck_assert(p.limit == 0 && p.reserve == 0);
}
END_TEST

/* resourceFieldRef: limits.memory is read when the container starts; a resize in place changes the kernel's only. */
START_TEST(test_plan_a_given_limit_that_repeats_the_kernels_is_no_limit_of_its_own)
{
	g.limits.memory_limit_bytes = 512 * MIB + 100;
	ck_assert_int_eq(look(sample_of(512 * MIB, MIB), 1).limit, 512 * MIB);
	ck_assert_int_eq(look(sample_of(2048 * MIB, 700 * MIB), 2).limit, 2048 * MIB);
	ck_assert_int_eq(look(sample_of(PP_SAMPLE_NO_LIMIT, MIB), 3).limit, 512 * MIB + 100);
	g.limits.memory_limit_bytes = 256 * MIB; /* reloaded: somebody means it */
	ck_assert_int_eq(look(sample_of(2048 * MIB, MIB), 4).limit, 256 * MIB);
}
END_TEST

/* Beside a neighbour in the same pod: the container's limit is nothing to the pod's memory. */
START_TEST(test_plan_the_given_limit_is_for_the_own_memory)
{
	struct pp_sample pod = sample_of(1024 * MIB, 900 * MIB);
	pod.limit_above = 1;
	pod.limit_file = "memory.max";
	pod.own_working_set_bytes = 60 * MIB;
	g.limits.memory_limit_bytes = 128 * MIB;
	struct pp_plan p = look(pod, 1);
	ck_assert(p.limit == 128 * MIB && p.ws == 60 * MIB && p.limit_above == 0);
	ck_assert_str_eq(p.limit_file, "PODPOOL_MEMORY_LIMIT");
	g.limits.memory_limit_bytes = 512 * MIB; /* but there are only 124 left in the pod */
	p = look(pod, 2);
	ck_assert(p.limit == 1024 * MIB && p.ws == 900 * MIB && p.limit_above == 1);
	ck_assert_str_eq(p.limit_file, "memory.max");
}
END_TEST

/* The container's level has the least room, and then the pod's, and so on. */
START_TEST(test_plan_levels_that_take_turns_are_no_news)
{
	struct pp_sample level[2] = {sample_of(256 * MIB, 200 * MIB),
				     sample_of(2048 * MIB, 1992 * MIB)};
	level[1].limit_above = 1;
	g.proven = 7;
	for (pp_ms t = 0; t < 10000; t += 100) {
		struct pp_sample s = level[t / 300 % 2];
		s.working_set_bytes += t / 100 % 3 * 100000;
		s.own_working_set_bytes = 200 * MIB + t / 100 % 3 * 100000;
		struct pp_plan p = look(s, t);
		ck_assert_int_eq(p.ws, s.working_set_bytes);
		ck_assert(!p.growing && (p.still || t < 1600));
		ck_assert_int_le(p.reserve, 32 * MIB);
	}
	ck_assert_uint_eq(g.proven, 7);
	level[0].limit_bytes -= 20 * MIB; /* this one did come down */
	struct pp_plan p = look(level[0], 10000);
	ck_assert(!p.still && g.proven == 0);
}
END_TEST

START_TEST(test_plan_nonsense_of_the_kernel_stays_within_what_can_be_reckoned_with)
{
	static const int64_t nonsense[] = {INT64_MIN, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
	for (int i = 0; i < 36; i++) {
		struct pp_plan p = look(sample_of(nonsense[i / 6], nonsense[i % 6]), i);
		ck_assert(p.limit >= 0 && p.limit <= PP_PLAN_MAX_BYTES);
		ck_assert(p.ws >= 0 && p.ws <= PP_PLAN_MAX_BYTES);
		ck_assert(p.reserve >= 0 && p.reserve <= p.limit && p.line == p.limit - p.reserve);
	}
}
END_TEST

START_TEST(test_plan_line_leaves_some_of_any_limit_and_never_more_than_half)
{
	for (int64_t limit = MIB; limit < PP_PLAN_MAX_BYTES; limit *= 2) {
		setup();
		struct pp_plan p = look(sample_of(limit, limit / 2), 1);
		ck_assert(p.reserve > 0 && p.reserve <= limit / 2 && p.line >= limit / 2);
	}
}
END_TEST

/* The longer work takes to end, the further memory may go before anything can be taken back. The brake is nearer than the
 * line, and nearer still after a surprise. */
START_TEST(test_plan_keeps_more_free_where_work_takes_longer)
{
	g.learn.cost_bytes = 6 * MIB;
	g.learn.last.max_lent = 10;
	g.learn.last.took = 500;
	struct pp_plan quick = look(sample_of(96 * MIB, 60 * MIB), 0);
	g.learn.last.took = 700;
	struct pp_plan slow = look(sample_of(96 * MIB, 60 * MIB), 1);
	g.learn.last.took = 60000;
	struct pp_plan slowest = look(sample_of(96 * MIB, 60 * MIB), 2);
	ck_assert_int_gt(slow.reserve, quick.reserve * 6 / 5);
	ck_assert_int_ge(slowest.reserve, slow.reserve);
	ck_assert_int_lt(slowest.reserve, quick.reserve * 7 / 5);
	ck_assert_int_eq(quick.brake, 96 * MIB - quick.reserve * 14 / 10);
	g.learn.surprise_bytes = 4 * MIB;
	ck_assert_int_eq(look(sample_of(96 * MIB, 60 * MIB), 2).brake, slowest.brake - 4 * MIB);
}
END_TEST

START_TEST(test_plan_keeps_as_much_free_for_the_first_work_after_a_pause)
{
	g.learn.cost_bytes = 6 * MIB;
	g.learn.last.took = 500;
	g.learn.last.max_lent = 10;
	int64_t reserve = look(sample_of(96 * MIB, 60 * MIB), 0).reserve;
	g.learn.last.max_lent = 0;
	g.learn.now.max_lent = 10;
	ck_assert_int_eq(look(sample_of(96 * MIB, 60 * MIB), 1).reserve, reserve);
}
END_TEST

START_TEST(test_plan_a_kill_counts_once_and_not_what_was_before_us)
{
	struct pp_sample s = sample_of(200 * MIB, MIB);
	s.kill_events = 3;
	ck_assert(!look(s, 1).killed); /* before our time */
	ck_assert(!look(s, 2).killed);
	s.kill_events = 4;
	ck_assert(look(s, 3).killed);
	ck_assert(!look(s, 4).killed);
	s.kill_events = 1; /* another cgroup */
	ck_assert(!look(s, 5).killed);
	s.kill_events = 2;
	ck_assert(look(s, 6).killed);
}
END_TEST

/* sample.h: it grows harmlessly when the page cache fills up to memory.high. */
START_TEST(test_plan_throttling_counts_as_a_kill_only_where_the_working_set_is_high)
{
	struct pp_sample s = sample_of(200 * MIB, 100 * MIB);
	look(s, 1);
	s.throttle_events = 5;
	ck_assert(!look(s, 2).killed);
	s.throttle_events = 6;
	s.working_set_bytes = 190 * MIB;
	ck_assert(look(s, 3).killed);
}
END_TEST

/* ... nor where it stands still there: a full heap, beside a program that writes files. */
START_TEST(test_plan_throttling_of_what_stands_still_counts_only_in_a_stall)
{
	struct pp_sample s = sample_of(200 * MIB, 190 * MIB);
	for (pp_ms t = 0; t < 4000; t += 250)
		look(s, t);
	s.throttle_events = 5;
	ck_assert(!look(s, 4000).killed);
	s.kill_events = 1;
	ck_assert(look(s, 4001).killed);
	s.stall_total_us += 500000;
	ck_assert(!look(s, 6500).killed);
	s.throttle_events = 6;
	ck_assert(look(s, 6750).killed);
}
END_TEST

/* A tenth of two seconds, as PSI's trigger `some 200000 2000000`. */
START_TEST(test_plan_stalls_when_a_tenth_of_two_seconds_was_waited)
{
	struct pp_sample s = sample_of(200 * MIB, MIB);
	ck_assert(!look(s, 1000).stalled);
	s.stall_total_us = 199000;
	ck_assert(!look(s, 3000).stalled);
	s.stall_total_us += 200000;
	ck_assert(!look(s, 4000).stalled); /* one second is not two */
	ck_assert(look(s, 5000).stalled);
	ck_assert(look(s, 6999).stalled);
	ck_assert(!look(s, 7000).stalled);
}
END_TEST

/* kubelet evicts at 100 MiB available. */
START_TEST(test_plan_the_node_is_tight_below_a_tenth_but_not_only_there)
{
	struct pp_sample s = sample_of(PP_SAMPLE_NO_LIMIT, MIB);
	ck_assert(!look(s, 1).node_tight); /* unknown */
	s.node_total_bytes = 16000 * MIB;
	s.node_available_bytes = 1601 * MIB;
	ck_assert(!look(s, 2).node_tight);
	s.node_available_bytes = 1599 * MIB;
	ck_assert(look(s, 3).node_tight);
	s.node_total_bytes = 1000 * MIB; /* a small node: 500 MiB */
	s.node_available_bytes = 499 * MIB;
	ck_assert(look(s, 4).node_tight);
	s.node_available_bytes = 501 * MIB;
	ck_assert(!look(s, 5).node_tight);
}
END_TEST

START_TEST(test_plan_what_was_carried_below_a_higher_limit_proves_nothing)
{
	look(sample_of(200 * MIB, MIB), 1);
	g.proven = 12;
	ck_assert_int_eq(look(sample_of(300 * MIB, MIB), 2).limit, 300 * MIB);
	ck_assert_uint_eq(g.proven, 12);
	ck_assert(
		!look(sample_of(100 * MIB, MIB), 60000).still); /* nothing is, just after it fell */
	ck_assert_uint_eq(g.proven, 0);
}
END_TEST

START_TEST(test_plan_a_limit_that_appears_has_come_down_from_infinity)
{
	pp_ms t = 0;
	for (; t < 60000; t += 1000)
		look(sample_of(PP_SAMPLE_NO_LIMIT, 40 * MIB), t);
	t -= 900; /* in the midst of a generation: at its end the reserve begins to settle */
	g.proven = 20;
	for (pp_ms since = 0; since <= 3000; since += 250) {
		struct pp_plan p = look(sample_of(100 * MIB, 40 * MIB), t + since);
		ck_assert(!p.still);
		if (since == 0)
			ck_assert_int_ge(p.reserve, 12 * MIB);
	}
	ck_assert_uint_eq(g.proven, 0);
	ck_assert(look(sample_of(100 * MIB, 40 * MIB), t + 3250).still);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup/plan");
	TCase *c = tcase_create("plan");
	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_test(c, test_plan_fits_rounds_down_below_zero_as_well);
	tcase_add_test(c, test_plan_the_tighter_of_the_kernels_limit_and_the_given_one);
	tcase_add_test(c, test_plan_a_given_limit_that_repeats_the_kernels_is_no_limit_of_its_own);
	tcase_add_test(c, test_plan_the_given_limit_is_for_the_own_memory);
	tcase_add_test(c, test_plan_levels_that_take_turns_are_no_news);
	tcase_add_test(c, test_plan_nonsense_of_the_kernel_stays_within_what_can_be_reckoned_with);
	tcase_add_test(c, test_plan_line_leaves_some_of_any_limit_and_never_more_than_half);
	tcase_add_test(c, test_plan_keeps_more_free_where_work_takes_longer);
	tcase_add_test(c, test_plan_keeps_as_much_free_for_the_first_work_after_a_pause);
	tcase_add_test(c, test_plan_a_kill_counts_once_and_not_what_was_before_us);
	tcase_add_test(c, test_plan_throttling_counts_as_a_kill_only_where_the_working_set_is_high);
	tcase_add_test(c, test_plan_throttling_of_what_stands_still_counts_only_in_a_stall);
	tcase_add_test(c, test_plan_stalls_when_a_tenth_of_two_seconds_was_waited);
	tcase_add_test(c, test_plan_the_node_is_tight_below_a_tenth_but_not_only_there);
	tcase_add_test(c, test_plan_what_was_carried_below_a_higher_limit_proves_nothing);
	tcase_add_test(c, test_plan_a_limit_that_appears_has_come_down_from_infinity);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
