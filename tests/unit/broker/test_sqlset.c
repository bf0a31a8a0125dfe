#include "broker/sqlset.h"

#include "sqlset_world.h"

static void setup(void)
{
	begin_server();
}

/* Whatever a test did, nothing is left of it: no statement, no set, no byte. */
static void teardown(void)
{
	ck_assert_ptr_null(db.sql.plans);
	ck_assert_ptr_null(db.sql.sets);
	ck_assert_uint_eq(db.sql.bytes, 0);
	pp_plans_finish(&db.plans);
}

#define LABEL(bytes) ((struct pp_label){bytes, sizeof(bytes) - 1})

static struct pp_sqlplan *take_under(struct pp_label label)
{
	return pp_sqlplan_take(&s, label, "a", "PREPARE a AS SELECT 1");
}

static bool is_taken(const char *name, const char *text)
{
	struct pp_sqlplan *plan = pp_sqlplan_take(&s, (struct pp_label){0}, name, text);
	if (plan)
		pp_sqlplan_drop(plan);
	return plan != NULL;
}

START_TEST(test_sqlset_one_prepare_read_alike_is_one_statement)
{
	struct pp_sqlplan *one = take_under(LABEL("")),
			  *same = take_under(LABEL("work_mem\0004MB\0"));
	ck_assert_ptr_nonnull(one);
	ck_assert_ptr_eq(one, same);
	ck_assert_uint_eq(one->users, 2);
	ck_assert_str_eq(pp_sqlplan_text(one), "PREPARE a AS SELECT 1");
	pp_sqlplan_drop(same);
	pp_sqlplan_drop(one);
}
END_TEST

START_TEST(test_sqlset_what_gives_a_text_another_meaning_makes_it_another)
{
	struct pp_sqlplan *plans[6];
	plans[0] = take_under(LABEL(""));
	plans[1] = take_under(LABEL("search_path\0stage\0"));
	plans[2] = take_under(LABEL("role\0other\0"));
	plans[3] = take_under(LABEL("session_authorization\0other\0"));
	plans[4] = take_under(LABEL("datestyle\0German\0"));
	s.epoch++; /* role or database have other defaults since */
	plans[5] = take_under(LABEL(""));
	for (int i = 0; i < 6; i++)
		for (int k = 0; k < i; k++)
			ck_assert_ptr_ne(plans[i], plans[k]);
	for (int i = 0; i < 6; i++)
		pp_sqlplan_drop(plans[i]);
}
END_TEST

START_TEST(test_sqlset_what_cannot_be_prepared_alike_elsewhere_is_not_taken)
{
	char name[80], text[PP_SQLSET_TEXT_MAX + 1];
	ck_assert(is_taken("a", "PREPARE a AS SELECT 1"));
	ck_assert(is_taken("A b", "/* c */ prepare \"A b\" (int) as select $1;"));
	ck_assert(!is_taken("b", "PREPARE a AS SELECT 1")); /* not the text's */
	ck_assert(!is_taken("a", "PREPARE a AS SELECT 1; SELECT 2"));
	ck_assert(!is_taken("a", "PREPARE a AS SELECT 1; PREPARE b AS SELECT 2"));
	ck_assert(!is_taken("a", "SELECT 1"));
	ck_assert(!is_taken("a", "PREPARE a AS SELECT * FROM pg_prepared_statements"));
	ck_assert(!is_taken("podpool1", "PREPARE podpool1 AS SELECT 1")); /* called like a copy */
	memset(name, 'n', sizeof name);
	name[64] = '\0';
	snprintf(text, sizeof text, "PREPARE %s AS SELECT 1", name);
	ck_assert(!is_taken(name, text));
	int len = snprintf(text, sizeof text, "PREPARE a AS SELECT ");
	memset(text + len, '1', sizeof text - (size_t)len);
	text[PP_SQLSET_TEXT_MAX] = '\0';
	ck_assert(!is_taken("a", text));
	text[PP_SQLSET_TEXT_MAX - 1] = '\0';
	ck_assert(is_taken("a", text));
	s.readable = false; /* client_encoding */
	ck_assert(!is_taken("a", "PREPARE a AS SELECT 1"));
}
END_TEST

START_TEST(test_sqlset_of_a_database_is_capped)
{
	const char text[] = "PREPARE a AS SELECT 1";
	size_t before = PP_SQLSET_ALL_MAX - sizeof text - sizeof s.epoch;
	db.sql.bytes = before + 1;
	ck_assert(!is_taken("a", text));
	db.sql.bytes = before;
	ck_assert(is_taken("a", text));
	db.sql.bytes -= before;
}
END_TEST

START_TEST(test_sqlset_equal_sets_are_one_pointer_in_any_order)
{
	struct pp_sqlset *one = sqlset((const char *const[]){"a", "b", "c"}, 3);
	struct pp_sqlset *same = sqlset((const char *const[]){"c", "a", "b"}, 3);
	struct pp_sqlset *other = sqlset((const char *const[]){"a", "b"}, 2);
	struct pp_sqlset *none = sqlset(NULL, 0);
	ck_assert_ptr_eq(one, same);
	ck_assert_ptr_ne(one, other);
	ck_assert_ptr_null(none);
	pp_sqlset_drop(&one);
	ck_assert_ptr_null(one);
	ck_assert_uint_eq(same->users, 1);
	pp_sqlset_drop(&same);
	ck_assert_uint_eq(other->plans[0]->users, 1); /* the set's */
	pp_sqlset_drop(&other);
	pp_sqlset_drop(&none);
}
END_TEST

START_TEST(test_sqlset_is_capped_in_statements_and_bytes)
{
	struct pp_sqlplan *plans[PP_SQLSET_MAX + 1];
	struct pp_sqlset *set;
	char name[16], text[PP_SQLSET_TEXT_MAX];
	for (uint32_t i = 0; i <= PP_SQLSET_MAX; i++) {
		snprintf(name, sizeof name, "s%u", i);
		plans[i] = sqlplan(name);
	}
	ck_assert_int_eq(pp_sqlset_take(&db, plans, PP_SQLSET_MAX + 1, &set), PP_ERR_FULL);
	ck_assert_ptr_null(set);
	ck_assert_int_eq(pp_sqlset_take(&db, plans, PP_SQLSET_MAX, &set), 0);
	pp_sqlset_drop(&set);
	for (uint32_t i = 0; i <= PP_SQLSET_MAX; i++)
		pp_sqlplan_drop(plans[i]);
	uint32_t most = PP_SQLSET_BYTES_MAX / sizeof text;
	for (uint32_t i = 0; i <= most; i++) {
		int len = snprintf(text, sizeof text, "PREPARE s%u AS SELECT ", i);
		memset(text + len, '1', sizeof text - (size_t)len);
		text[sizeof text - 1] = '\0';
		snprintf(name, sizeof name, "s%u", i);
		plans[i] = pp_sqlplan_take(&s, (struct pp_label){0}, name, text);
		ck_assert_ptr_nonnull(plans[i]);
	}
	ck_assert_int_eq(pp_sqlset_take(&db, plans, most + 1, &set), PP_ERR_FULL);
	ck_assert_int_eq(pp_sqlset_take(&db, plans, most - 1, &set), 0);
	pp_sqlset_drop(&set);
	for (uint32_t i = 0; i <= most; i++)
		pp_sqlplan_drop(plans[i]);
}
END_TEST

START_TEST(test_sqlset_finds_its_own_and_says_how_far_another_is)
{
	struct pp_sqlset *one = sqlset((const char *const[]){"a", "b", "c", "x"}, 4);
	struct pp_sqlset *two = sqlset((const char *const[]){"b", "d", "x"}, 3);
	struct pp_sqlplan *elsewhere = take_under(LABEL("search_path\0stage\0"));
	for (uint32_t i = 0; i < one->count; i++)
		ck_assert_ptr_eq(pp_sqlset_find(one, one->plans[i]->name), one->plans[i]);
	ck_assert_ptr_null(pp_sqlset_find(one, "bb"));
	ck_assert_ptr_null(pp_sqlset_find(one, ""));
	ck_assert_ptr_null(pp_sqlset_find(NULL, "a"));
	ck_assert(!pp_sqlset_has(one, elsewhere)); /* of that name, but another */
	ck_assert(pp_sqlset_has(two, pp_sqlset_find(one, "x")));
	ck_assert_uint_eq(pp_sqlset_distance(one, two), 3);
	ck_assert_uint_eq(pp_sqlset_distance(two, one), 3);
	ck_assert_uint_eq(pp_sqlset_distance(one, one), 0);
	ck_assert_uint_eq(pp_sqlset_distance(NULL, two), 3);
	ck_assert_uint_eq(pp_sqlset_distance(NULL, NULL), 0);
	pp_sqlplan_drop(elsewhere);
	pp_sqlset_drop(&one);
	pp_sqlset_drop(&two);
}
END_TEST

START_TEST(test_sqlset_a_holder_may_take_what_it_holds)
{
	struct pp_sqlset *set = sqlset((const char *const[]){"a"}, 1), *holder = NULL;
	pp_sqlset_hold(&holder, set);
	pp_sqlset_drop(&set);
	pp_sqlset_hold(&holder, holder);
	ck_assert_uint_eq(holder->users, 1);
	ck_assert_ptr_nonnull(pp_sqlset_find(holder, "a"));
	pp_sqlset_hold(&holder, NULL);
	ck_assert_ptr_null(holder);
}
END_TEST

START_TEST(test_sqlset_is_read_under_the_settings_it_was_prepared_under)
{
	struct pp_sqlplan *plans[2];
	struct pp_sqlset *set;
	struct pp_label stage = LABEL("search_path\0stage\0");
	plans[0] = take_under(stage);
	plans[1] = pp_sqlplan_take(&s, stage, "b", "PREPARE b AS SELECT 2");
	ck_assert_int_eq(pp_sqlset_take(&db, plans, 2, &set), 0);
	ck_assert(pp_sqlset_is_read_under(set, stage));
	ck_assert(pp_sqlset_is_read_under(set, LABEL("search_path\0stage\0work_mem\0004MB\0")));
	ck_assert(!pp_sqlset_is_read_under(set, LABEL("search_path\0other\0")));
	ck_assert(!pp_sqlset_is_read_under(set, LABEL("role\0other\0search_path\0stage\0")));
	ck_assert(!pp_sqlset_is_read_under(set, LABEL("")));
	ck_assert(pp_sqlset_is_read_under(NULL, LABEL("")));
	pp_sqlset_drop(&set);
	pp_sqlplan_drop(plans[0]);
	pp_sqlplan_drop(plans[1]);
}
END_TEST

START_TEST(test_sqlset_executing_does_what_the_statement_does_and_not_what_prepare_does)
{
	bool known;
	struct pp_sqlplan *plain = sqlplan("a");
	ck_assert_ptr_null(pp_sqlplan_touch(plain, &known));
	ck_assert(known);
	struct pp_sqlplan *locks = pp_sqlplan_take(&s, (struct pp_label){0}, "l",
						   "PREPARE l AS SELECT pg_advisory_lock(1)");
	const struct pp_touched *touch = pp_sqlplan_touch(locks, &known);
	ck_assert(known && touch && touch->bits & PP_PIN_ADVISORY);
	ck_assert(!(touch->bits & (PP_PIN_PREPARE | PP_TOUCH_PREPARES)));
	pp_sqlplan_drop(plain);
	pp_sqlplan_drop(locks);
}
END_TEST

START_TEST(test_sqlset_what_executing_does_is_read_anew_when_more_is_watched_for)
{
	bool known;
	struct pp_sqlplan *counts =
		pp_sqlplan_take(&s, (struct pp_label){0}, "n", "PREPARE n AS SELECT nextval('q')");
	ck_assert_ptr_null(pp_sqlplan_touch(counts, &known));
	db.asks_sequences = true; /* somebody has said currval */
	ck_assert_ptr_null(pp_sqlplan_touch(counts, &known));
	hidden.generation++;
	const struct pp_touched *touch = pp_sqlplan_touch(counts, &known);
	ck_assert(known && touch && touch->bits & PP_TOUCH_SEQUENCE);
	pp_sqlplan_drop(counts);
}
END_TEST

START_TEST(test_sqlset_unsettles_if_one_of_its_statements_does)
{
	struct pp_sqlplan *plans[2] = {
		sqlplan("a"), pp_sqlplan_take(&s, (struct pp_label){0}, "z",
					      "PREPARE z AS SELECT set_config('x.y', $1, false)")};
	struct pp_sqlset *set;
	ck_assert_int_eq(pp_sqlset_take(&db, plans, 1, &set), 0);
	ck_assert(!pp_sqlset_unsettles(set) && !pp_sqlset_unsettles(NULL));
	pp_sqlset_drop(&set);
	ck_assert_int_eq(pp_sqlset_take(&db, plans, 2, &set), 0);
	ck_assert(pp_sqlset_unsettles(set));
	pp_sqlset_drop(&set);
	pp_sqlplan_drop(plans[0]);
	pp_sqlplan_drop(plans[1]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("broker/sqlset");
	TCase *c = tcase_create("sqlset");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_sqlset_one_prepare_read_alike_is_one_statement);
	tcase_add_test(c, test_sqlset_what_gives_a_text_another_meaning_makes_it_another);
	tcase_add_test(c, test_sqlset_what_cannot_be_prepared_alike_elsewhere_is_not_taken);
	tcase_add_test(c, test_sqlset_of_a_database_is_capped);
	tcase_add_test(c, test_sqlset_equal_sets_are_one_pointer_in_any_order);
	tcase_add_test(c, test_sqlset_is_capped_in_statements_and_bytes);
	tcase_add_test(c, test_sqlset_finds_its_own_and_says_how_far_another_is);
	tcase_add_test(c, test_sqlset_a_holder_may_take_what_it_holds);
	tcase_add_test(c, test_sqlset_is_read_under_the_settings_it_was_prepared_under);
	tcase_add_test(
		c, test_sqlset_executing_does_what_the_statement_does_and_not_what_prepare_does);
	tcase_add_test(c, test_sqlset_what_executing_does_is_read_anew_when_more_is_watched_for);
	tcase_add_test(c, test_sqlset_unsettles_if_one_of_its_statements_does);
	suite_add_tcase(suite, c);
	return pp_test_main(suite);
}
