#include "session/gist.h"

#include <stdlib.h>
#include <string.h>

#include "pp_test.h"

static const struct {
	const char *sql, *gist;
} cases[] = {
	{"", ""},
	{"select 1", "select"},
	{"  SELECT balance\n FROM accounts WHERE id = 5", "SELECT balance FROM accounts WHERE"},
	{"UPDATE users SET password = 'hunter2'", "UPDATE users SET password"},
	{"update t set a = 1, b = 'x'", "update t set a"},
	{"INSERT INTO t (a, b) VALUES ('x')", "INSERT INTO t a b"},
	{"set my.secret to hunter2", "set my.secret"},
	{"set my.secret = hunter2", "set my.secret"},
	{"ALTER SYSTEM SET x TO y", "ALTER SYSTEM SET x"},
	{"alter role app password 'x'", "alter role app password"},
	{"select E'secret'", "select"},
	{"select U&'secret'", "select"},
	{"select 'a' secret", "select"},
	{"select \"Secret\" from t", "select"},
	{"select $1, secret", "select"},
	{"select $$secret$$", "select"},
	{"select a, $x$ secret $x$", "select a"},
	{"-- user bob\nselect a", "select a"},
	{"/* secret /* nested */ still */ select a", "select a"},
	{"/* never closed select a", ""},
	{"-- nothing else", ""},
	{"select count(*) from t", "select count from t"},
	{"select a_name_so_long_that_it_does_not_fit_into_what_is_shown_of_it", "select"},
	{"\xc3\xa4 select", ""},
	{"COPY t FROM STDIN", "COPY t FROM STDIN"},
	{"select a, b, the_word_that_is_cut_where_the_text_ends from t", "select a b"},
	{"/* a comment longer than all that is kept of a text */ select a from t",
	 "select a from t"},
};

START_TEST(test_gist_shows_words_and_never_a_literal)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pp_gist kept;
		char gist[PP_GIST_MAX];
		pp_gist_keep(&kept, (const uint8_t *)cases[i].sql, strlen(cases[i].sql));
		ck_assert_str_eq(pp_gist_show(&kept, gist), cases[i].gist);
	}
}
END_TEST

START_TEST(test_gist_of_a_text_cut_anywhere_is_its_beginning)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (size_t len = 0; len < strlen(cases[i].sql); len++) {
			struct pp_gist kept;
			char gist[PP_GIST_MAX];
			uint8_t *exactly = malloc(len + 1); /* a sanitizer sees one byte too many */
			memcpy(exactly, cases[i].sql, len);
			pp_gist_keep(&kept, exactly, len);
			pp_gist_show(&kept, gist);
			ck_assert_uint_lt(strlen(gist), PP_GIST_MAX);
			ck_assert_ptr_null(strstr(gist, "hunter"));
			free(exactly);
		}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/gist");
	TCase *c = tcase_create("words");
	tcase_add_test(c, test_gist_shows_words_and_never_a_literal);
	tcase_add_test(c, test_gist_of_a_text_cut_anywhere_is_its_beginning);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
