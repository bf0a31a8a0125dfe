#include "broker/copies.h"

#include "broker_world.h"

static struct pp_copies copies;

static void setup(void)
{
	begin_database();
	pp_copies_init(&copies);
}

static void teardown(void)
{
	pp_copies_clear(&copies);
	pp_plans_finish(&db.plans);
}

/* The copies count it; the test itself does not. */
static struct pp_plan *add(int number)
{
	struct pp_plan *p = plan(number);
	ck_assert_int_eq(pp_copies_add(&copies, p), 0);
	pp_plan_drop(p);
	return p;
}

START_TEST(test_copies_hold_their_plans)
{
	struct pp_plan *one = add(1);
	ck_assert_uint_eq(one->users, 1);
	ck_assert_int_eq(pp_copies_add(&copies, one), 0); /* prepared again */
	ck_assert_uint_eq(one->users, 1);
	ck_assert_int_eq(pp_copies_find(&copies, one), PP_COPIES_FRESH);
	pp_copies_remove(&copies, one);
	ck_assert_uint_eq(one->users, 0);
	ck_assert_int_eq(pp_copies_find(&copies, one), PP_COPIES_ABSENT);
	pp_copies_remove(&copies, one); /* is not there */
}
END_TEST

START_TEST(test_copies_of_before_a_change_are_stale_until_they_are_made_again)
{
	struct pp_plan *one = add(1), *two = add(2);
	one->generation++; /* heal.h: its tables have changed */
	ck_assert_int_eq(pp_copies_find(&copies, one), PP_COPIES_STALE);
	ck_assert_int_eq(pp_copies_find(&copies, two), PP_COPIES_FRESH);
	ck_assert_int_eq(pp_copies_add(&copies, one), 0);
	ck_assert_int_eq(pp_copies_find(&copies, one), PP_COPIES_FRESH);
	pp_copies_distrust(&copies);
	ck_assert_int_eq(pp_copies_find(&copies, one), PP_COPIES_STALE);
	ck_assert_int_eq(pp_copies_find(&copies, two), PP_COPIES_STALE);
}
END_TEST

START_TEST(test_copies_are_stand_ins_until_they_are_really_made)
{
	struct pp_plan *one = add(1);
	ck_assert_int_eq(pp_copies_add_stand_in(&copies, one), 0);
	ck_assert_uint_eq(one->users, 1);
	ck_assert_int_eq(pp_copies_find(&copies, one), PP_COPIES_STAND_IN);
	pp_copies_distrust(&copies);
	ck_assert_int_eq(pp_copies_find(&copies, one), PP_COPIES_STAND_IN);
	ck_assert_int_eq(pp_copies_add(&copies, one), 0);
	ck_assert_int_eq(pp_copies_find(&copies, one), PP_COPIES_FRESH);
}
END_TEST

START_TEST(test_copies_made_where_names_mean_something_else_are_no_use_to_others)
{
	struct pp_plan *one = add(1);
	ck_assert_int_eq(pp_copies_add_foreign(&copies, one), 0);
	ck_assert_uint_eq(one->users, 1);
	ck_assert_int_eq(pp_copies_find(&copies, one), PP_COPIES_STALE);
	ck_assert_int_eq(pp_copies_add(&copies, one), 0);
	ck_assert_int_eq(pp_copies_find(&copies, one), PP_COPIES_FRESH);
}
END_TEST

START_TEST(test_copies_are_found_by_their_name)
{
	struct pp_plan *one = add(1);
	ck_assert_ptr_eq(pp_copies_named(&copies, one->name), one);
	ck_assert_ptr_null(pp_copies_named(&copies, "podpool99"));
	ck_assert_ptr_null(pp_copies_named(&copies, "a"));
}
END_TEST

START_TEST(test_copies_used_least_recently_make_room)
{
	struct pp_plan *plans[PP_COPIES_MAX];
	for (int i = 0; i < PP_COPIES_MAX; i++) {
		ck_assert_ptr_null(pp_copies_surplus(&copies));
		plans[i] = add(i);
	}
	ck_assert_ptr_eq(pp_copies_surplus(&copies), plans[0]);
	pp_copies_find(&copies, plans[0]);
	ck_assert_ptr_eq(pp_copies_surplus(&copies), plans[1]);
	ck_assert_int_eq(pp_copies_add(&copies, plans[1]), 0); /* no use of it */
	ck_assert_ptr_eq(pp_copies_surplus(&copies), plans[1]);
	pp_copies_remove(&copies, plans[7]);
	ck_assert_ptr_null(pp_copies_surplus(&copies));
	pp_copies_clear(&copies);
	ck_assert_int_eq(pp_copies_find(&copies, plans[0]), PP_COPIES_ABSENT);
	for (int i = 0; i < PP_COPIES_MAX; i++)
		ck_assert_uint_eq(plans[i]->users, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("broker/copies");
	TCase *c = tcase_create("copies");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_copies_hold_their_plans);
	tcase_add_test(c, test_copies_of_before_a_change_are_stale_until_they_are_made_again);
	tcase_add_test(c, test_copies_are_stand_ins_until_they_are_really_made);
	tcase_add_test(c, test_copies_made_where_names_mean_something_else_are_no_use_to_others);
	tcase_add_test(c, test_copies_are_found_by_their_name);
	tcase_add_test(c, test_copies_used_least_recently_make_room);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
