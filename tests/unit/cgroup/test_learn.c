#include "cgroup/learn.h"

#include "pp_test.h"

#define MIB (INT64_C(1) << 20)

static struct pp_learn l;
static struct pp_learn_seen seen;
static pp_ms now;

static bool look(int64_t ws_mib, uint32_t lent, pp_ms ms)
{
	seen.ws_bytes = ws_mib * MIB;
	seen.lent = lent;
	now += ms;
	return pp_learn_add(&l, &seen, now);
}

static void begin(int64_t ws_mib)
{
	now = 50000;
	seen = (struct pp_learn_seen){0};
	pp_learn_init(&l);
	look(ws_mib, 0, 0);
}

/* Whole generations: all that is at work ends, half a second each. */
static void generations(int n, int64_t ws_mib, uint32_t lent)
{
	for (int i = 0; i < n; i++) {
		look(ws_mib, lent, 100);
		seen.returned += lent;
		while (!look(ws_mib, lent, 50))
			;
	}
}

START_TEST(test_learn_a_generation_is_what_is_at_work_and_half_a_second)
{
	begin(10);
	ck_assert(!look(20, 4, 400)); /* nothing has ended, and it is too early */
	seen.returned = 3;
	ck_assert(!look(20, 4, 5000)); /* one is still at it */
	seen.returned = 4;
	ck_assert(look(30, 4, 50));
	ck_assert_int_eq(l.last.max_ws_bytes, 30 * MIB);
	ck_assert_int_eq(l.last.min_ws_bytes, 10 * MIB);
	ck_assert_uint_eq(l.last.max_lent, 4);
	seen.returned = 9;
	ck_assert(!look(30, 4, 499));
	ck_assert(look(30, 4, 1));
}
END_TEST

START_TEST(test_learn_who_waited_in_a_generation_is_remembered)
{
	begin(10);
	seen.queued = true;
	look(20, 2, 100);
	seen.queued = false;
	seen.returned = 2;
	ck_assert(look(20, 2, 500));
	ck_assert(l.last.queued);
	ck_assert(!l.now.queued);
}
END_TEST

START_TEST(test_learn_cost_rises_at_once_and_falls_slowly)
{
	begin(10);
	ck_assert_int_eq(l.cost_bytes, PP_LEARN_PRIOR_COST);
	look(50, 8, 50);
	ck_assert_int_eq(l.cost_bytes, 5 * MIB);
	generations(2, 42, 8);
	ck_assert_int_lt(l.cost_bytes, 5 * MIB);
	ck_assert_int_gt(l.cost_bytes, 9 * MIB / 2);
	generations(60, 42, 8);
	ck_assert_int_lt(l.cost_bytes, 17 * MIB / 4);
}
END_TEST

START_TEST(test_learn_an_absurd_cost_is_halved_by_each_generation)
{
	begin(10);
	look(50, 1, 50); /* the program was starting */
	ck_assert_int_ge(l.cost_bytes, 40 * MIB);
	look(10, 0, 500);
	generations(1, 20, 4);
	generations(3, 20, 4);
	ck_assert_int_lt(l.cost_bytes, 10 * MIB);
}
END_TEST

START_TEST(test_learn_growth_under_steady_work_goes_to_the_base)
{
	begin(10);
	generations(3, 50, 8);
	for (int64_t ws = 51; ws <= 85; ws++) { /* 35 MiB */
		seen.returned++;
		look(ws, 8, 50);
	}
	generations(3, 85, 8);
	ck_assert_int_eq(l.cost_bytes, 5 * MIB);
	ck_assert_int_eq(l.base_bytes, 45 * MIB);
}
END_TEST

START_TEST(test_learn_growth_during_a_small_increase_goes_to_the_base_too)
{
	begin(10);
	generations(3, 50, 8);
	generations(3, 65, 9);
	ck_assert_int_eq(l.cost_bytes, 5 * MIB);
	ck_assert_int_eq(l.base_bytes, 20 * MIB);
}
END_TEST

START_TEST(test_learn_what_an_allocator_keeps_goes_to_the_base)
{
	begin(10);
	generations(3, 50, 8);
	generations(20, 50, 1);
	ck_assert_int_le(l.cost_bytes, 5 * MIB);
	ck_assert_int_ge(l.base_bytes, 45 * MIB);
}
END_TEST

/* Measured: a JVM that took 13 MiB while it ran its first query; 60 at once cost nothing more. */
START_TEST(test_learn_a_full_heap_costs_nothing_more)
{
	begin(219);
	generations(2, 232, 1);
	ck_assert_int_ge(l.cost_bytes, 12 * MIB);
	for (uint32_t lent = 2; lent <= 32; lent *= 2)
		generations(1, 232, lent);
	ck_assert_int_lt(l.cost_bytes, MIB / 2);
}
END_TEST

/* ... but work that only uses again what was kept proves nothing for more of it. */
START_TEST(test_learn_what_is_used_again_is_not_free)
{
	begin(10);
	generations(3, 70, 12);
	generations(3, 70, 1);
	int64_t cost = l.cost_bytes;
	ck_assert_int_eq(cost, 5 * MIB);
	for (uint32_t lent = 2; lent <= 8; lent *= 2)
		generations(1, 70, lent);
	ck_assert_int_ge(l.cost_bytes, 4 * MIB);
}
END_TEST

/* Measured with results of 4 MiB: the 17th found room in what the 16 had left. */
START_TEST(test_learn_one_more_that_costs_nothing_makes_nothing_free)
{
	begin(6);
	generations(3, 70, 16);
	int64_t cost = l.cost_bytes;
	generations(3, 70, 17);
	ck_assert_int_ge(l.cost_bytes, cost * 9 / 10);
}
END_TEST

START_TEST(test_learn_base_never_exceeds_what_is_used)
{
	begin(60);
	generations(2, 80, 4);
	look(30, 4, 50);
	ck_assert_int_eq(l.base_bytes, 30 * MIB);
	look(20, 0, 50);
	ck_assert_int_eq(l.base_bytes, 20 * MIB);
}
END_TEST

START_TEST(test_learn_only_what_nobody_expected_is_a_surprise)
{
	begin(10);
	generations(3, 50, 8);
	generations(10, 50, 8);
	ck_assert_int_lt(l.surprise_bytes, MIB / 2);
	look(30, 8, 50); /* they end, they come: nothing new */
	look(50, 8, 50);
	ck_assert_int_lt(l.surprise_bytes, MIB / 2);
	look(58, 8, 50);
	ck_assert_int_gt(l.surprise_bytes, 7 * MIB);
	look(58, 8, 3000);
	ck_assert_int_lt(l.surprise_bytes, 3 * MIB);
}
END_TEST

START_TEST(test_learn_growth_of_20_mib_a_second_is_a_surprise_of_that_size)
{
	begin(10);
	generations(3, 50, 8);
	for (int64_t ws = 51; ws <= 85; ws++)
		look(ws, 8, 50);
	ck_assert_int_gt(l.surprise_bytes, 12 * MIB);
	ck_assert_int_lt(l.surprise_bytes, 25 * MIB);
}
END_TEST

START_TEST(test_learn_still_is_a_while_without_movement)
{
	begin(200);
	look(200, 4, 1400);
	ck_assert(!pp_learn_is_still(&l));
	look(201, 4, 200);
	ck_assert(pp_learn_is_still(&l));
	look(204, 4, 50);
	ck_assert(!pp_learn_is_still(&l));
	look(203, 4, 1600);
	ck_assert(pp_learn_is_still(&l));
}
END_TEST

/* The container's memory, then the pod's, 2 GiB higher: the same work. */
START_TEST(test_learn_of_another_memory_with_the_same_work_everything_is_as_much_higher)
{
	begin(10);
	generations(3, 50, 8);
	look(50, 8, 2000);
	int64_t base = l.base_bytes, cost = l.cost_bytes, high = pp_learn_high(&l);
	pp_learn_move(&l, 2048 * MIB);
	ck_assert_int_eq(l.base_bytes, base + 2048 * MIB);
	ck_assert_int_eq(pp_learn_high(&l), high + 2048 * MIB);
	generations(3, 50 + 2048, 8);
	ck_assert_int_le(l.cost_bytes, cost);
	ck_assert_int_lt(l.surprise_bytes, MIB);
	ck_assert(pp_learn_is_still(&l));
	pp_learn_move(&l, -PP_LEARN_MAX_BYTES); /* nonsense */
	ck_assert(l.base_bytes == 0 && pp_learn_high(&l) == 0);
}
END_TEST

/* 10 at work, half a second each; what they take comes within the first half of that. */
START_TEST(test_learn_how_long_memory_takes_to_come)
{
	begin(10);
	ck_assert(pp_learn_arrives_ms(&l) > 100); /* nothing is known */
	generations(4, 60, 10);
	for (int i = 0; i < 20; i++) {
		look(35, 10, 250);
		seen.returned += 10;
		look(60, 10, 250);
	}
	ck_assert(pp_learn_arrives_ms(&l) > 80 && pp_learn_arrives_ms(&l) < 150);
	seen.returned += 100000; /* transactions of microseconds */
	look(60, 10, 500);
	ck_assert(pp_learn_arrives_ms(&l) < 1 && pp_learn_arrives_ms(&l) > 0);
}
END_TEST

START_TEST(test_learn_survives_a_clock_that_stands_still)
{
	begin(10);
	for (int i = 0; i < 100; i++)
		look(10 + i, (uint32_t)i * 100000, 0);
	ck_assert_int_ge(l.cost_bytes, PP_LEARN_MIN_COST);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup/learn");
	TCase *c = tcase_create("generations");
	tcase_add_test(c, test_learn_a_generation_is_what_is_at_work_and_half_a_second);
	tcase_add_test(c, test_learn_who_waited_in_a_generation_is_remembered);
	suite_add_tcase(s, c);
	c = tcase_create("cost and base");
	tcase_add_test(c, test_learn_cost_rises_at_once_and_falls_slowly);
	tcase_add_test(c, test_learn_an_absurd_cost_is_halved_by_each_generation);
	tcase_add_test(c, test_learn_growth_under_steady_work_goes_to_the_base);
	tcase_add_test(c, test_learn_growth_during_a_small_increase_goes_to_the_base_too);
	tcase_add_test(c, test_learn_what_an_allocator_keeps_goes_to_the_base);
	tcase_add_test(c, test_learn_a_full_heap_costs_nothing_more);
	tcase_add_test(c, test_learn_what_is_used_again_is_not_free);
	tcase_add_test(c, test_learn_one_more_that_costs_nothing_makes_nothing_free);
	tcase_add_test(c, test_learn_base_never_exceeds_what_is_used);
	suite_add_tcase(s, c);
	c = tcase_create("surprise");
	tcase_add_test(c, test_learn_only_what_nobody_expected_is_a_surprise);
	tcase_add_test(c, test_learn_growth_of_20_mib_a_second_is_a_surprise_of_that_size);
	tcase_add_test(c, test_learn_still_is_a_while_without_movement);
	tcase_add_test(
		c, test_learn_of_another_memory_with_the_same_work_everything_is_as_much_higher);
	tcase_add_test(c, test_learn_how_long_memory_takes_to_come);
	tcase_add_test(c, test_learn_survives_a_clock_that_stands_still);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
