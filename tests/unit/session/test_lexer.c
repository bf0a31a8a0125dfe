#include "session/lexer.h"

#include "lexer_facts.h"

enum {
	NONE = 0,
	SET = PP_PIN_SETTINGS,
	UNKNOWN = PP_PIN_SETTINGS | PP_PIN_OPAQUE, /* a setting of any name */
	DYNAMIC = PP_PIN_DYNAMIC,
	LISTEN = PP_PIN_LISTEN,
	TEMP = PP_PIN_TEMP,
	PREPARE = PP_PIN_PREPARE,
	HOLD = PP_PIN_HOLD,
	ADVISORY = PP_PIN_ADVISORY,
	SEQUENCE = PP_PIN_SEQUENCE,
	SEED = PP_PIN_SEED,
	LOAD = PP_PIN_LOAD,
	OPAQUE = PP_PIN_OPAQUE
};

struct sample {
	const char *text;
	uint32_t pins;
	const char *cause; /* NULL: not looked at */
};

static void check_bytes(const uint8_t *text, size_t len, bool conforming, uint32_t expected,
			const char *expected_cause, const char *name)
{
	struct facts facts = facts_of(text, len, conforming, NULL);
	uint32_t pins = facts.found & PP_PINS_ALL;
	ck_assert_msg(pins == expected, "%s: pins %x, not %x", name, pins, expected);
	ck_assert_msg((pins == 0) == (*facts.cause == '\0'), "%s: cause '%s'", name, facts.cause);
	if (expected_cause)
		ck_assert_msg(!strcmp(facts.cause, expected_cause), "%s: cause '%s'", name,
			      facts.cause);
}

static void check_all(const struct sample *sample, size_t count, bool conforming)
{
	for (; count > 0; count--, sample++)
		check_bytes((const uint8_t *)sample->text, strlen(sample->text), conforming,
			    sample->pins, sample->cause, sample->text);
}

#define CHECK_ALL(table) check_all(table, sizeof table / sizeof *table, true)

START_TEST(test_lexer_ordinary_statements_do_not_pin)
{
	static const struct sample table[] = {
		{"", NONE, ""},
		{" ;; ; ", NONE, ""},
		{"-- nothing", NONE, ""},
		{"SELECT abalance FROM pgbench_accounts WHERE aid = 4711;", NONE, ""},
		{"insert into temp values (1)", NONE, ""},
		{"INSERT INTO t SELECT * FROM temp", NONE, ""},
		{"UPDATE t SET a = 1, b.c = 2 WHERE d", NONE, ""},
		{"UPDATE t SET setting = 1 WHERE name = 'pg_settings'", NONE, ""},
		{"DELETE FROM t USING temp", NONE, ""},
		{"MERGE INTO temp USING s ON true WHEN MATCHED THEN DO NOTHING", NONE, ""},
		{"VALUES (1), (2)", NONE, ""},
		{"TABLE t", NONE, ""},
		{"WITH x AS (SELECT 1) SELECT * FROM x", NONE, ""},
		{"((SELECT 1) UNION (SELECT 2))", NONE, ""},
		{"BEGIN; SET LOCAL search_path = a, b; SELECT 1; COMMIT", NONE, ""},
		{"START TRANSACTION ISOLATION LEVEL SERIALIZABLE; END", NONE, ""},
		{"SAVEPOINT a; ROLLBACK TO a; RELEASE a; ABORT", NONE, ""},
		{"PREPARE TRANSACTION 'x'; COMMIT PREPARED 'x'; ROLLBACK PREPARED 'x'", NONE, ""},
		{"PREPARE /* a */ TRANSACTION -- b\n 'x'", NONE, ""},
		{"COPY t (a, b) FROM STDIN WITH (FORMAT csv)", NONE, ""},
		{"COPY (SELECT 1) TO STDOUT", NONE, ""},
		{"EXPLAIN SELECT 1", NONE, ""},
		{"EXPLAIN (ANALYZE, BUFFERS on) SELECT 1", NONE, ""},
		{"EXPLAIN ANALYZE VERBOSE UPDATE t SET a = 1", NONE, ""},
		{"EXPLAIN (SELECT 1) UNION SELECT 2", NONE, ""},
		{"SHOW search_path; SHOW ALL", NONE, ""},
		{"DECLARE c CURSOR FOR SELECT 1; FETCH 1 FROM c; MOVE c; CLOSE c", NONE, ""},
		{"DECLARE c CURSOR WITHOUT HOLD FOR SELECT 1", NONE, ""},
		{"DECLARE c CURSOR FOR WITH hold AS (SELECT 1) SELECT * FROM hold", NONE, ""},
		{"DECLARE hold SCROLL CURSOR FOR SELECT 1", NONE, ""},
		{"LOCK TABLE t; TRUNCATE t; ANALYZE t; VACUUM (FULL) t; CLUSTER t", NONE, ""},
		{"CREATE TABLE t (temp int, temporary text)", NONE, ""},
		{"CREATE UNLOGGED TABLE t (a int)", NONE, ""},
		{"CREATE TABLE temp AS SELECT 1", NONE, ""},
		{"CREATE OR REPLACE FUNCTION f() RETURNS int AS $$ SET x = 1; $$ LANGUAGE sql",
		 NONE, ""},
		{"CREATE TRIGGER t AFTER INSERT ON t EXECUTE FUNCTION f()", NONE, ""},
		{"CREATE FUNCTION f() RETURNS int AS 'select 1; set a to 1'", NONE, ""},
		{"ALTER TABLE t SET (fillfactor = 50)", NONE, ""},
		{"ALTER INDEX i SET (fillfactor = 50); DROP TABLE t", NONE, ""},
		{"ALTER SYSTEM SET work_mem = '1MB'", NONE, ""},
		{"ALTER ROLE r SET search_path = a", NONE, ""},
		{"GRANT SELECT ON t TO r; REVOKE ALL ON t FROM r; REASSIGN OWNED BY a TO b", NONE,
		 ""},
		{"COMMENT ON TABLE t IS 'x'; SECURITY LABEL ON TABLE t IS 'x'", NONE, ""},
		{"REINDEX TABLE t; REFRESH MATERIALIZED VIEW v; NOTIFY a, 'b'; CHECKPOINT", NONE,
		 ""},
		{"IMPORT FOREIGN SCHEMA a FROM SERVER b INTO c", NONE, ""},
		{"DISCARD ALL; RESET ALL; RESET work_mem; DEALLOCATE ALL; UNLISTEN *", NONE, ""},
		{"RESET SESSION AUTHORIZATION; RESET ROLE", NONE, ""},
		{"SET TRANSACTION READ ONLY; SET CONSTRAINTS ALL DEFERRED", NONE, ""},
		{"SET LOCAL app.tenant = '1'; SET LOCAL ROLE r", NONE, ""},
		{"SELECT current_setting('x'), nextval('s'), count(*), set_configuration(1)", NONE,
		 ""},
		{"SELECT pg_advisory_xact_lock(1), pg_try_advisory_xact_lock(1, 2)", NONE, ""},
		{"SELECT pg_advisory_unlock(1), pg_advisory_unlock_all()", NONE, ""},
		{"SELECT lastval, currval FROM set_config", NONE, ""},
		{"SELECT 1 FROM pg_settings FOR UPDATE OF t", NONE, ""},
	};
	CHECK_ALL(table);
}
END_TEST

START_TEST(test_lexer_set_pins)
{
	static const struct sample table[] = {
		{"SET x = 1", SET, "SET X"},
		{"set/**/x to 1", SET, "SET X TO"},
		{"SET SESSION x = 1", SET, "SET SESSION X"},
		{"SET SESSION SESSION AUTHORIZATION r", SET, NULL},
		{"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", SET, NULL},
		{"SET ROLE r", SET, NULL},
		{"SET TIME ZONE 'UTC'", SET, "SET TIME ZONE"},
		{"SET TIME ZONE 1.5", SET, NULL},
		{"SET NAMES 'utf8'", SET, NULL},
		{"SET XML OPTION DOCUMENT", SET, NULL},
		{"SET \"x\" = 1", SET, "SET"},
		{"SET search_path = a.b", SET, NULL},
		{"SET x = 'a.b'", SET, NULL},
		{"SET x TO a", SET, NULL},
		{"SET app.x = 1", SET, "SET APP X"},
		{"SET app /* . */ . x = 1", SET, NULL},
		{"SET \"a\".\"b\" = 1", SET, NULL},
		{"SET \"a.b\" = 1", SET, NULL},
		{"SET SESSION a.b = 1", SET, NULL},
		{"SET local.x = 1", SET, NULL},
		{"SET local . x = 1", SET, NULL},
		{"SET session.x = 1", SET, NULL},
		{"SET transaction.x = 1", SET, NULL},
		{"SET constraints.x = 1", SET, NULL},
		{"SET schema.x = 1", SET, NULL},
		{"SET LOCAL x = 1; SET y = 1", SET, "SET Y"},
		{"RESET a.b", SET, "RESET A B"},
		{"RESET \"a.b\"", SET, NULL},
		{"UPDATE pg_settings SET setting = 1", SET, "UPDATE PG_SETTINGS"},
		{"UPDATE ONLY pg_catalog.\"pg_settings\" SET setting = 1", SET, NULL},
		{"WITH x AS (SELECT 1) UPDATE pg_settings SET setting = 1", SET, NULL},
		{"EXPLAIN ANALYZE UPDATE pg_settings SET setting = 1", SET, NULL},
	};
	CHECK_ALL(table);
}
END_TEST

START_TEST(test_lexer_set_config_pins_unless_it_is_certainly_local)
{
	static const struct sample table[] = {
		{"SELECT set_config('a', 'b', false)", SET, "SELECT SET_CONFIG("},
		{"(SELECT set_config('a', 'b', false))", SET, "SELECT SET_CONFIG("},
		{"SELECT set_config('a', 'b', $1)", SET, NULL},
		{"SELECT set_config($1, $2, true)", UNKNOWN, NULL},
		{"SELECT set_config('a', 'b', true OR false)", SET, NULL},
		{"SELECT set_config('a', 'b', (true))", SET, NULL},
		{"SELECT set_config('a', 'b', 'true')", SET, NULL},
		{"SELECT set_config('a', 'b', \"true\")", SET, NULL},
		{"SELECT set_config('a', 'b', true, 1)", UNKNOWN, NULL},
		{"SELECT set_config(is_local => true)", UNKNOWN, NULL},
		{"SELECT set_config('search_path', 'pg_temp', true)", TEMP, NULL},
		{"SELECT set_config('Search_Path', 'pg_temp', true)", TEMP, NULL},
		{"SELECT set_config('search' || '_path', 'x', true)", UNKNOWN, NULL},
		{"SELECT set_config('search_'\n'path', 'x', true)", UNKNOWN, NULL},
		{"SELECT set_config(E'search\\137path', 'x', true)", UNKNOWN, NULL},
		{"SELECT set_config(U&'search\\005Fpath', 'x', true)", UNKNOWN, NULL},
		{"SELECT set_config($$search_path$$, 'x', true)", UNKNOWN, NULL},
		{"SELECT set_config('a', set_config('b', 'c', true), true)", UNKNOWN, NULL},
		{"SELECT set_config('a', 'b', true", UNKNOWN, NULL},
		{"SELECT set_config('a', 'b'; SELECT true)", UNKNOWN, NULL},
		{"SELECT set_config('a', 'b', true), set_config('a', 'b', false)", SET, NULL},
		{"SELECT set_config('a', 'b', true)", NONE, ""},
		{"SELECT set_config('a.b', (f(1, 2) || ','), TRUE), 1", NONE, ""},
		{"SELECT Set_Config ( 'it''s' , $1 , /* yes */ true ) FROM t", NONE, ""},
		{"SELECT set_config('a', lastval()::text, true)", SEQUENCE, NULL},
		{"SELECT pg_catalog . \"set_config\" ('a', 'b', false)", SET, NULL},
		{"SELECT \"SET_CONFIG\"('a', 'b', false)", NONE, NULL},
		{"SELECT * FROM t WHERE x = SET_CONFIG -- c\n ('a', 'b', false)", SET, NULL},
	};
	CHECK_ALL(table);
}
END_TEST

START_TEST(test_lexer_temporary_objects_pin)
{
	static const struct sample table[] = {
		{"CREATE TEMP TABLE t (a int)", TEMP, "CREATE TEMP TABLE"},
		{"create temporary table t (a int) on commit drop", TEMP, NULL},
		{"CREATE GLOBAL TEMPORARY TABLE t (a int)", TEMP, NULL},
		{"CREATE LOCAL TEMP TABLE t AS SELECT 1", TEMP, NULL},
		{"CREATE OR REPLACE TEMP VIEW v AS SELECT 1", TEMP, "CREATE OR REPLACE"},
		{"CREATE OR REPLACE TEMP RECURSIVE VIEW v(a) AS SELECT 1", TEMP, NULL},
		{"CREATE TEMP SEQUENCE s", TEMP, NULL},
		{"CREATE/*\n*/TEMP--\rTABLE t ()", TEMP, NULL},
		{"CREATE TABLE pg_temp.t (a int)", TEMP, "CREATE PG_TEMP"},
		{"CREATE TABLE \"pg_temp\" . t (a int)", TEMP, NULL},
		{"CREATE TABLE pg_temp_3.t (a int)", TEMP, NULL},
		{"CREATE FUNCTION pg_temp.f() RETURNS int AS 'select 1' LANGUAGE sql", TEMP, NULL},
		{"CREATE SCHEMA s CREATE TEMP TABLE t ()", TEMP, NULL},
		{"EXPLAIN ANALYZE CREATE TEMP TABLE t AS SELECT 1", TEMP, NULL},
		{"SELECT 1 INTO TEMP t", TEMP, "SELECT INTO TEMP"},
		{"SELECT 1 INTO TEMPORARY TABLE t", TEMP, NULL},
		{"SELECT 1 INTO LOCAL TEMP t", TEMP, NULL},
		{"SELECT 1 INTO GLOBAL TEMPORARY t", TEMP, NULL},
		{"SELECT 1 INTO pg_temp.t", TEMP, NULL},
		{"SELECT 1 INTO TABLE \"pg_temp\".t", TEMP, NULL},
		{"SELECT 1INTO TEMP t", TEMP, NULL},
		{"SELECT 1.5e5INTO TEMP t", TEMP, NULL},
		{"SELECT 1e5INTO TEMP t", TEMP, NULL},
		{"SELECT $1INTO TEMP t", TEMP, NULL},
		{"SELECT 1 insert INTO TEMP t", TEMP, NULL},
		{"SELECT 1 update INTO TEMP t", TEMP, NULL},
		{"(SELECT 1 INTO TEMP t)", TEMP, NULL},
		{"WITH x AS (SELECT 1) SELECT * INTO TEMP t FROM x", TEMP, NULL},
		{"EXPLAIN ANALYZE SELECT 1 INTO TEMP t", TEMP, NULL},
		{"EXPLAIN (SELECT 1 INTO TEMP t)", TEMP, NULL},
		{"EXPLAIN ((SELECT 1 INTO TEMP t))", TEMP, NULL},
		{"IMPORT FOREIGN SCHEMA a FROM SERVER b INTO pg_temp", TEMP, NULL},
		{"SELECT 1 INTO t", NONE, NULL},
		{"SELECT 1 INTO UNLOGGED t", NONE, NULL},
		{"SELECT 1 INTO \"temp\"", NONE, NULL},
		{"SELECT 1 INTO local.temp", NONE, NULL},
		{"SELECT * FROM pg_temp.t; DROP TABLE pg_temp.t", NONE, NULL},
		{"SET LOCAL search_path = pg_temp", TEMP, "SET SEARCH_PATH PG_TEMP"},
		{"SET LOCAL \"SEARCH_PATH\" TO a, \"pg_temp\"", TEMP, NULL},
		{"SET LOCAL search_path = 'pg_temp'", TEMP, NULL},
		{"SET LOCAL search_path = E'\\160g_temp'", TEMP, NULL},
		{"SET LOCAL search_path = $$pg_temp$$", TEMP, NULL},
		{"SET LOCAL search_path = 'tenant_1', \"$user\"", NONE, NULL},
		{"SET LOCAL SCHEMA 'pg_temp'", TEMP, NULL},
		{"SET search_path = pg_temp", SET | TEMP, NULL},
		{"SET SESSION search_path = pg_temp", SET | TEMP, NULL},
	};
	CHECK_ALL(table);
}
END_TEST

START_TEST(test_lexer_prepare_listen_hold_load_and_the_unknown_pin)
{
	static const struct sample table[] = {
		{"PREPARE p AS SELECT 1", PREPARE, "PREPARE P AS"},
		{"PREPARE \"p\" AS SELECT 1", PREPARE, NULL},
		{"PREPARE transaction AS SELECT 1", PREPARE, NULL},
		{"PREPARE transaction (int) AS SELECT 1", PREPARE, NULL},
		{"EXECUTE p (1)", PREPARE, NULL},
		{"EXPLAIN EXECUTE p", PREPARE, NULL},
		{"EXPLAIN ANALYZE EXECUTE p", PREPARE, "EXPLAIN ANALYZE EXECUTE"},
		{"EXPLAIN (ANALYZE) EXECUTE p", PREPARE, NULL},
		{"EXPLAIN (ANALYZE, FORMAT json) EXECUTE p", PREPARE, NULL},
		{"CREATE TABLE t AS EXECUTE p", PREPARE, "CREATE AS EXECUTE"},
		{"LISTEN a", LISTEN, "LISTEN A"},
		{"BEGIN; LISTEN a; COMMIT", LISTEN, NULL},
		{"DECLARE c CURSOR WITH HOLD FOR SELECT 1", HOLD, "DECLARE WITH HOLD"},
		{"DECLARE c SCROLL CURSOR WITH/**/--\nHOLD FOR SELECT 1", HOLD, NULL},
		{"LOAD 'age'", LOAD, NULL},
		{"CREATE FUNCTION f() RETURNS int AS 'lib', 'f' LANGUAGE C STRICT", LOAD,
		 "CREATE LANGUAGE C"},
		{"create or replace function f() returns int language 'c' as 'lib'", LOAD, NULL},
		{"create function f() returns int language sql as 'select 1'", NONE, NULL},
		{"create function f(language c) returns int language sql as 'select 1'", LOAD,
		 NULL},
		{"DO $$ begin end $$", DYNAMIC, "DO"},
		{"CALL p()", DYNAMIC, "CALL P"},
		{"FROBNICATE", OPAQUE, "FROBNICATE"},
		{"\"select\" 1", OPAQUE, "NOT A STATEMENT"},
		{"1", OPAQUE, NULL},
		{"'x'", OPAQUE, NULL},
		{"\\d", OPAQUE, NULL},
		{"\xEF\xBB\xBFSELECT 1", OPAQUE, "???SELECT"},
		{"EXPLAIN (ANALYZE) FROBNICATE", OPAQUE, NULL},
		{"SELECT 1; DO ''; LISTEN a", DYNAMIC | LISTEN, "DO"},
	};
	CHECK_ALL(table);
}
END_TEST

START_TEST(test_lexer_flags_what_ends_state_and_what_changes_databases)
{
	static const struct {
		const char *text;
		uint32_t found;
	} table[] = {
		{"BEGIN; SELECT 1; SAVEPOINT a; RELEASE a", 0},
		{"COMMIT", PP_TOUCH_END},
		{"END", PP_TOUCH_END},
		{"ROLLBACK TO a", PP_TOUCH_END},
		{"ABORT", PP_TOUCH_END},
		{"PREPARE TRANSACTION 'x'", PP_TOUCH_END},
		{"DROP TABLE t", PP_TOUCH_END},
		{"CLOSE ALL", PP_TOUCH_END},
		{"UNLISTEN *", PP_TOUCH_END},
		{"SELECT pg_advisory_unlock(1)", PP_TOUCH_END},
		{"SELECT pg_advisory_unlock_shared(1)", PP_TOUCH_END},
		{"SELECT pg_catalog.pg_advisory_unlock_all ()", PP_TOUCH_END},
		{"SELECT pg_terminate_backend(1)", 0},
		{"DROP DATABASE d", PP_TOUCH_END | PP_TOUCH_DATABASE | PP_TOUCH_DEFAULTS},
		{"CREATE DATABASE d TEMPLATE t", PP_TOUCH_DATABASE},
		{"ALTER DATABASE d RENAME TO e", PP_TOUCH_DATABASE | PP_TOUCH_DEFAULTS},
		{"ALTER DATABASE d SET TABLESPACE t", PP_TOUCH_DATABASE | PP_TOUCH_DEFAULTS},
		{"ALTER DATABASE d SET work_mem = 1", PP_TOUCH_DEFAULTS},
		{"ALTER DATABASE d RESET ALL", PP_TOUCH_DEFAULTS},
		{"ALTER DATABASE d OWNER TO r", PP_TOUCH_DEFAULTS},
		{"ALTER DATABASE d ALLOW_CONNECTIONS false", PP_TOUCH_DEFAULTS},
		{"ALTER TABLE role RENAME TO database", PP_TOUCH_CODE},
		{"ALTER USER u RENAME TO v", PP_TOUCH_DEFAULTS},
		{"GRANT a, b TO c WITH ADMIN OPTION", PP_TOUCH_DEFAULTS},
		{"REVOKE ADMIN OPTION FOR a FROM c", PP_TOUCH_DEFAULTS},
		{"REVOKE CONNECT ON DATABASE d FROM PUBLIC", PP_TOUCH_DEFAULTS},
		{"GRANT SELECT (a), UPDATE ON t TO c", 0},
		{"GRANT ALL ON SCHEMA database TO c", 0},
		{"REVOKE ALL ON \"database\" FROM c", 0},
		{"DROP OWNED BY r", PP_TOUCH_END | PP_TOUCH_DEFAULTS},
		{"REASSIGN OWNED BY r TO s", PP_TOUCH_DEFAULTS},
		{"SELECT pg_reload_conf()", PP_TOUCH_DEFAULTS},
		{"DO $$ begin alter role r nologin; end $$",
		 PP_PIN_DYNAMIC | PP_TOUCH_END | PP_TOUCH_DEFAULTS},
		{"DO $$ begin drop user r; end $$",
		 PP_PIN_DYNAMIC | PP_TOUCH_END | PP_TOUCH_DEFAULTS},
		{"ALTER ROLE r IN DATABASE d SET work_mem = 1", PP_TOUCH_DEFAULTS},
		{"ALTER USER ALL RESET work_mem", PP_TOUCH_DEFAULTS},
		{"ALTER ROLE r PASSWORD 'x'", PP_TOUCH_DEFAULTS},
		{"DROP ROLE r", PP_TOUCH_END | PP_TOUCH_DEFAULTS},
		{"DROP USER IF EXISTS r", PP_TOUCH_END | PP_TOUCH_DEFAULTS},
		{"ALTER INDEX t SET SCHEMA s", 0},
		{"ALTER TABLE pg_temp.t SET SCHEMA s", PP_PIN_TEMP | PP_TOUCH_CODE},
		{"ALTER TABLE t SET SCHEMA s", PP_TOUCH_CODE},
		{"CREATE OR REPLACE FUNCTION f() RETURNS int AS 'x'", PP_TOUCH_CODE},
		{"CREATE OR REPLACE PROCEDURE f() AS 'x'", PP_TOUCH_CODE},
		{"CREATE TRIGGER x BEFORE INSERT ON t EXECUTE FUNCTION f()", PP_TOUCH_CODE},
		{"CREATE VIEW v AS SELECT 1", PP_TOUCH_CODE},
		{"CREATE EXTENSION e", PP_TOUCH_CODE},
		{"CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; NOTIFY a;)",
		 PP_PIN_DYNAMIC | PP_TOUCH_CODE | PP_TOUCH_NOTIFIES},
		{"BEGIN; NOTIFY a, 'b'; COMMIT", PP_TOUCH_END | PP_TOUCH_NOTIFIES},
		{"SELECT pg_notify('a', 'b')", PP_TOUCH_NOTIFIES},
		{"DO $$ begin notify a; end $$", PP_PIN_DYNAMIC | PP_TOUCH_END | PP_TOUCH_NOTIFIES},
		{"CREATE SCHEMA s CREATE VIEW v AS SELECT 1", PP_TOUCH_CODE},
		{"CREATE TABLE t (a int)", 0},
		{"CREATE TABLE t PARTITION OF u FOR VALUES IN (1)", PP_TOUCH_CODE},
		{"CREATE TABLE t (a int DEFAULT pg_advisory_lock(1))",
		 PP_PIN_ADVISORY | PP_TOUCH_CODE},
		{"CREATE VIEW v AS SELECT 1; SELECT 1", PP_PIN_DYNAMIC | PP_TOUCH_CODE},
		{"DO $$ begin create or replace function f() returns int as 'x'; end $$",
		 PP_PIN_DYNAMIC | PP_TOUCH_END | PP_TOUCH_CODE},
		{"DO $$ begin create temp table t (a int); end $$", PP_PIN_DYNAMIC | PP_TOUCH_END},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		uint32_t found =
			facts_of_text(table[i].text).found & ~(PP_TOUCH_UNSETTLED | PP_TOUCH_DDL);
		ck_assert_msg(found == table[i].found, "%s: %x", table[i].text, found);
	}
}
END_TEST

START_TEST(test_lexer_called_names_pin_wherever_they_stand)
{
	static const struct sample table[] = {
		{"SELECT pg_advisory_lock(1)", ADVISORY, "SELECT PG_ADVISORY_LOCK("},
		{"SELECT pg_advisory_lock_shared(1, 2)", ADVISORY, NULL},
		{"SELECT pg_try_advisory_lock(1)", ADVISORY, NULL},
		{"SELECT PG_TRY_ADVISORY_LOCK_SHARED(1)", ADVISORY, NULL},
		{"SELECT pg_catalog.pg_advisory_lock(1)", ADVISORY, NULL},
		{"SELECT \"pg_advisory_lock\"(1)", ADVISORY, NULL},
		{"SELECT pg_advisory_lock /* ( */ -- (\n (1)", ADVISORY, NULL},
		{"UPDATE t SET a = b WHERE (pg_try_advisory_lock(1))", ADVISORY, NULL},
		{"COPY (SELECT pg_advisory_lock(1)) TO STDOUT", ADVISORY, NULL},
		{"VALUES (lastval())", SEQUENCE, NULL},
		{"SELECT currval('s')", SEQUENCE, NULL},
		{"SELECT setseed(0.5), pg_advisory_lock(1)", SEED | ADVISORY, "SELECT SETSEED("},
		{"SELECT dblink_connect('x')", OPAQUE, NULL},
		{"SELECT dblink_connect_u('x')", OPAQUE, NULL},
		{"SELECT set_limit(0.5)", OPAQUE, NULL},
		{"SELECT pg_replication_origin_session_setup('x')", OPAQUE, NULL},
		{"SELECT pg_create_logical_replication_slot('a', 'b', true)", OPAQUE, NULL},
		{"SELECT query_to_xml('SELECT 1', false, false, '')", DYNAMIC, NULL},
		{"SELECT CURRVAL\xC4\xB0(1)", NONE, NULL},
		{"SELECT SET_CONF\xC4\xB0G('a', 'b', false)", SET, NULL},
		{"SELECT SET_CONF\xDDG('a', 'b', false)", SET, NULL},
		{"SELECT U&\"lastv\\0061l\"()", OPAQUE, "SELECT U&\""},
		{"SET u&\"app\\002Ex\" = 1", SET | OPAQUE, NULL},
		{"SELECT u&1, U & lastval()", SEQUENCE, NULL},
		{"SELECT x$lastval(1), lastval$(1), lastval_(1)", NONE, NULL},
	};
	CHECK_ALL(table);
}
END_TEST

/* Each text hides SET x = 1 behind something that ends, or shows it inside something that does not.
 */
START_TEST(test_lexer_nothing_hides_behind_quotes_and_comments)
{
	static const struct sample table[] = {
		{"/* /* */ ; SET x = 1 */ SELECT 1", NONE, NULL},
		{"/* /* */ */ SET x = 1", SET, NULL},
		{"/*/ SET y = 1; */ SET x = 1", SET, NULL},
		{"/**/SET x = 1", SET, NULL},
		{"/***/SET x = 1", SET, NULL},
		{"/* //* */*/ SET x = 1", SET, NULL},
		{"-- a\nSET x = 1", SET, NULL},
		{"-- a\rSET x = 1", SET, NULL},
		{"-- a ; SET x = 1", NONE, NULL},
		{"SELECT 1 <--; SET x = 1", NONE, NULL},
		{"SELECT 1 @/*; SET x = 1*/ 2", NONE, NULL},
		{"SELECT 1 //*; SET x = 1*/ 2", NONE, NULL},
		{"SELECT 1 - 1 / 2; SET x = 1", SET, NULL},
		{"SELECT '; SET x = 1'", NONE, NULL},
		{"SELECT 'it''s'; SET x = 1", SET, NULL},
		{"SELECT '\\'; SET x = 1", SET, NULL},
		{"SELECT E'\\'; SET x = 1'", NONE, NULL},
		{"SELECT E'\\\\'; SET x = 1", SET, NULL},
		{"SELECT e'''\\'; SET x = 1'", NONE, NULL},
		{"SELECT E'a'\n'\\'; SET x = 1'", NONE, NULL},
		{"SELECT E'a' -- c\n\t'\\'; SET x = 1'", NONE, NULL},
		{"SELECT E'a'\n-- c\n'\\'; SET x = 1'", NONE, NULL},
		{"SELECT E'a' '\\'; SET x = 1", SET, NULL},
		{"SELECT E'a'/**/\n'\\'; SET x = 1", SET, NULL},
		{"SELECT E'a'\n-1, '\\'; SET x = 1", SET, NULL},
		{"SELECT 'a'\n'\\'; SET x = 1", SET, NULL},
		{"SELECT E'a'; SET x = 1", SET, NULL},
		{"SELECT 1E'\\'; SET x = 1'", NONE, NULL},
		{"SELECT fooE'\\'; SET x = 1", SET, NULL},
		{"SELECT n'\\'; SET x = 1", SET, NULL},
		{"SELECT B'1''0', x'\\'; SET x = 1", SET, NULL},
		{"SELECT U&'\\'; SET x = 1", SET, NULL},
		{"SELECT \"a;\"\"SET x\"; SET x = 1", SET, NULL},
		{"SELECT \"'\", 1; SET x = 1 --'", SET, NULL},
		{"SELECT \"\\\"; SET x = 1", SET, NULL},
		{"SELECT $$; SET x = 1$$", NONE, NULL},
		{"SELECT $$'$$; SET x = 1", SET, NULL},
		{"SELECT $a$ $$ $b$ $a $A$; SET x = 1 $a$", NONE, NULL},
		{"SELECT $a$ $aa$a$; SET x = 1", SET, NULL},
		{"SELECT $a_1$ $a_$a_1$; SET x = 1", SET, NULL},
		{"SELECT $\xC3\xA9$ ' $\xC3\xA9$; SET x = 1", SET, NULL},
		{"SELECT a$b$c; SET x = 1 --$b$", SET, NULL},
		{"SELECT $1$b$; SET x = 1 $b$", NONE, NULL},
		{"SELECT 1$b$; SET x = 1 $b$", NONE, NULL},
		{"SELECT $1; SET x = 1 --$1$", SET, NULL},
		{"SELECT $a; SET x = 1", SET, NULL},
		{"SELECT $ a$; SET x = 1 --$", SET, NULL},
		{"SELECT $lastval()", SEQUENCE, NULL},
		{"SELECT 0x1F, 1e5, 1.e5, .5e-7, 1_000; SET x = 1", SET, NULL},
		{"SELECT \xC3\xA9'; SET x = 1'", NONE, NULL},
		{"SELECT ')'); SET x = 1", SET, NULL},
		{"SELECT ((((1; SET x = 1", SET, NULL},
	};
	CHECK_ALL(table);
}
END_TEST

START_TEST(test_lexer_what_does_not_end_is_opaque)
{
	static const struct sample table[] = {
		{"SELECT 'a", OPAQUE, "SELECT UNTERMINATED QUOTE OR COMMENT"},
		{"SELECT E'a\\'", OPAQUE, NULL},
		{"SELECT E'a\\", OPAQUE, NULL},
		{"SELECT \"a", OPAQUE, NULL},
		{"SELECT 'a''", OPAQUE, NULL},
		{"SELECT $$a", OPAQUE, NULL},
		{"SELECT $$a$", OPAQUE, NULL},
		{"SELECT $a$ $a", OPAQUE, NULL},
		{"/* a", OPAQUE, NULL},
		{"/* /* */", OPAQUE, NULL},
		{"/*", OPAQUE, NULL},
		{"SELECT E'a'\n'b", OPAQUE, NULL},
		{"SELECT 1 /", NONE, NULL},
		{"SELECT 1 -", NONE, NULL},
		{"SELECT $", NONE, NULL},
		{"SELECT $a", NONE, NULL},
		{"SELECT 1e", NONE, NULL},
		{"SELECT u&", NONE, NULL},
		{"SELECT 1 --", NONE, NULL},
		{"SELECT E'a' --", NONE, NULL},
	};
	CHECK_ALL(table);
	check_bytes((const uint8_t *)"SELECT 1\0; SET x", 16, true, OPAQUE, "SELECT NUL BYTE",
		    "NUL");
	check_bytes((const uint8_t *)"\0", 1, true, OPAQUE, NULL, "only NUL");
}
END_TEST

START_TEST(test_lexer_backslashes_in_plain_quotes_are_opaque_when_not_conforming)
{
	static const struct sample table[] = {
		{"SELECT 'a\\b'", OPAQUE, "SELECT BACKSLASH IN QUOTES"},
		{"SELECT n'a\\'; SET x = 1", OPAQUE, NULL},
		{"SELECT B'1'\n'\\'; SET x = 1'", OPAQUE, NULL},
		{"SELECT 'ab', E'\\'; SET x = 1'", NONE, NULL},
		{"SELECT \"\\\", $$\\$$; SET x = 1", SET, NULL},
	};
	check_all(table, sizeof table / sizeof *table, false);
}
END_TEST

START_TEST(test_lexer_long_words_match_nothing_and_long_tags_are_opaque)
{
	char text[512];
	for (size_t n = PP_LEXER_WORD_MAX - 1; n <= PP_LEXER_WORD_MAX + 1; n++) {
		char fill[PP_LEXER_WORD_MAX + 2];
		memset(fill, 'x', n);
		fill[n] = '\0';
		snprintf(text, sizeof text, "SELECT %s(1), set_config%s(1), \"lastval%s\"()", fill,
			 fill, fill);
		check_bytes((const uint8_t *)text, strlen(text), true, NONE, "", text);
		snprintf(text, sizeof text, "SELECT $%s$ ' $%s$", fill, fill);
		check_bytes((const uint8_t *)text, strlen(text), true,
			    n > PP_LEXER_TAG_MAX ? OPAQUE : NONE, NULL, text);
		snprintf(text, sizeof text, "SELECT $%s lastval()", fill);
		check_bytes((const uint8_t *)text, strlen(text), true, SEQUENCE, NULL, text);
		snprintf(text, sizeof text, "SET LOCAL search_path = '%s'", fill);
		check_bytes((const uint8_t *)text, strlen(text), true,
			    n > PP_LEXER_WORD_MAX ? TEMP : NONE, NULL, text);
		snprintf(text, sizeof text, "%s", fill);
		check_bytes((const uint8_t *)text, strlen(text), true, OPAQUE, NULL, text);
	}
}
END_TEST

START_TEST(test_lexer_refuses_encodings_with_ascii_inside_a_letter)
{
	ck_assert(pp_lexer_may_read("UTF8"));
	ck_assert(pp_lexer_may_read("SQL_ASCII"));
	ck_assert(pp_lexer_may_read("EUC_JP"));
	ck_assert(!pp_lexer_may_read("SJIS"));
	ck_assert(!pp_lexer_may_read("gbk"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/lexer");
	TCase *c = tcase_create("statements");
	tcase_add_test(c, test_lexer_ordinary_statements_do_not_pin);
	tcase_add_test(c, test_lexer_set_pins);
	tcase_add_test(c, test_lexer_set_config_pins_unless_it_is_certainly_local);
	tcase_add_test(c, test_lexer_temporary_objects_pin);
	tcase_add_test(c, test_lexer_prepare_listen_hold_load_and_the_unknown_pin);
	tcase_add_test(c, test_lexer_flags_what_ends_state_and_what_changes_databases);
	tcase_add_test(c, test_lexer_called_names_pin_wherever_they_stand);
	suite_add_tcase(s, c);
	c = tcase_create("text");
	tcase_add_test(c, test_lexer_nothing_hides_behind_quotes_and_comments);
	tcase_add_test(c, test_lexer_what_does_not_end_is_opaque);
	tcase_add_test(c, test_lexer_backslashes_in_plain_quotes_are_opaque_when_not_conforming);
	tcase_add_test(c, test_lexer_long_words_match_nothing_and_long_tags_are_opaque);
	tcase_add_test(c, test_lexer_refuses_encodings_with_ascii_inside_a_letter);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
