#include "session/words.h"

#include <string.h>

#include "pp_test.h"

/* docs VI, SQL Commands: their first words, and those of SELECT's other forms. */
static const char *const commands[] = {
	"abort",   "alter",   "analyze", "begin",    "call",	  "checkpoint", "close",
	"cluster", "comment", "commit",	 "copy",     "create",	  "deallocate", "declare",
	"delete",  "discard", "do",	 "drop",     "end",	  "execute",	"explain",
	"fetch",   "grant",   "import",	 "insert",   "listen",	  "load",	"lock",
	"merge",   "move",    "notify",	 "prepare",  "reassign",  "refresh",	"reindex",
	"release", "reset",   "revoke",	 "rollback", "savepoint", "security",	"select",
	"set",	   "show",    "start",	 "truncate", "unlisten",  "update",	"vacuum",
	"values",  "with",    "table"};

START_TEST(test_words_knows_every_command)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		const struct pp_words_row *row = pp_words_find(commands[i], strlen(commands[i]));
		ck_assert_msg(row && !strcmp(row->word, commands[i]), "%s", commands[i]);
	}
}
END_TEST

START_TEST(test_words_knows_no_part_and_no_more_of_one)
{
	char word[32];
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		size_t len = strlen(commands[i]);
		for (size_t n = 0; n < len; n++) {
			const struct pp_words_row *row = pp_words_find(commands[i], n);
			ck_assert_msg(!row || strlen(row->word) == n, "%.*s", (int)n, commands[i]);
		}
		strcpy(word, commands[i]);
		word[len] = 'x';
		ck_assert_ptr_null(pp_words_find(word, len + 1));
	}
	ck_assert_ptr_null(pp_words_find("SELECT", 6)); /* folded before */
	ck_assert_ptr_null(pp_words_find("temp", 4));
	ck_assert_ptr_null(pp_words_find("", 0));
}
END_TEST

/* What leaves nothing in a session costs nobody a server. */
START_TEST(test_words_of_ordinary_work_have_no_pins)
{
	static const char *const plain[] = {
		"select", "insert", "update", "delete", "begin", "commit", "rollback", "savepoint",
		"copy",	  "show",   "notify", "lock",	"fetch", "values", "truncate"};
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		ck_assert_uint_eq(pp_words_find(plain[i], strlen(plain[i]))->found & PP_PINS_ALL,
				  0);
	ck_assert(pp_words_find("listen", 6)->found & PP_PIN_LISTEN);
	ck_assert(pp_words_find("load", 4)->found & PP_PIN_LOAD);
	ck_assert(pp_words_find("unlisten", 8)->found & PP_TOUCH_END);
	ck_assert(pp_words_find("notify", 6)->found & PP_TOUCH_NOTIFIES);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/words");
	TCase *c = tcase_create("words");
	tcase_add_test(c, test_words_knows_every_command);
	tcase_add_test(c, test_words_knows_no_part_and_no_more_of_one);
	tcase_add_test(c, test_words_of_ordinary_work_have_no_pins);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
