#include "cgroup/gate.h"

#include "cgroup/governor_state.h"
#include "pp_test.h"

#define MIB (INT64_C(1) << 20)

static struct pp_governor g;
static struct pp_governor_load load;
static struct pp_plan p;

/* 100 MiB, the line at 80, the brake at 75; 5 MiB each; ten at work for long. */
static void setup(void)
{
	struct pp_governor_limits limits = {.max_servers = 20};
	pp_governor_init(&g, &limits, 0);
	g.target = 20;
	g.lent = 10;
	g.looked_at = 10000;
	g.learn.now.max_lent = 10;
	load = (struct pp_governor_load){.open = 10, .lent = 10};
	p = (struct pp_plan){.load = &load,
			     .now = 10000,
			     .limit = 100 * MIB,
			     .reserve = 20 * MIB,
			     .line = 80 * MIB,
			     .brake = 75 * MIB,
			     .cost = 5 * MIB};
}

static int64_t look(pp_ms later, uint32_t lent, int64_t ws_mib)
{
	p.now += later;
	load.lent = lent;
	p.ws = ws_mib * MIB;
	return pp_gate(&g, &p, false);
}

static void rises(void)
{
	g.learn.rose_at = p.now;
}

START_TEST(test_gate_is_open_without_limit_and_where_memory_stands_still)
{
	p.limit = 0;
	ck_assert_int_eq(look(0, 10, 99), INT64_MAX);
	p.limit = 100 * MIB;
	p.still = true;
	ck_assert_int_eq(look(0, 10, 99), INT64_MAX);
}
END_TEST

START_TEST(test_gate_lets_in_what_fits_below_the_line)
{
	ck_assert_int_eq(look(0, 10, 64), 13);
	ck_assert_int_eq(look(0, 10, 79), 10);
	ck_assert_int_eq(look(0, 10, 85), 10); /* too many, but they are there */
}
END_TEST

START_TEST(test_gate_counts_those_who_have_come_but_not_grown_yet)
{
	ck_assert_int_eq(look(25, 12, 60), 12 + 4 - 1);
	ck_assert_int_eq(look(2000, 12, 60), 12 + 4); /* they have by now */
}
END_TEST

/* The count stays as it is, and what they will take is to come. */
START_TEST(test_gate_counts_those_who_have_taken_the_places_of_others)
{
	load.returned += 3;
	ck_assert_int_eq(look(25, 10, 60), 10 + 4 - 2);
	load.returned += 1000; /* short ones: no more than are there */
	ck_assert_int_eq(look(1, 10, 60), 10);
}
END_TEST

START_TEST(test_gate_sees_short_transactions_as_they_are)
{
	g.learn.missing = 0.2;
	g.learn.last.took = 500;
	g.learn.last.max_lent = 10;
	g.learn.now.returned = 5000; /* 1 ms each */
	load.returned += 250;
	ck_assert_int_eq(look(25, 10, 60), 10 + 4 - 1);
}
END_TEST

START_TEST(test_gate_lets_nobody_in_above_the_brake_while_memory_rises)
{
	rises();
	ck_assert_int_eq(look(25, 10, 76), 5);
	ck_assert_int_eq(look(250, 9, 76), 9); /* nothing has risen since */
	ck_assert_int_eq(look(0, 9, 87), 5);   /* a third of the reserve is gone */
}
END_TEST

START_TEST(test_gate_lets_one_in_that_is_to_be_tried)
{
	load.lent = 1;
	p.ws = 90 * MIB;
	rises();
	ck_assert_int_eq(pp_gate(&g, &p, true), 2);
}
END_TEST

START_TEST(test_gate_lets_them_back_one_by_one_after_a_long_brake)
{
	rises();
	look(0, 10, 76);
	rises();
	look(100, 4, 76);
	ck_assert_int_eq(look(25, 4, 40), 5);
	ck_assert_int_eq(look(25, 4, 40), 4);
	ck_assert_int_eq(look(200, 4, 40), 5);
	g.target = 5; /* all that are to come are there: no more of that */
	look(25, 4, 40);
	g.target = 20;
	ck_assert_int_eq(look(25, 4, 40), 12);
}
END_TEST

START_TEST(test_gate_lets_them_back_at_once_after_a_short_brake)
{
	rises();
	look(0, 10, 76);
	rises();
	look(75, 4, 76);
	ck_assert_int_eq(look(25, 4, 40), 12);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup/gate");
	TCase *c = tcase_create("looks");
	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_test(c, test_gate_is_open_without_limit_and_where_memory_stands_still);
	tcase_add_test(c, test_gate_lets_in_what_fits_below_the_line);
	tcase_add_test(c, test_gate_counts_those_who_have_come_but_not_grown_yet);
	tcase_add_test(c, test_gate_counts_those_who_have_taken_the_places_of_others);
	tcase_add_test(c, test_gate_sees_short_transactions_as_they_are);
	tcase_add_test(c, test_gate_lets_nobody_in_above_the_brake_while_memory_rises);
	tcase_add_test(c, test_gate_lets_one_in_that_is_to_be_tried);
	tcase_add_test(c, test_gate_lets_them_back_one_by_one_after_a_long_brake);
	tcase_add_test(c, test_gate_lets_them_back_at_once_after_a_short_brake);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
