#include "cgroup/learn.h"

#include "pp_test.h"

#define MIB (INT64_C(1) << 20)

static struct pp_learn l;
static pp_ms now;

static void begin(int64_t ws_mib)
{
	now = 50000;
	pp_learn_init(&l);
	pp_learn_add(&l, ws_mib * MIB, 0, now);
}

static void run(pp_ms ms, int64_t ws_mib, uint32_t lent)
{
	for (pp_ms end = now + ms; now < end;) {
		now += 50;
		pp_learn_add(&l, ws_mib * MIB, lent, now);
	}
}

START_TEST(test_learn_cost_rises_at_once_and_falls_slowly)
{
	begin(10);
	ck_assert_int_eq(l.cost_bytes, PP_LEARN_PRIOR_COST);
	run(50, 50, 8);
	ck_assert_int_eq(l.cost_bytes, 5 * MIB);
	run(5000, 18, 8);
	ck_assert_int_lt(l.cost_bytes, 5 * MIB);
	ck_assert_int_gt(l.cost_bytes, 2 * MIB);
	run(40000, 18, 8);
	ck_assert_int_lt(l.cost_bytes, 2 * MIB);
	run(100000, 10, 0);
	ck_assert_int_eq(l.cost_bytes / (PP_LEARN_PRIOR_COST / 100), 100);
}
END_TEST

START_TEST(test_learn_memory_pairs_with_the_concurrency_that_caused_it)
{
	begin(10);
	run(500, 50, 8);
	run(2000, 50, 1); /* released late */
	ck_assert_int_eq(l.cost_bytes, 5 * MIB);
}
END_TEST

START_TEST(test_learn_what_an_allocator_keeps_goes_to_the_base)
{
	begin(10);
	run(500, 50, 8);
	run(10000, 50, 1);
	ck_assert_int_le(l.cost_bytes, 5 * MIB);
	ck_assert_int_ge(l.base_bytes, 45 * MIB);
}
END_TEST

START_TEST(test_learn_growth_under_steady_work_goes_to_the_base)
{
	begin(10);
	run(3000, 18, 8);
	for (int64_t ws = 18; ws < 80; ws++)
		run(50, ws, 8);
	run(30000, 80, 8);
	ck_assert_int_lt(l.cost_bytes, 3 * MIB);
	ck_assert_int_gt(l.base_bytes, 60 * MIB);
}
END_TEST

START_TEST(test_learn_slope_follows_and_forgets)
{
	begin(10);
	for (int64_t ws = 10; ws < 40; ws++)
		run(50, ws, 1);
	ck_assert_int_gt(l.slope, 15 * MIB);
	ck_assert_int_lt(l.slope, 21 * MIB);
	run(3000, 40, 1);
	ck_assert_int_lt(l.slope, MIB / 10);
	run(50, 10, 1);
	ck_assert_int_lt(l.slope, 0);
}
END_TEST

START_TEST(test_learn_flat_needs_two_seconds)
{
	begin(500);
	run(1900, 500, 3);
	ck_assert(!pp_learn_is_flat(&l, 1024 * MIB));
	run(400, 505, 3);
	ck_assert(pp_learn_is_flat(&l, 1024 * MIB));
	run(50, 520, 3);
	ck_assert(!pp_learn_is_flat(&l, 1024 * MIB));
}
END_TEST

START_TEST(test_learn_range_forgets_after_three_seconds)
{
	struct pp_learn_range r;
	begin(10);
	run(50, 90, 9);
	run(2500, 20, 2);
	pp_learn_recent(&l, PP_LEARN_WINDOW_MS, &r);
	ck_assert(r.max_ws_bytes == 90 * MIB && r.max_lent == 9);
	run(1000, 20, 2);
	pp_learn_recent(&l, PP_LEARN_WINDOW_MS, &r);
	ck_assert(r.max_ws_bytes == 20 * MIB && r.max_lent == 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup/learn");
	TCase *c = tcase_create("cost");
	tcase_add_test(c, test_learn_cost_rises_at_once_and_falls_slowly);
	tcase_add_test(c, test_learn_memory_pairs_with_the_concurrency_that_caused_it);
	tcase_add_test(c, test_learn_what_an_allocator_keeps_goes_to_the_base);
	tcase_add_test(c, test_learn_growth_under_steady_work_goes_to_the_base);
	suite_add_tcase(s, c);
	c = tcase_create("shape");
	tcase_add_test(c, test_learn_slope_follows_and_forgets);
	tcase_add_test(c, test_learn_flat_needs_two_seconds);
	tcase_add_test(c, test_learn_range_forgets_after_three_seconds);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
