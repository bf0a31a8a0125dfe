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
		{"PREPARE a AS SELECT 1", PP_SHAPE_PREPARE, "a"},
		{" /* x */ PREPARE A (int, text[]) AS\nSELECT $1;", PP_SHAPE_PREPARE, "a"},
		{"PREPARE \"A b\" AS SELECT pg_advisory_lock(1)", PP_SHAPE_PREPARE, "A b"},
		{"PREPARE a AS SELECT 1; SELECT 2", PP_SHAPE_OTHER, ""},
		{"PREPARE transaction AS SELECT 1", PP_SHAPE_OTHER, ""},
		{"PREPARE transaction (int) AS SELECT 1", PP_SHAPE_OTHER, ""},
		{"PREPARE TRANSACTION 'a'", PP_SHAPE_OTHER, ""},
		{"PREPARE \xC3\x89 AS SELECT 1", PP_SHAPE_OTHER, ""},
		{"PREPARE a AS SELECT '", PP_SHAPE_OTHER, ""},
		{"EXECUTE a", PP_SHAPE_EXECUTE, "a"},
		{"execute A (1, f('x'), $1) ; -- b", PP_SHAPE_EXECUTE, "a"},
		{"EXECUTE \"a\"(set_config('a.b', 'c', false))", PP_SHAPE_EXECUTE, "a"},
		{"EXPLAIN EXECUTE a", PP_SHAPE_OTHER, ""},
		{"BEGIN; EXECUTE a", PP_SHAPE_OTHER, ""},
		{"CREATE TABLE t AS EXECUTE a", PP_SHAPE_OTHER, ""},
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
		{"PREPARE a AS SELECT 1", false},
		{"PREPARE a AS SELECT name FROM pg_prepared_statements", true},
		{"PREPARE a AS SELECT 1; SELECT 1", true},
		{"PREPARE transaction (int) AS SELECT 1", true},
		{"EXECUTE a", false},
		{"EXECUTE a; EXECUTE b", true},
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

START_TEST(test_shape_of_prepare_does_what_the_statement_in_it_does)
{
	static const struct {
		const char *text;
		uint32_t found;
	} table[] = {
		{"PREPARE a AS SELECT 1", 0},
		{"PREPARE a (int) AS (SELECT $1)", 0},
		{"PREPARE a AS DELETE FROM t", 0},
		{"PREPARE a AS INSERT INTO t VALUES (1)", PP_TOUCH_SEQUENCE},
		{"PREPARE a AS WITH x AS (INSERT INTO t VALUES (1)) SELECT 1", PP_TOUCH_SEQUENCE},
		{"PREPARE a AS UPDATE pg_settings SET setting = 1", PP_PIN_SETTINGS},
		{"PREPARE a AS SELECT nextval('s')", PP_TOUCH_SEQUENCE},
		{"PREPARE a AS SELECT setseed($1)", PP_PIN_SEED},
		{"PREPARE a AS SELECT pg_backend_pid()", PP_PIN_PID},
		{"PREPARE a AS SELECT pg_notify($1, $2)", PP_TOUCH_NOTIFIES},
		{"PREPARE insert AS SELECT 1", 0},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		uint32_t found = facts_of_text(table[i].text).found;
		uint32_t expected = table[i].found | PP_PIN_PREPARE | PP_TOUCH_PREPARES;
		ck_assert_msg(found == expected, "%s: %x", table[i].text, found);
	}
}
END_TEST

START_TEST(test_shape_or_the_text_leaves_its_transaction_unsettled)
{
	static const struct {
		const char *text;
		bool unsettled, defines;
	} table[] = {
		{"BEGIN; SELECT f(1); INSERT INTO t VALUES (1); COMMIT", false, false},
		{"PREPARE a AS SELECT 1", false, false},
		{"EXECUTE a", false, false},
		{"SET LOCAL search_path = a", true, false},
		{"SELECT set_config('search_path', 'a', true)", true, false},
		{"PREPARE a AS SELECT set_config($1, $2, true)", true, false},
		{"CREATE TABLE t (a int)", true, true},
		{"ALTER TYPE t ADD VALUE 'x'", true, true},
		{"DROP VIEW v", true, true},
		{"IMPORT FOREIGN SCHEMA a FROM SERVER b INTO c", true, true},
		{"GRANT USAGE ON SCHEMA s TO r", true, false},
		{"DO ''", true, false},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		uint32_t found = facts_of_text(table[i].text).found;
		ck_assert_msg(!(found & PP_TOUCH_UNSETTLED) == !table[i].unsettled &&
				      !(found & PP_TOUCH_DDL) == !table[i].defines,
			      "%s", table[i].text);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/shape");
	TCase *c = tcase_create("shape");
	tcase_add_test(c, test_shape_of_a_text_that_is_one_statement);
	tcase_add_test(c, test_shape_names_as_long_as_the_server_keeps_them);
	tcase_add_test(c, test_shape_or_the_text_speaks_of_statements_by_name);
	tcase_add_test(c, test_shape_of_prepare_does_what_the_statement_in_it_does);
	tcase_add_test(c, test_shape_or_the_text_leaves_its_transaction_unsettled);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
