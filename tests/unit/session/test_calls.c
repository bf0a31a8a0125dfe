#include "session/calls.h"

#include "lexer_facts.h"

/* docs 9.27.10: those of a session are kept until they are unlocked or it ends; "xact" ones end with their transaction. */
START_TEST(test_calls_that_lock_are_found_by_name)
{
	static const struct {
		const char *name;
		uint32_t found;
	} table[] = {
		{"pg_advisory_lock", PP_PIN_ADVISORY},
		{"pg_advisory_lock_shared", PP_PIN_ADVISORY},
		{"pg_try_advisory_lock", PP_PIN_ADVISORY},
		{"pg_try_advisory_lock_shared", PP_PIN_ADVISORY},
		{"pg_advisory_unlock", PP_TOUCH_END},
		{"pg_advisory_unlock_all", PP_TOUCH_END},
		{"pg_advisory_unlock_shared", PP_TOUCH_END},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		size_t len = strlen(table[i].name);
		const struct pp_calls_row *row = pp_calls_find(table[i].name, len);
		ck_assert_msg(row && row->found == table[i].found, "%s", table[i].name);
		ck_assert_ptr_ne(pp_calls_find(table[i].name, len - 1), row);
	}
	ck_assert_ptr_null(pp_calls_find("pg_advisory_xact_lock", 21));
	ck_assert_ptr_null(pp_calls_find("pg_try_advisory_xact_lock_shared", 32));
	ck_assert_ptr_null(pp_calls_find("count", 5));
	ck_assert_ptr_null(pp_calls_find("", 0));
}
END_TEST

/* A server in a single-byte encoding and a Turkish locale folds a capital I with dot to i (calls.c). */
START_TEST(test_calls_may_be_spelled_with_another_i)
{
	ck_assert(pp_calls_is_name("lastval", 7, "lastval"));
	ck_assert(!pp_calls_is_name("lastva", 6, "lastval"));
	ck_assert(!pp_calls_is_name("lastvall", 8, "lastval"));
	ck_assert(pp_calls_is_name("set_conf\xDDg", 10, "set_config"));
	ck_assert(pp_calls_is_name("set_conf\xC4\xB0g", 11, "set_config"));
	ck_assert(!pp_calls_is_name("s\xDDt_config", 10, "set_config"));
	ck_assert(!pp_calls_is_name("set_conf\xDD", 9, "set_config"));
}
END_TEST

START_TEST(test_calls_are_seen_before_a_parenthesis_only)
{
	static const struct {
		const char *text;
		uint32_t pins;
	} table[] = {
		{"SELECT pg_advisory_lock(1)", PP_PIN_ADVISORY},
		{"select PG_Advisory_Lock /* a */ -- b\n (1)", PP_PIN_ADVISORY},
		{"SELECT pg_catalog.pg_advisory_lock(1)", PP_PIN_ADVISORY},
		{"SELECT \"pg_advisory_lock\"(1)", PP_PIN_ADVISORY},
		{"SELECT f((1), (pg_advisory_lock(1)))", PP_PIN_ADVISORY},
		{"SELECT pg_advisory_lock", 0},
		{"SELECT pg_advisory_lock + (1)", 0},
		{"SELECT 'pg_advisory_lock(1)'", 0},
		{"SELECT \"PG_ADVISORY_LOCK\"(1)", 0}, /* quoted is not folded */
		{"SELECT 1 -- pg_advisory_lock(1)", 0},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		uint32_t pins = facts_of_text(table[i].text).found & PP_PINS_ALL;
		ck_assert_msg(pins == table[i].pins, "%s: %x", table[i].text, pins);
	}
}
END_TEST

/* docs 9.27.1: set_config(name, value, is_local). Innocent only if all of it is plain to see. */
START_TEST(test_calls_of_set_config_are_local_when_that_is_certain)
{
	static const uint32_t unknown = PP_PIN_SETTINGS | PP_PIN_OPAQUE;
	static const struct {
		const char *text;
		uint32_t pins;
		const char *names;
	} table[] = {
		{"SELECT set_config('work_mem', '7MB', true)", 0, ""},
		{"SELECT set_config('app.x', $1 || (a, b), TRUE)", 0, "app.x local"},
		{"SELECT set_config('work_mem', f(1, 2), false)", PP_PIN_SETTINGS, "work_mem"},
		{"SELECT set_config('work_mem', '7MB', not true)", PP_PIN_SETTINGS, "work_mem"},
		{"SELECT set_config('work_mem', '7MB', 'true')", PP_PIN_SETTINGS, "work_mem"},
		{"SELECT set_config('work_mem', '7MB', $1)", PP_PIN_SETTINGS, "work_mem"},
		{"SELECT set_config('Work_Mem', '7MB', false)", PP_PIN_SETTINGS, "work_mem"},
		{"SELECT set_config($1, '7MB', true)", unknown, "*"},
		{"SELECT set_config('work' || '_mem', '7MB', true)", unknown, "*"},
		{"SELECT set_config(E'work\\x5fmem', '7MB', true)", unknown, "*"},
		{"SELECT set_config('work_mem', '7MB')", unknown, "*"},
		{"SELECT set_config('work_mem', '7MB', true", unknown, "*"},
		{"SELECT set_config(set_config('a', '', true), '', true)", unknown, "*"},
		{"SELECT set_config('search_path', 'a, b', true)", 0, ""},
		{"SELECT set_config('search_path', 'pg_temp', true)", PP_PIN_TEMP, ""},
		{"SELECT set_config('search_path', $1, true)", PP_PIN_TEMP, ""},
		{"SELECT set_config('a.b', '', true), set_config('a.c', '', false)",
		 PP_PIN_SETTINGS, "a.b local, a.c"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct facts facts = facts_of_text(table[i].text);
		ck_assert_msg((facts.found & PP_PINS_ALL) == table[i].pins, "%s: %x", table[i].text,
			      facts.found & PP_PINS_ALL);
		ck_assert_msg(!strcmp(facts.names, table[i].names), "%s: %s", table[i].text,
			      facts.names);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/calls");
	TCase *c = tcase_create("calls");
	tcase_add_test(c, test_calls_that_lock_are_found_by_name);
	tcase_add_test(c, test_calls_may_be_spelled_with_another_i);
	tcase_add_test(c, test_calls_are_seen_before_a_parenthesis_only);
	tcase_add_test(c, test_calls_of_set_config_are_local_when_that_is_certain);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
