#include "ipc/mark.h"

#include <string.h>
#include <strings.h>

#include "pp_test.h"

START_TEST(test_mark_survives_libpqs_text_and_says_its_mode)
{
	char text[PP_MARK_TEXT_MAX];
	for (int mode = PP_IPC_SSL_DISABLE; mode <= PP_IPC_SSL_VERIFY_FULL; mode++)
		for (int bound = 0; bound < 2; bound++) {
			uint32_t mark =
				pp_mark_make((enum pp_ipc_sslmode)mode, bound, "host\0a", 7);
			ck_assert(pp_mark_is_mark(mark));
			ck_assert_int_eq(pp_mark_sslmode(mark), mode);
			ck_assert_int_eq(pp_mark_is_bound(mark), bound);
			ck_assert_int_eq(pp_mark_is_demand(mark),
					 bound || mode >= PP_IPC_SSL_REQUIRE);
			pp_mark_write(mark, text);
			ck_assert_uint_eq(strlen(text), PP_MARK_TEXT_MAX - 1);
			ck_assert_uint_eq(pp_mark_read(text), mark);
		}
}
END_TEST

START_TEST(test_mark_is_never_what_a_person_would_set)
{
	static const uint32_t timeouts[] = {0,	       1,	   30000,     86400000,
					    INT32_MAX, UINT32_MAX, 0x40000000};
	for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++)
		ck_assert(!pp_mark_is_mark(timeouts[i]));
	ck_assert_uint_eq(pp_mark_read("30000"), 0);
	ck_assert_uint_eq(pp_mark_read(""), 0);
	ck_assert_uint_eq(pp_mark_read("99999999999999999999"), 0);
}
END_TEST

START_TEST(test_mark_depends_on_every_byte)
{
	char text[8] = "1234567";
	uint32_t first = pp_mark_make(PP_IPC_SSL_REQUIRE, false, text, sizeof text);
	for (size_t i = 0; i < sizeof text; i++) {
		text[i] ^= 1;
		ck_assert_uint_ne(pp_mark_make(PP_IPC_SSL_REQUIRE, false, text, sizeof text),
				  first);
		text[i] ^= 1;
	}
	ck_assert_uint_eq(pp_mark_make(PP_IPC_SSL_REQUIRE, false, text, sizeof text), first);
}
END_TEST

/* The server's parse_bool: any prefix of "false", in any case. */
START_TEST(test_word_is_false_to_every_server_and_itself_to_us)
{
	char word[PP_MARK_WORD_MAX];
	enum pp_ipc_sslmode mode;
	for (int kind = PP_MARK_PLAIN; kind <= PP_MARK_TUNNEL; kind++)
		for (int m = PP_IPC_SSL_DISABLE; m <= PP_IPC_SSL_VERIFY_FULL; m++) {
			if (kind == PP_MARK_PLAIN && m > PP_IPC_SSL_PREFER)
				continue;
			pp_mark_word((enum pp_mark_kind)kind, (enum pp_ipc_sslmode)m, word);
			ck_assert_int_eq(strncasecmp(word, "false", strlen(word)), 0);
			ck_assert_int_eq(pp_mark_read_word(word, &mode), kind);
			ck_assert_int_eq(mode, kind == PP_MARK_TUNNEL ? PP_IPC_SSL_UNKNOWN : m);
		}
}
END_TEST

START_TEST(test_word_is_nobody_elses)
{
	static const char *const words[] = {"",	    "f",    "false", "False",	"FALSE",
					    "fals", "Fals", "FALS",  "falsE",	"off",
					    "no",   "0",    "true",  "database"};
	enum pp_ipc_sslmode mode;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		ck_assert_msg(pp_mark_read_word(words[i], &mode) == PP_MARK_NONE, "%s", words[i]);
}
END_TEST

START_TEST(test_sslmode_names)
{
	for (int mode = PP_IPC_SSL_DISABLE; mode <= PP_IPC_SSL_VERIFY_FULL; mode++)
		ck_assert_int_eq(
			pp_mark_sslmode_of(pp_mark_sslmode_name((enum pp_ipc_sslmode)mode)), mode);
	ck_assert_int_eq(pp_mark_sslmode_of(""), PP_IPC_SSL_UNKNOWN);
	ck_assert_int_eq(pp_mark_sslmode_of("Prefer"), PP_IPC_SSL_UNKNOWN);
	ck_assert_int_eq(pp_mark_sslmode_of("verify"), PP_IPC_SSL_UNKNOWN);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ipc/mark");
	TCase *c = tcase_create("marks");
	tcase_add_test(c, test_mark_survives_libpqs_text_and_says_its_mode);
	tcase_add_test(c, test_mark_is_never_what_a_person_would_set);
	tcase_add_test(c, test_mark_depends_on_every_byte);
	tcase_add_test(c, test_word_is_false_to_every_server_and_itself_to_us);
	tcase_add_test(c, test_word_is_nobody_elses);
	tcase_add_test(c, test_sslmode_names);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
