/* The later words of a statement that matter, and those that only look like them. */
#include "session/steps.h"

#include "lexer_facts.h"

struct sample {
	const char *text;
	uint32_t found;
};

static void check_all(const struct sample *sample, size_t count, uint32_t mask)
{
	for (; count > 0; count--, sample++) {
		uint32_t found = facts_of_text(sample->text).found & mask;
		ck_assert_msg(found == sample->found, "%s: %x, not %x", sample->text, found,
			      sample->found);
	}
}

#define CHECK_ALL(table, mask) check_all(table, sizeof table / sizeof *table, mask)

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

START_TEST(test_steps_create_finds_what_is_temporary_or_loads)
{
	static const struct sample table[] = {
		{"CREATE TEMP VIEW v AS SELECT 1", PP_PIN_TEMP},
		{"CREATE OR REPLACE LOCAL TEMPORARY VIEW v AS SELECT 1", PP_PIN_TEMP},
		{"CREATE TABLE pg_temp.t ()", PP_PIN_TEMP},
		{"CREATE SCHEMA s CREATE TEMP TABLE t ()", PP_PIN_TEMP},
		{"CREATE TABLE temp ()", 0},
		{"CREATE TABLE t (temp int, temporary int)", 0},
		{"CREATE FUNCTION f() RETURNS int AS 'a.so' LANGUAGE C", PP_PIN_LOAD},
		{"CREATE FUNCTION f() RETURNS int LANGUAGE 'c' AS 'a.so'", PP_PIN_LOAD},
		{"CREATE FUNCTION f() RETURNS int LANGUAGE \"c\" AS 'a.so'", PP_PIN_LOAD},
		{"CREATE FUNCTION c() RETURNS int LANGUAGE sql AS 'SELECT 1'", 0},
		{"CREATE TABLE language (c int)", 0},
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

/* docs GRANT: a role, or a right ON something. */
START_TEST(test_steps_who_may_log_in_and_with_what)
{
	static const struct sample table[] = {
		{"GRANT boss TO clerk", PP_TOUCH_DEFAULTS},
		{"REVOKE boss FROM clerk", PP_TOUCH_DEFAULTS},
		{"GRANT CONNECT ON DATABASE shop TO clerk", PP_TOUCH_DEFAULTS},
		{"REVOKE ALL PRIVILEGES ON DATABASE shop FROM PUBLIC", PP_TOUCH_DEFAULTS},
		{"GRANT SELECT ON t TO clerk", 0},
		{"GRANT USAGE ON SCHEMA database TO clerk", 0},
		{"ALTER ROLE clerk SET work_mem = '7MB'", PP_TOUCH_DEFAULTS},
		{"ALTER USER ALL RESET ALL", PP_TOUCH_DEFAULTS},
		{"ALTER DATABASE shop CONNECTION LIMIT 3", PP_TOUCH_DEFAULTS},
		{"DROP GROUP g", PP_TOUCH_DEFAULTS},
		{"DROP OWNED BY clerk", PP_TOUCH_DEFAULTS},
		{"ALTER TABLE role RENAME TO user_", 0},
		{"ALTER TABLE \"database\" ADD a int", 0},
		{"DROP TABLE role", 0},
	};
	CHECK_ALL(table, PP_TOUCH_DEFAULTS);
}
END_TEST

START_TEST(test_steps_what_wants_a_database_without_sessions)
{
	static const struct sample table[] = {
		{"CREATE DATABASE store", PP_TOUCH_DATABASE},
		{"DROP DATABASE IF EXISTS shop", PP_TOUCH_DATABASE},
		{"ALTER DATABASE shop RENAME TO store", PP_TOUCH_DATABASE},
		{"ALTER DATABASE shop SET TABLESPACE fast", PP_TOUCH_DATABASE},
		{"ALTER DATABASE shop SET work_mem = '7MB'", 0},
		{"ALTER DATABASE \"rename\" OWNER TO clerk", 0},
		{"ALTER TABLE t RENAME TO database", 0},
		{"CREATE TABLE database ()", 0},
	};
	CHECK_ALL(table, PP_TOUCH_DATABASE);
}
END_TEST

START_TEST(test_steps_code_is_what_other_names_lead_to)
{
	static const struct sample table[] = {
		{"CREATE FUNCTION f() RETURNS int AS '' LANGUAGE sql", PP_TOUCH_CODE},
		{"CREATE OR REPLACE PROCEDURE p() AS '' LANGUAGE sql", PP_TOUCH_CODE},
		{"CREATE CONSTRAINT TRIGGER t AFTER INSERT ON u EXECUTE FUNCTION f()",
		 PP_TOUCH_CODE},
		{"CREATE MATERIALIZED VIEW v AS SELECT 1", PP_TOUCH_CODE},
		{"ALTER TABLE t ENABLE TRIGGER u", PP_TOUCH_CODE},
		{"CREATE EXTENSION hstore", PP_TOUCH_CODE},
		{"CREATE TABLE t (LIKE u)", PP_TOUCH_CODE},
		{"CREATE TABLE t () INHERITS (u)", PP_TOUCH_CODE},
		{"CREATE INDEX ON t (a)", 0},
		{"CREATE TABLE t (a int)", 0},
		{"ALTER SEQUENCE s RESTART", 0},
		{"DROP FUNCTION f()", 0},
	};
	CHECK_ALL(table, PP_TOUCH_CODE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/steps");
	TCase *c = tcase_create("steps");
	tcase_add_test(c, test_steps_into_temp);
	tcase_add_test(c, test_steps_with_hold_belongs_to_the_cursor);
	tcase_add_test(c, test_steps_create_finds_what_is_temporary_or_loads);
	tcase_add_test(c, test_steps_update_of_pg_settings_sets);
	tcase_add_test(c, test_steps_who_may_log_in_and_with_what);
	tcase_add_test(c, test_steps_what_wants_a_database_without_sessions);
	tcase_add_test(c, test_steps_code_is_what_other_names_lead_to);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
