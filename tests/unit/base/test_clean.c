#include "base/clean.h"

#include <string.h>

#include "pp_test.h"

START_TEST(test_clean_shows_what_a_terminal_only_shows)
{
	static const char *const harmless[] = {"",
					       "a ~",
					       "gr\xC3\xB6\xC3\x9F",
					       "\xE6\x97\xA5\xE6\x9C\xAC",
					       "\xF0\x9F\x90\x98",
					       "\xC2\xA0",
					       "\xEF\xBF\xBD"};
	char out[64];
	for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
		ck_assert_ptr_eq(pp_clean(harmless[i], out, sizeof out), out);
		ck_assert_str_eq(out, harmless[i]);
	}
}
END_TEST

START_TEST(test_clean_replaces_what_it_obeys)
{
	static const struct {
		const char *bad, *shown;
	} rows[] = {
		{"a\nb\r\t\x1B[2J\x7F", "a?b???[2J?"},
		{"\xC2\x9B"
		 "2J",
		 "??2J"},		 /* CSI in one character */
		{"\xC2\x85", "??"},	 /* next line */
		{"\xE2\x80\xA8", "???"}, /* line separator */
		{"\xE2\x80\xAE"
		 "gpj",
		 "???gpj"},		 /* right to left from here on */
		{"\xE2\x81\xA6", "???"}, /* the same, isolated */
	};
	char out[64];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ck_assert_str_eq(pp_clean(rows[i].bad, out, sizeof out), rows[i].shown);
}
END_TEST

START_TEST(test_clean_replaces_what_is_no_utf8)
{
	static const struct {
		const char *bad, *shown;
	} rows[] = {
		{"caf\xE9", "caf?"},
		{"\xE9 x", "? x"},
		{"\xC3", "?"},		 /* cut */
		{"\xE2\x82", "??"},	 /* cut later */
		{"\x80", "?"},		 /* in the middle */
		{"\xC0\x8A", "??"},	 /* a line feed, too long */
		{"\xE0\x80\x8A", "???"}, /* longer still */
		{"\xF0\x80\x80\x8A", "????"},
		{"\xED\xA0\x80", "???"},      /* half of a pair */
		{"\xF4\x90\x80\x80", "????"}, /* beyond the last */
		{"\xFF\xFE", "??"},
	};
	char out[64];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ck_assert_str_eq(pp_clean(rows[i].bad, out, sizeof out), rows[i].shown);
}
END_TEST

START_TEST(test_clean_cuts_between_characters)
{
	const char *text = "a\xC3\xB6\xE6\x97\xA5z";
	static const char *const cut[] = {"", "a", "a", "a\xC3\xB6", "a\xC3\xB6", "a\xC3\xB6"};
	char out[16];
	for (size_t i = 0; i < sizeof cut / sizeof *cut; i++)
		ck_assert_str_eq(pp_clean(text, out, i + 1), cut[i]);
	ck_assert_str_eq(pp_clean(text, out, sizeof out), text);
}
END_TEST

START_TEST(test_clean_works_in_place)
{
	char text[] = "x\x1B\xC3\xB6\xE9y";
	ck_assert_str_eq(pp_clean(text, text, sizeof text), "x?\xC3\xB6?y");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base/clean");
	TCase *c = tcase_create("clean");
	tcase_add_test(c, test_clean_shows_what_a_terminal_only_shows);
	tcase_add_test(c, test_clean_replaces_what_it_obeys);
	tcase_add_test(c, test_clean_replaces_what_is_no_utf8);
	tcase_add_test(c, test_clean_cuts_between_characters);
	tcase_add_test(c, test_clean_works_in_place);
	suite_add_tcase(suite, c);
	return pp_test_main(suite);
}
