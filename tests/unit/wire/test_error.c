#include "wire/error.h"

#include <string.h>

#include "pp_test.h"

#define BODY(text) (const uint8_t *)(text), sizeof(text) /* the literal's own NUL terminates */

START_TEST(test_error_reads_the_fields_it_knows_and_ignores_others)
{
	struct pp_error e;
	int r = pp_error_read(BODY("SFEHLER\0VERROR\0C42P01\0Mno table\0Ddetail\0Hhint\0"
				   "P15\0Fparse.c\0L7\0Rlook\0?new\0"),
			      &e);
	ck_assert_int_eq(r, 0);
	ck_assert_str_eq(e.severity, "ERROR");
	ck_assert_str_eq(e.sqlstate, "42P01");
	ck_assert_str_eq(e.message, "no table");
	ck_assert_str_eq(e.detail, "detail");
	ck_assert_str_eq(e.hint, "hint");
	ck_assert_str_eq(e.position, "15");
	ck_assert_str_eq(e.file, "parse.c");
	ck_assert_str_eq(e.line, "7");
	ck_assert_str_eq(e.routine, "look");
}
END_TEST

START_TEST(test_error_takes_the_localized_severity_from_servers_that_send_no_other)
{
	struct pp_error e;
	ck_assert_int_eq(pp_error_read(BODY("SFATAL\0C57P01\0Mbye\0"), &e), 0);
	ck_assert_str_eq(e.severity, "FATAL");
}
END_TEST

START_TEST(test_error_missing_fields_are_empty_strings)
{
	struct pp_error e;
	ck_assert_int_eq(pp_error_read(BODY(""), &e), 0);
	ck_assert(!*e.severity && !*e.sqlstate && !*e.message && !*e.detail && !*e.hint);
}
END_TEST

START_TEST(test_error_sqlstate_is_five_characters_or_nothing)
{
	struct pp_error e;
	ck_assert_int_eq(pp_error_read(BODY("C5700\0"), &e), 0);
	ck_assert_str_eq(e.sqlstate, "");
	ck_assert_int_eq(pp_error_read(BODY("C57P011\0"), &e), 0);
	ck_assert_str_eq(e.sqlstate, "");
}
END_TEST

START_TEST(test_error_cut_at_any_byte_or_with_a_tail_is_invalid)
{
	static const char body[] = "SERROR\0C42P01\0Mno\0";
	struct pp_error e = {.message = "untouched"};
	for (size_t len = 0; len < sizeof body; len++)
		ck_assert_int_eq(pp_error_read((const uint8_t *)body, len, &e), PP_ERR_INVALID);
	ck_assert_int_eq(pp_error_read(BODY("Mno\0\0tail"), &e), PP_ERR_INVALID);
	ck_assert_str_eq(e.message, "untouched");
}
END_TEST

START_TEST(test_error_what_is_written_reads_back)
{
	static const struct pp_error errors[] = {
		{"FATAL", "53300", "podpool: no server", "waited 30 s", "raise the cap", "", "", "",
		 ""},
		{"ERROR", "08006", "podpool: server lost", "", "", "", "", "", ""},
		{"FATAL", "57P01", "podpool: leaving", NULL, NULL, NULL, NULL, NULL, NULL},
		{"FATAL", "3D000", "no such database", "", "", "", "postinit.c", "885",
		 "InitPostgres"},
	};
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		uint8_t bytes[256];
		struct pp_writer w;
		struct pp_error e;
		pp_writer_init(&w, bytes, sizeof bytes);
		pp_error_write(&w, &errors[i]);
		ck_assert(!pp_writer_failed(&w));
		ck_assert(bytes[0] == 'E' && bytes[4] == w.len - 1);
		ck_assert_int_eq(pp_error_read(bytes + 5, w.len - 5, &e), 0);
		ck_assert_str_eq(e.severity, errors[i].severity);
		ck_assert_str_eq(e.sqlstate, errors[i].sqlstate);
		ck_assert_str_eq(e.message, errors[i].message);
		ck_assert_str_eq(e.detail, errors[i].detail ? errors[i].detail : "");
		ck_assert_str_eq(e.hint, errors[i].hint ? errors[i].hint : "");
		ck_assert_str_eq(e.file, errors[i].file ? errors[i].file : "");
		ck_assert_str_eq(e.line, errors[i].line ? errors[i].line : "");
		ck_assert_str_eq(e.routine, errors[i].routine ? errors[i].routine : "");
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wire/error");
	TCase *c = tcase_create("read");
	tcase_add_test(c, test_error_reads_the_fields_it_knows_and_ignores_others);
	tcase_add_test(c, test_error_takes_the_localized_severity_from_servers_that_send_no_other);
	tcase_add_test(c, test_error_missing_fields_are_empty_strings);
	tcase_add_test(c, test_error_sqlstate_is_five_characters_or_nothing);
	tcase_add_test(c, test_error_cut_at_any_byte_or_with_a_tail_is_invalid);
	suite_add_tcase(s, c);
	c = tcase_create("write");
	tcase_add_test(c, test_error_what_is_written_reads_back);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
