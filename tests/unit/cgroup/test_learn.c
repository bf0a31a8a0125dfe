#include "cgroup/learn.h"

#include "pp_test.h"

#define MIB (INT64_C(1) << 20)

static struct pp_learn l;
static pp_ms now;
static bool judged;

static void begin(int64_t ws_mib)
{
	now = 50000;
	judged = false;
	pp_learn_init(&l);
	pp_learn_add(&l, ws_mib * MIB, 0, false, now);
}

static void run(pp_ms ms, int64_t ws_mib, uint32_t lent)
{
	for (pp_ms end = now + ms; now < end;) {
		now += 50;
		pp_learn_add(&l, ws_mib * MIB, lent, judged, now);
	}
}

START_TEST(test_learn_cost_rises_at_once_and_falls_slowly)
{
	begin(10);
	ck_assert_int_eq(l.cost_bytes, PP_LEARN_PRIOR_COST);
	run(50, 50, 8);
	ck_assert_int_eq(l.cost_bytes, 5 * MIB);
	run(3500, 18, 8); /* the window has just forgotten the 50 */
	ck_assert_int_lt(l.cost_bytes, 5 * MIB);
	ck_assert_int_gt(l.cost_bytes, 3 * MIB);
	run(40000, 18, 8);
	ck_assert_int_lt(l.cost_bytes, 2 * MIB);
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
	run(1000, 18, 8);
	judged = true;
	run(2000, 18, 8);
	for (int64_t ws = 18; ws < 80; ws++)
		run(50, ws, 8);
	run(30000, 80, 8);
	ck_assert_int_lt(l.cost_bytes, 3 * MIB);
	ck_assert_int_gt(l.base_bytes, 60 * MIB);
}
END_TEST

START_TEST(test_learn_chance_beside_judged_work_is_forgotten)
{
	begin(10);
	run(1000, 50, 8);
	judged = true;
	run(3000, 50, 8);
	ck_assert_int_eq(l.base_bytes, 10 * MIB);
	run(200, 58, 8);
	ck_assert_int_eq(l.base_bytes, 18 * MIB);
	run(60000, 50, 8);
	ck_assert_int_lt(l.base_bytes, 11 * MIB);
	ck_assert_int_gt(l.cost_bytes, 4 * MIB);
}
END_TEST

START_TEST(test_learn_an_absurd_cost_is_forgotten_soon)
{
	begin(10);
	run(1000, 40, 2); /* the program was still starting: 15 MiB each */
	run(8000, 42, 20);
	ck_assert_int_lt(l.cost_bytes, 4 * MIB);
}
END_TEST

START_TEST(test_learn_surprise_is_what_exceeds_the_known)
{
	begin(10);
	run(1000, 50, 8);
	judged = true;
	run(6000, 50, 8);
	for (int i = 0; i < 40; i++) { /* a wide swing, all of it known */
		run(100, 20, 8);
		run(100, 50, 8);
	}
	ck_assert_int_lt(l.surprise, MIB / 4);
	run(50, 56, 8);
	ck_assert_int_ge(l.surprise, 6 * MIB);
	run(5000, 56, 8);
	ck_assert_int_lt(l.surprise, MIB / 4);
}
END_TEST

START_TEST(test_learn_growth_needs_the_low_and_the_high_to_rise)
{
	begin(10);
	for (int i = 0; i < 20; i++) { /* results that arrive together */
		run(250, 20, 8);
		run(250, 60, 8);
		if (i > 2)
			ck_assert_int_lt(l.growth, MIB);
	}
	for (int64_t ws = 60; ws < 90; ws++)
		run(50, ws, 8);
	ck_assert_int_gt(l.growth, 15 * MIB);
	ck_assert_int_lt(l.growth, 25 * MIB);
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
	tcase_add_test(c, test_learn_chance_beside_judged_work_is_forgotten);
	tcase_add_test(c, test_learn_an_absurd_cost_is_forgotten_soon);
	suite_add_tcase(s, c);
	c = tcase_create("shape");
	tcase_add_test(c, test_learn_surprise_is_what_exceeds_the_known);
	tcase_add_test(c, test_learn_growth_needs_the_low_and_the_high_to_rise);
	tcase_add_test(c, test_learn_slope_follows_and_forgets);
	tcase_add_test(c, test_learn_flat_needs_two_seconds);
	tcase_add_test(c, test_learn_range_forgets_after_three_seconds);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
