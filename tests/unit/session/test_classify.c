/* Where a statement begins and ends, and what its first word makes of it. */
#include "session/classify.h"

#include "lexer_facts.h"

static void check(const char *text, uint32_t expected)
{
	uint32_t pins = facts_of_text(text).found & PP_PINS_ALL;
	ck_assert_msg(pins == expected, "%s: %x, not %x", text, pins, expected);
}

START_TEST(test_classify_only_a_first_word_is_a_command)
{
	check("LISTEN a", PP_PIN_LISTEN);
	check(" ;; /* a */ LISTEN a;", PP_PIN_LISTEN);
	check("SELECT listen FROM load", 0);
	check("SELECT 1; LISTEN a; SELECT 2", PP_PIN_LISTEN);
	check("\"listen\" a", PP_PIN_OPAQUE); /* a quoted word is none */
	check("listens a", PP_PIN_OPAQUE);
}
END_TEST

START_TEST(test_classify_a_statement_known_to_nobody_is_opaque)
{
	check("1", PP_PIN_OPAQUE);
	check("'a'", PP_PIN_OPAQUE);
	check(", select 1", PP_PIN_OPAQUE);
	check("frobnicate the session", PP_PIN_OPAQUE);
	check("select 1; frobnicate", PP_PIN_OPAQUE);
	check("", 0);
}
END_TEST

START_TEST(test_classify_a_parenthesis_may_open_a_query)
{
	check("(SELECT 1 INTO TEMP t)", PP_PIN_TEMP);
	check("((select 1) union (select 2))", 0);
	check("(listen a)", PP_PIN_LISTEN); /* no SQL, but never too few */
}
END_TEST

/* docs EXPLAIN: of any statement, with options in front or in parentheses. */
START_TEST(test_classify_explain_is_of_another_statement)
{
	check("EXPLAIN SELECT 1", 0);
	check("EXPLAIN ANALYZE VERBOSE CREATE TEMP TABLE t AS SELECT 1", PP_PIN_TEMP);
	check("EXPLAIN (ANALYZE, FORMAT json) CREATE TEMP TABLE t AS SELECT 1", PP_PIN_TEMP);
	check("EXPLAIN (ANALYZE false, TIMING) SELECT load FROM listen", 0);
	check("EXPLAIN ANALYZE DECLARE c CURSOR WITH HOLD FOR SELECT 1", PP_PIN_HOLD);
	check("EXPLAIN ((SELECT 1 INTO TEMP t))", PP_PIN_TEMP);
}
END_TEST

/* What a text creates, its next statement may call; the watch knows it only afterwards. */
START_TEST(test_classify_what_is_created_and_used_in_one_text_is_dynamic)
{
	check("CREATE FUNCTION f() RETURNS int AS 'SELECT 1' LANGUAGE sql", 0);
	check("CREATE FUNCTION f() RETURNS int AS 'SELECT 1' LANGUAGE sql; SELECT f()",
	      PP_PIN_DYNAMIC);
	check("SELECT 1; CREATE VIEW v AS SELECT 1", PP_PIN_DYNAMIC);
	check("CREATE TABLE t (a int); SELECT 1", 0);
}
END_TEST

/* CREATE FUNCTION ... BEGIN ATOMIC: semicolons that end nothing (lexer.h); too many pins, never too few. */
START_TEST(test_classify_goes_on_behind_every_semicolon)
{
	check("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END; LISTEN a",
	      PP_PIN_LISTEN | PP_PIN_DYNAMIC);
	check("CREATE RULE r AS ON INSERT TO t DO (SELECT 1; NOTIFY a); LISTEN a",
	      PP_PIN_LISTEN | PP_PIN_DYNAMIC);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/classify");
	TCase *c = tcase_create("classify");
	tcase_add_test(c, test_classify_only_a_first_word_is_a_command);
	tcase_add_test(c, test_classify_a_statement_known_to_nobody_is_opaque);
	tcase_add_test(c, test_classify_a_parenthesis_may_open_a_query);
	tcase_add_test(c, test_classify_explain_is_of_another_statement);
	tcase_add_test(c, test_classify_what_is_created_and_used_in_one_text_is_dynamic);
	tcase_add_test(c, test_classify_goes_on_behind_every_semicolon);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
