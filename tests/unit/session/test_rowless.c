#include "session/rowless.h"

#include <string.h>

#include "pp_test.h"

static uint32_t symbols;

static bool is_sure(const char *text)
{
	symbols = 4711;
	return pp_rowless_is_sure((const uint8_t *)text, strlen(text) + 1, &symbols);
}

START_TEST(test_rowless_are_commands_that_return_nothing)
{
	static const char *const texts[] = {"delete from t",
					    "  \n\tUpdate t set n = 1",
					    "INSERT INTO t SELECT 1",
					    "truncate t",
					    "set work_mem = '1MB'",
					    "create table t as select 1",
					    "declare c cursor for select 1",
					    "copy t to stdout",
					    "deallocate all",
					    "start transaction",
					    "rollback to savepoint s",
					    "merge into t using u on true"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		ck_assert_msg(is_sure(texts[i]), "%s", texts[i]);
		ck_assert_uint_eq(symbols, 0);
	}
}
END_TEST

START_TEST(test_rowless_is_not_sure_of_what_may_return_rows_or_begins_oddly)
{
	static const char *const texts[] = {"select 1",
					    "values (1)",
					    "with w as (delete from t) select 1",
					    "delete from t returning n",
					    "delete from t ReTuRnInG n",
					    "update t set n=1returning n",
					    "show work_mem",
					    "explain delete from t",
					    "execute s",
					    "fetch c",
					    "call p()",
					    "table t",
					    "/* */ delete from t",
					    "(delete from t)",
					    "deletes from t",
					    "nosuchcommand",
					    ";",
					    ""};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		ck_assert_msg(!is_sure(texts[i]), "%s", texts[i]);
}
END_TEST

START_TEST(test_rowless_tells_the_highest_parameter_symbol)
{
	ck_assert(is_sure("update t set n = $2 where n=$1 and note = '$3'"));
	ck_assert_uint_eq(symbols, 3); /* also in a literal: rather too many */
	ck_assert(is_sure("delete from t where n in ($10,$9)"));
	ck_assert_uint_eq(symbols, 10);
	ck_assert(is_sure("delete from t where n = $65535"));
	ck_assert(!is_sure("delete from t where n = $65536"));
	ck_assert(!is_sure("delete from t where n = $99999999999999999999"));
	ck_assert(!is_sure("do $$ begin end $$"));
	ck_assert(!is_sure("delete from t where n = $0"));
	ck_assert(!is_sure("delete from t where n = $"));
}
END_TEST

START_TEST(test_rowless_reads_no_further_than_it_may)
{
	static const uint8_t text[] = {'d', 'e', 'l', 'e', 't', 'e', ' ', 'r',
				       'e', 't', 'u', 'r', 'n', 'i', 'n', 'g'};
	for (size_t len = 0; len <= sizeof text; len++) {
		uint8_t *exact = malloc(len ? len : 1); /* a sanitizer sees one byte too much */
		memcpy(exact, text, len);
		ck_assert_int_eq(pp_rowless_is_sure(exact, len, &symbols),
				 len >= 6 && len < sizeof text);
		free(exact);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/rowless");
	TCase *c = tcase_create("rowless");
	tcase_add_test(c, test_rowless_are_commands_that_return_nothing);
	tcase_add_test(c, test_rowless_is_not_sure_of_what_may_return_rows_or_begins_oddly);
	tcase_add_test(c, test_rowless_tells_the_highest_parameter_symbol);
	tcase_add_test(c, test_rowless_reads_no_further_than_it_may);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
