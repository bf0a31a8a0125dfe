/* The later words of a statement that matter, and those that only look like them. */
#include "session/steps.h"

#include "lexer_samples.h"

/* docs SELECT INTO: INTO [ TEMPORARY | TEMP | UNLOGGED ] [ TABLE ] new_table; LOCAL and GLOBAL are read over. */
START_TEST(test_steps_into_temp)
{
	static const struct sample table[] = {
		{"SELECT 1 INTO TEMP t", PP_PIN_TEMP},
		{"SELECT 1 INTO LOCAL TEMPORARY TABLE t", PP_PIN_TEMP},
		{"SELECT 1 INTO pg_temp.t", PP_PIN_TEMP},
		{"SELECT 1 INTO \"pg_temp_7\".t", PP_PIN_TEMP},
		{"SELECT 1 INTO \"temp\"", 0},
		{"SELECT 1 INTO t FROM temp", 0},
		{"SELECT 1 AS \"into\", temp FROM t", 0},
		{"SELECT temp FROM pg_temp.t", 0},
	};
	CHECK_ALL(table, PP_PINS_ALL);
}
END_TEST

/* It makes a table; in INSERT and MERGE behind WITH it does not. */
START_TEST(test_steps_select_into_defines_a_table)
{
	static const struct sample table[] = {
		{"SELECT 1 AS a INTO t", PP_TOUCH_DDL | PP_TOUCH_UNSETTLED},
		{"SELECT 1 INTO TEMP t", PP_TOUCH_DDL | PP_TOUCH_UNSETTLED},
		{"WITH x AS (SELECT 1) SELECT * INTO UNLOGGED t FROM x",
		 PP_TOUCH_DDL | PP_TOUCH_UNSETTLED},
		{"EXPLAIN ANALYZE SELECT 1 INTO t", PP_TOUCH_DDL | PP_TOUCH_UNSETTLED},
		{"WITH x AS (INSERT INTO u VALUES (1) RETURNING a) SELECT * INTO t FROM x",
		 PP_TOUCH_DDL | PP_TOUCH_UNSETTLED},
		{"WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", 0},
		{"WITH x AS (SELECT 1) MERGE INTO t USING x ON true WHEN MATCHED THEN DELETE", 0},
		{"INSERT INTO t SELECT 1", 0},
		{"SELECT \"into\", t FROM u", 0},
	};
	CHECK_ALL(table, PP_TOUCH_DDL | PP_TOUCH_UNSETTLED);
}
END_TEST

/* docs DECLARE: ... CURSOR [ { WITH | WITHOUT } HOLD ] FOR query */
START_TEST(test_steps_with_hold_belongs_to_the_cursor)
{
	static const struct sample table[] = {
		{"DECLARE c CURSOR WITH HOLD FOR SELECT 1", PP_PIN_HOLD},
		{"DECLARE c NO SCROLL CURSOR WITH /* a */ HOLD FOR VALUES (1)", PP_PIN_HOLD},
		{"DECLARE c CURSOR WITHOUT HOLD FOR SELECT 1", 0},
		{"DECLARE \"with\" CURSOR FOR SELECT hold FROM t", 0},
		{"DECLARE c CURSOR FOR WITH hold AS (SELECT 1) TABLE hold", 0},
		{"DECLARE c CURSOR WITH \"hold\" FOR SELECT 1", 0},
	};
	CHECK_ALL(table, PP_PINS_ALL);
}
END_TEST

/* UPDATE pg_settings is a rule that calls set_config(). */
START_TEST(test_steps_update_of_pg_settings_sets)
{
	static const struct sample table[] = {
		{"UPDATE pg_settings SET setting = '7MB' WHERE name = 'work_mem'", PP_PIN_SETTINGS},
		{"UPDATE ONLY pg_catalog.pg_settings SET setting = ''", PP_PIN_SETTINGS},
		{"WITH x AS (UPDATE pg_settings SET setting = '') SELECT 1", PP_PIN_SETTINGS},
		{"SELECT * FROM pg_settings", 0},
		{"DELETE FROM t USING pg_settings", 0},
	};
	CHECK_ALL(table, PP_PINS_ALL);
	ck_assert_str_eq(facts_of_text(table[0].text).names, "*");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/steps");
	TCase *c = tcase_create("steps");
	tcase_add_test(c, test_steps_into_temp);
	tcase_add_test(c, test_steps_select_into_defines_a_table);
	tcase_add_test(c, test_steps_with_hold_belongs_to_the_cursor);
	tcase_add_test(c, test_steps_update_of_pg_settings_sets);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
