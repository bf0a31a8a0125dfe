/* The later words of CREATE, ALTER, DROP, GRANT and REVOKE that matter, and those that only look like them. */
#include "session/ddl.h"

#include "lexer_samples.h"

START_TEST(test_ddl_create_finds_what_is_temporary_or_loads)
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

/* docs GRANT: a role, or a right ON something. */
START_TEST(test_ddl_who_may_log_in_and_with_what)
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

START_TEST(test_ddl_what_wants_a_database_without_sessions)
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

START_TEST(test_ddl_code_is_what_other_names_lead_to)
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
	Suite *s = suite_create("session/ddl");
	TCase *c = tcase_create("ddl");
	tcase_add_test(c, test_ddl_create_finds_what_is_temporary_or_loads);
	tcase_add_test(c, test_ddl_who_may_log_in_and_with_what);
	tcase_add_test(c, test_ddl_what_wants_a_database_without_sessions);
	tcase_add_test(c, test_ddl_code_is_what_other_names_lead_to);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
