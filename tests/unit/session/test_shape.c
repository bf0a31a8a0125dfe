#include "session/shape.h"

#include "lexer_facts.h"

START_TEST(test_shape_of_a_text_that_is_one_statement)
{
	static const struct {
		const char *text;
		enum pp_shape shape;
		const char *name;
	} table[] = {
		{"DEALLOCATE a", PP_SHAPE_DEALLOCATE, "a"},
		{"deallocate Ab_1$ ;;", PP_SHAPE_DEALLOCATE, "ab_1$"},
		{"; /* a */ DEALLOCATE -- b\n a /* c */ ; -- d", PP_SHAPE_DEALLOCATE, "a"},
		{"DEALLOCATE PREPARE a;", PP_SHAPE_DEALLOCATE, "a"},
		{"DEALLOCATE PREPARE", PP_SHAPE_DEALLOCATE, "prepare"},
		{"DEALLOCATE PREPARE prepare", PP_SHAPE_DEALLOCATE, "prepare"},
		{"DEALLOCATE \"Prepare\"", PP_SHAPE_DEALLOCATE, "Prepare"},
		{"DEALLOCATE \"a \"\"b\xC3\xA9\"", PP_SHAPE_DEALLOCATE, "a \"b\xC3\xA9"},
		{"DEALLOCATE \"all\"", PP_SHAPE_DEALLOCATE, "all"},
		{"DEALLOCATE ALL", PP_SHAPE_DEALLOCATE_ALL, ""},
		{"DEALLOCATE PREPARE ALL;", PP_SHAPE_DEALLOCATE_ALL, ""},
		{"Discard All", PP_SHAPE_DISCARD_ALL, ""},
		{"", PP_SHAPE_OTHER, ""},
		{"SELECT 1", PP_SHAPE_OTHER, ""},
		{"DEALLOCATE", PP_SHAPE_OTHER, ""},
		{"DEALLOCATE a b", PP_SHAPE_OTHER, ""},
		{"DEALLOCATE a.b", PP_SHAPE_OTHER, ""},
		{"DEALLOCATE a, b", PP_SHAPE_OTHER, ""},
		{"DEALLOCATE 'a'", PP_SHAPE_OTHER, ""},
		{"DEALLOCATE $1", PP_SHAPE_OTHER, ""},
		{"DEALLOCATE \"\"", PP_SHAPE_OTHER, ""},
		{"DEALLOCATE U&\"a\"", PP_SHAPE_OTHER, ""},
		{"DEALLOCATE \xC3\x89", PP_SHAPE_OTHER, ""},
		{"DEALLOCATE PREPARE a b", PP_SHAPE_OTHER, ""},
		{"DEALLOCATE ALL a", PP_SHAPE_OTHER, ""},
		{"DEALLOCATE ALL 'a'", PP_SHAPE_OTHER, ""},
		{"DISCARD PLANS", PP_SHAPE_OTHER, ""},
		{"DISCARD \"all\"", PP_SHAPE_OTHER, ""},
		{"DISCARD ALL ALL", PP_SHAPE_OTHER, ""},
		{"DISCARD ALL; SELECT 1", PP_SHAPE_OTHER, ""},
		{"SELECT 1; DEALLOCATE a", PP_SHAPE_OTHER, ""},
		{"DEALLOCATE a; DEALLOCATE b", PP_SHAPE_OTHER, ""},
		{"EXPLAIN DEALLOCATE a", PP_SHAPE_OTHER, ""},
		{"(DEALLOCATE a)", PP_SHAPE_OTHER, ""},
		{"()DEALLOCATE a", PP_SHAPE_OTHER, ""},
		{"DEALLOCATE a /*", PP_SHAPE_OTHER, ""},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct facts facts = facts_of_text(table[i].text);
		ck_assert_msg(facts.shape == table[i].shape, "%s: %d", table[i].text, facts.shape);
		ck_assert_msg(!strcmp(facts.shape_name, table[i].name), "%s: '%s'", table[i].text,
			      facts.shape_name);
	}
}
END_TEST

START_TEST(test_shape_names_as_long_as_the_server_keeps_them)
{
	char text[128], name[80];
	for (size_t n = 61; n <= 66; n++) {
		memset(name, 'x', n);
		name[n] = '\0';
		snprintf(text, sizeof text, "DEALLOCATE \"%s\"", name);
		struct facts facts = facts_of_text(text);
		ck_assert_str_eq(facts.shape_name, n <= 63 ? name : "");
		ck_assert_int_eq(facts.shape, n <= 63 ? PP_SHAPE_DEALLOCATE : PP_SHAPE_OTHER);
	}
}
END_TEST

START_TEST(test_shape_or_the_text_speaks_of_statements_by_name)
{
	static const struct {
		const char *text;
		bool speaks;
	} table[] = {
		{"DEALLOCATE a", false},
		{"DISCARD ALL", false},
		{"DEALLOCATE ALL", false},
		{"SELECT name FROM prepared_statements", false},
		{"PREPARE TRANSACTION 'a'", false},
		{"DEALLOCATE a; SELECT 1", true},
		{"DISCARD ALL; SELECT 1", true},
		{"SELECT 1; DEALLOCATE ALL", true},
		{"DEALLOCATE a b", true},
		{"PREPARE a AS SELECT 1", true},
		{"PREPARE transaction (int) AS SELECT 1", true},
		{"EXECUTE a", true},
		{"EXPLAIN ANALYZE EXECUTE a", true},
		{"CREATE TABLE t AS EXECUTE a", true},
		{"SELECT name FROM pg_catalog.PG_prepared_statements", true},
		{"SELECT name FROM \"pg_prepared_statements\"", true},
		{"DO 'begin perform 1 from pg_prepared_statements; end'", true},
		{"DO $$ begin execute 'deallocate all'; end $$", true},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		ck_assert_msg(!(facts_of_text(table[i].text).found & PP_TOUCH_STATEMENTS) ==
				      !table[i].speaks,
			      "%s", table[i].text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/shape");
	TCase *c = tcase_create("shape");
	tcase_add_test(c, test_shape_of_a_text_that_is_one_statement);
	tcase_add_test(c, test_shape_names_as_long_as_the_server_keeps_them);
	tcase_add_test(c, test_shape_or_the_text_speaks_of_statements_by_name);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
