#include "session/reading.h"

#include <string.h>

#include "pp_test.h"

static bool matters(const char *text)
{
	return pp_reading_matters((const uint8_t *)text, strlen(text) + 1);
}

START_TEST(test_reading_of_plain_texts_depends_on_no_setting)
{
	ck_assert(!matters("select * from t where n = $1 and m = 5"));
	ck_assert(!matters("select current_setting('app.tenant'), \"column 1\" from t"));
	ck_assert(!matters("insert into t values ($1, $2, 'done')"));
	ck_assert(!matters(""));
}
END_TEST

START_TEST(test_reading_of_literals_that_may_be_values_depends_on_settings)
{
	static const char *const texts[] = {
		"select date '01/02/2003'", "select 'now'::timestamptz",
		"select 'Today'::date",	    "select 'a\\b'",
		"select '{}'::int[]",	    "select $$x$$",
		"select $a$x$a$",	    "select 1 -- it's",
		"select /* ' */ 1",	    "select n = null from t",
		"select '\xc3\xa9'",	    "select \"\xc3\xa9\" from t",
		"select 'it''s 5'"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		ck_assert_msg(matters(texts[i]), "%s", texts[i]);
}
END_TEST

START_TEST(test_reading_is_that_part_of_a_label)
{
	struct pp_label a = {"datestyle\0DMY\0role\0joe\0timezone\0UTC\0", 35};
	struct pp_label b = {"datestyle\0DMY\0timezone\0UTC\0work_mem\0001MB\0", 39};
	char bytes[PP_LABEL_MAX];
	size_t len;
	ck_assert_int_eq(pp_reading_of(a, bytes, &len), 0);
	ck_assert_uint_eq(len, 27);
	ck_assert_mem_eq(bytes, "datestyle\0DMY\0timezone\0UTC\0", 27);
	ck_assert(pp_reading_is_same(a, b));
	ck_assert(!pp_reading_is_same(a, (struct pp_label){0}));
}
END_TEST

START_TEST(test_reading_of_names_is_the_path_and_who_one_is)
{
	struct pp_label a = {"datestyle\0DMY\0role\0joe\0search_path\0x\0", 37};
	char bytes[PP_LABEL_MAX];
	size_t len;
	ck_assert_int_eq(pp_reading_names_of(a, bytes, &len), 0);
	ck_assert_uint_eq(len, 23);
	ck_assert_mem_eq(bytes, "role\0joe\0search_path\0x\0", 23);
	ck_assert_int_eq(
		pp_reading_names_of((struct pp_label){"datestyle\0DMY\0", 14}, bytes, &len), 0);
	ck_assert_uint_eq(len, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/reading");
	TCase *c = tcase_create("reading");
	tcase_add_test(c, test_reading_of_plain_texts_depends_on_no_setting);
	tcase_add_test(c, test_reading_of_literals_that_may_be_values_depends_on_settings);
	tcase_add_test(c, test_reading_is_that_part_of_a_label);
	tcase_add_test(c, test_reading_of_names_is_the_path_and_who_one_is);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
