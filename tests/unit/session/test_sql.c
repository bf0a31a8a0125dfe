#include "session/sql.h"

#include <string.h>

#include "pp_test.h"

/* docs 4.1.2.2: a quote is \' or '', a backslash is \\; nothing else in these values needs escaping. */
START_TEST(test_sql_literals_mean_the_value_whatever_the_settings)
{
	static const struct {
		const char *value, *literal;
	} table[] = {
		{"", "E''"},	      {"plain", "E'plain'"},
		{"it's", "E'it''s'"}, {"back\\slash", "E'back\\\\slash'"},
		{"\\'", "E'\\\\'''"}, {"two\nlines\t\"\xC5\xBE\"", "E'two\nlines\t\"\xC5\xBE\"'"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char text[64];
		struct pp_sql sql;
		pp_sql_init(&sql, text, sizeof text);
		pp_sql_literal(&sql, table[i].value);
		ck_assert(!sql.failed && sql.len == strlen(text));
		ck_assert_str_eq(text, table[i].literal);
	}
}
END_TEST

START_TEST(test_sql_identifiers_double_the_quote_and_nothing_else)
{
	char text[64];
	struct pp_sql sql;
	pp_sql_init(&sql, text, sizeof text);
	pp_sql_put(&sql, "RESET ");
	pp_sql_identifier(&sql, "My \"own\\'s\"");
	ck_assert(!sql.failed);
	ck_assert_str_eq(text, "RESET \"My \"\"own\\'s\"\"\"");
}
END_TEST

static bool write_all(struct pp_sql *sql)
{
	pp_sql_put(sql, "SET ");
	pp_sql_identifier(sql, "a\"b");
	pp_sql_put(sql, "=");
	pp_sql_literal(sql, "'\\");
	return !sql->failed;
}

/* What did not fit fails for good, is terminated, and never a byte beyond. */
START_TEST(test_sql_a_buffer_of_any_size_is_enough_or_failed)
{
	static const char whole[] = "SET \"a\"\"b\"=E'''\\\\'";
	for (size_t size = 0; size <= sizeof whole + 1; size++) {
		char text[sizeof whole + 2];
		struct pp_sql sql;
		memset(text, '#', sizeof text);
		pp_sql_init(&sql, text, size);
		ck_assert(write_all(&sql) == (size >= sizeof whole));
		for (size_t at = size; at < sizeof text; at++)
			ck_assert(text[at] == '#');
		if (size >= sizeof whole)
			ck_assert_str_eq(text, whole);
		else
			pp_sql_put(&sql, ""); /* the shortest of all does not make it good again */
		ck_assert(sql.failed == (size < sizeof whole));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/sql");
	TCase *c = tcase_create("sql");
	tcase_add_test(c, test_sql_literals_mean_the_value_whatever_the_settings);
	tcase_add_test(c, test_sql_identifiers_double_the_quote_and_nothing_else);
	tcase_add_test(c, test_sql_a_buffer_of_any_size_is_enough_or_failed);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
