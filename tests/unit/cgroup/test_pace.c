#include "cgroup/pace.h"

#include "pp_test.h"

#define MIB (INT64_C(1) << 20)

static struct pp_governor g;
static struct pp_governor_load load;
static struct pp_plan p;

static void begin(int64_t ws_mib)
{
	struct pp_governor_limits limits = {.max_servers = 20};
	pp_governor_init(&g, &limits, 0);
	g.target = 10;
	load = (struct pp_governor_load){0};
	p = (struct pp_plan){.load = &load,
			     .now = 60000,
			     .limit = 100 * MIB,
			     .line = 90 * MIB,
			     .ws = ws_mib * MIB,
			     .cost = 5 * MIB};
}

START_TEST(test_pace_is_slow_where_nothing_can_happen)
{
	begin(20);
	ck_assert_int_eq(pp_pace_next(&g, &p), 1000);
	p.limit = 0;
	ck_assert_int_eq(pp_pace_next(&g, &p), 1000);
}
END_TEST

START_TEST(test_pace_follows_those_who_wait_and_a_program_that_has_just_begun)
{
	begin(20);
	load.waiting = 1;
	ck_assert_int_eq(pp_pace_next(&g, &p), 250);
	g.target = 20;
	ck_assert_int_eq(pp_pace_next(&g, &p), 1000);
	p.now = 5000;
	ck_assert_int_eq(pp_pace_next(&g, &p), 250);
}
END_TEST

START_TEST(test_pace_is_as_fast_as_it_can_be_near_the_line_unless_memory_is_still)
{
	begin(80);
	load.lent = 5;
	ck_assert_int_eq(pp_pace_next(&g, &p), 25);
	p.still = true;
	ck_assert_int_eq(pp_pace_next(&g, &p), 50);
	p.ws = 20 * MIB;
	p.still = false;
	ck_assert_int_eq(pp_pace_next(&g, &p), 50); /* the work in flight might take it all */
}
END_TEST

START_TEST(test_pace_of_growth_leaves_room_for_those_who_may_come)
{
	begin(20);
	g.learn.surprise_bytes = 20 * MIB;
	ck_assert_int_eq(pp_pace_next(&g, &p), 30 * 250 / 20); /* 80 free, ten may take 50 */
	g.target = 1;
	ck_assert_int_eq(pp_pace_next(&g, &p), 75 * 250 / 20);
	g.target = 20;
	ck_assert_int_eq(pp_pace_next(&g, &p), 50);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup/pace");
	TCase *c = tcase_create("pace");
	tcase_add_test(c, test_pace_is_slow_where_nothing_can_happen);
	tcase_add_test(c, test_pace_follows_those_who_wait_and_a_program_that_has_just_begun);
	tcase_add_test(c, test_pace_is_as_fast_as_it_can_be_near_the_line_unless_memory_is_still);
	tcase_add_test(c, test_pace_of_growth_leaves_room_for_those_who_may_come);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
