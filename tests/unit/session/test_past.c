#include "session/past.h"

#include <string.h>

#include "pp_test.h"

#define PAST (PP_TOUCH_SESSIONS | PP_TOUCH_TEMP_PATH | PP_TOUCH_LIBRARIES)

struct sample {
	const char *text;
	uint32_t found;
};

static uint32_t found_in(const char *text)
{
	struct pp_lexer lx;
	if (!pp_past_may_matter((const uint8_t *)text, strlen(text)))
		return 0;
	pp_lexer_init(&lx, true);
	pp_lexer_feed(&lx, (const uint8_t *)text, strlen(text));
	return pp_lexer_finish(&lx) & PAST;
}

START_TEST(test_past_what_looks_at_it)
{
	static const struct sample table[] = {
		{"SET search_path TO 'pg_temp'", PP_TOUCH_TEMP_PATH},
		{" ;set local search_path = pg_temp, public", PP_TOUCH_TEMP_PATH},
		{"SET SCHEMA 'pg_temp'", PP_TOUCH_TEMP_PATH},
		{"SET temp_buffers = '16MB'", PP_TOUCH_TEMP_PATH},
		{"set local temp_buffers to 100", PP_TOUCH_TEMP_PATH},
		{"select set_config('temp_buffers', '16MB', true)", PP_TOUCH_TEMP_PATH},
		{"LOAD 'age'", PP_TOUCH_LIBRARIES},
		{"SET plpgsql.extra_foo = 1", PP_TOUCH_LIBRARIES},
		{"set \"plpgsql.extra_foo\" = 1", PP_TOUCH_LIBRARIES},
		{"select sessions from pg_stat_database", PP_TOUCH_SESSIONS},
		{"select pg_stat_get_db_sessions(5)", PP_TOUCH_SESSIONS},
		{"set a = 1; select 1 from \"pg_stat_database\"", PP_TOUCH_SESSIONS},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		ck_assert_msg(found_in(table[i].text) == table[i].found, "%s: %x", table[i].text,
			      found_in(table[i].text));
}
END_TEST

START_TEST(test_past_what_does_not)
{
	static const char *const table[] = {
		"",
		"set",
		" ; ",
		"select 1",
		"SET search_path TO public",
		"set search_path = 'mypgtemp'",
		"RESET search_path",
		"RESET temp_buffers",
		"select temp_buffer, temp_buffers_x from t",
		"set plpgsql.check_asserts = off",
		"set PLPGSQL.Extra_Errors = 'all'",
		"set plpgsql_.x = 1",
		"set my.plpgsql = 1",
		"reset plpgsql.extra_foo",
		"select 'pg_stat_database'",
		"select * from pg_stat_activity",
		"select * from pg_stat_user_tables",
		"select * from pg_stat_database_conflicts",
		"select relname from pg_class where relname ~ '^pg_temp'",
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		ck_assert_msg(found_in(table[i]) == 0, "%s", table[i]);
}
END_TEST

START_TEST(test_past_what_its_server_counts)
{
	static const char *const table[] = {
		"select n_tup_ins from pg_stat_user_tables",
		"select 1 from pg_catalog.pg_statio_all_indexes",
		"select pg_stat_force_next_flush()",
		"do $$ begin perform 1 from pg_stat_xact_user_tables; end $$",
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct pp_lexer lx;
		pp_lexer_init(&lx, true);
		pp_lexer_feed(&lx, (const uint8_t *)table[i], strlen(table[i]));
		ck_assert_msg(pp_lexer_finish(&lx) & PP_PIN_STATS, "%s", table[i]);
	}
	ck_assert_uint_eq(pp_past_counted("pg_stat", 7), 0);
	ck_assert_uint_eq(pp_past_counted("pg_stat_user_", 13), 0);
	ck_assert_uint_eq(pp_past_counted("pg_stat_activity", 16), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/past");
	TCase *c = tcase_create("texts");
	tcase_add_test(c, test_past_what_looks_at_it);
	tcase_add_test(c, test_past_what_does_not);
	tcase_add_test(c, test_past_what_its_server_counts);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
