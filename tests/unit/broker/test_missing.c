#include "broker/missing.h"

#include "sqlset_world.h"

static void setup(void)
{
	begin_server();
}

static void teardown(void)
{
	pp_missing_clear(&s);
	ck_assert_ptr_null(s.missing);
	ck_assert_ptr_null(db.sql.plans); /* nothing holds one any more */
	pp_plans_finish(&db.plans);
}

static size_t error_of(uint8_t *body, const char *sqlstate, const char *message)
{
	int len = snprintf((char *)body, 256, "SERROR%cVERROR%cC%s%cM%s%c", 0, 0, sqlstate, 0,
			   message, 0);
	return (size_t)len + 1;
}

/* What is said of it: `why`. */
static void add(const char *name, bool locked, const char *why)
{
	struct pp_sqlplan *plan = sqlplan(name);
	ck_assert_int_eq(pp_missing_add(&s, plan, locked, (const uint8_t *)why, strlen(why) + 1),
			 0);
	pp_sqlplan_drop(plan); /* what is missing holds it */
}

static const char *meant(const char *sqlstate, const char *message)
{
	uint8_t body[256];
	size_t len = error_of(body, sqlstate, message);
	const struct pp_missing *m = pp_missing_meant(&s, body, len);
	return m ? m->plan->name : "";
}

START_TEST(test_missing_is_known_by_name_until_it_is_forgotten)
{
	add("a", false, "no table");
	add("b", true, "locked");
	ck_assert_str_eq((const char *)pp_missing_find(&s, "a")->error, "no table");
	ck_assert(!pp_missing_is_locked(&s, "a") && pp_missing_is_locked(&s, "b"));
	ck_assert_ptr_null(pp_missing_find(&s, "c"));
	ck_assert(!pp_missing_is_locked(&s, "c"));
	pp_missing_forget(&s, "c");
	pp_missing_forget(&s, "a");
	ck_assert_ptr_null(pp_missing_find(&s, "a"));
	ck_assert_ptr_nonnull(pp_missing_find(&s, "b"));
}
END_TEST

START_TEST(test_missing_again_replaces_what_was_known_of_it)
{
	add("a", true, "locked");
	add("b", false, "no right");
	add("a", false, "no table");
	ck_assert(!pp_missing_is_locked(&s, "a"));
	ck_assert_str_eq((const char *)pp_missing_find(&s, "a")->error, "no table");
	pp_missing_forget(&s, "a");
	ck_assert_ptr_null(pp_missing_find(&s, "a")); /* it was there once */
}
END_TEST

START_TEST(test_missing_keeps_no_error_longer_than_its_cap)
{
	static uint8_t error[PP_MISSING_ERROR_MAX + 1];
	struct pp_sqlplan *plan = sqlplan("a");
	ck_assert_int_eq(pp_missing_add(&s, plan, false, error, sizeof error), PP_ERR_FULL);
	ck_assert_ptr_null(s.missing);
	ck_assert_uint_eq(plan->users, 1);
	ck_assert_int_eq(pp_missing_add(&s, plan, false, error, sizeof error - 1), 0);
	ck_assert_uint_eq(pp_missing_find(&s, "a")->len, PP_MISSING_ERROR_MAX);
	pp_sqlplan_drop(plan);
}
END_TEST

START_TEST(test_missing_is_meant_by_does_not_exist_in_whatever_language)
{
	add("stmt", false, "");
	add("stmt2", false, "");
	ck_assert_str_eq(meant("26000", "prepared statement \"stmt\" does not exist"), "stmt");
	ck_assert_str_eq(
		meant("26000", "vorbereitete Anweisung \302\273stmt2\302\253 existiert nicht"),
		"stmt2"); /* not "stmt", which is in it */
	ck_assert_str_eq(meant("26000", "prepared statement \"other\" does not exist"), "");
	ck_assert_str_eq(meant("42P01", "relation \"stmt\" does not exist"), "");
	ck_assert_ptr_null(
		pp_missing_meant(&s, (const uint8_t *)"C26000", 6)); /* no error at all */
}
END_TEST

/* It has failed in the client's own transaction: the client is to hear that, and after it what a failed transaction says. */
START_TEST(test_missing_that_is_due_is_said_once_in_the_place_of_25P02)
{
	add("a", false, "");
	ck_assert_str_eq(meant("25P02", "current transaction is aborted"), "");
	s.missing->due = true;
	ck_assert_str_eq(meant("25P02", "current transaction is aborted"), "a");
	ck_assert_str_eq(meant("25P02", "current transaction is aborted"), "");
	ck_assert_str_eq(meant("26000", "\"a\" does not exist"), "a"); /* as ever */
}
END_TEST

START_TEST(test_missing_is_worth_another_try_when_it_is_spoken_of)
{
	ck_assert(!pp_missing_is_worth(&s, NULL));
	add("gone", false, "");
	ck_assert(pp_missing_is_worth(&s, "gone") && !pp_missing_is_worth(&s, "other"));
	ck_assert(!pp_missing_is_worth(&s, NULL)); /* its error would answer what was not asked */
	add("locked", true, "");
	ck_assert(pp_missing_is_worth(&s, NULL));
}
END_TEST

START_TEST(test_missing_are_not_in_the_set_of_what_is_here)
{
	struct pp_sqlset *all = sqlset((const char *const[]){"a", "b", "c"}, 3), *here;
	add("b", false, "");
	add("elsewhere", false, "");
	ck_assert_int_eq(pp_missing_without(&s, all, &here), 0);
	ck_assert_uint_eq(here->count, 2);
	ck_assert(pp_sqlset_find(here, "a") && pp_sqlset_find(here, "c"));
	pp_sqlset_drop(&here);
	add("a", false, "");
	add("c", false, "");
	ck_assert_int_eq(pp_missing_without(&s, all, &here), 0);
	ck_assert_ptr_null(here);
	pp_missing_clear(&s);
	ck_assert_int_eq(pp_missing_without(&s, all, &here), 0);
	ck_assert_ptr_eq(here, all);
	pp_sqlset_drop(&here);
	ck_assert_int_eq(pp_missing_without(&s, NULL, &here), 0);
	ck_assert_ptr_null(here);
	pp_sqlset_drop(&all);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("broker/missing");
	TCase *c = tcase_create("missing");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_missing_is_known_by_name_until_it_is_forgotten);
	tcase_add_test(c, test_missing_again_replaces_what_was_known_of_it);
	tcase_add_test(c, test_missing_keeps_no_error_longer_than_its_cap);
	tcase_add_test(c, test_missing_is_meant_by_does_not_exist_in_whatever_language);
	tcase_add_test(c, test_missing_that_is_due_is_said_once_in_the_place_of_25P02);
	tcase_add_test(c, test_missing_is_worth_another_try_when_it_is_spoken_of);
	tcase_add_test(c, test_missing_are_not_in_the_set_of_what_is_here);
	suite_add_tcase(suite, c);
	return pp_test_main(suite);
}
