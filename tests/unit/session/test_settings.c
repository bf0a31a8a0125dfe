#include "session/settings.h"

#include "lexer_facts.h"

struct sample {
	const char *text, *names;
	uint32_t found;
};

enum {
	NONE = 0,
	SET = PP_PIN_SETTINGS,
	UNKNOWN = PP_PIN_SETTINGS | PP_PIN_OPAQUE,
	END = PP_TOUCH_END,
	LOCAL = PP_TOUCH_LOCAL
};

static void check_all(const struct sample *sample, size_t count)
{
	for (; count > 0; count--, sample++) {
		struct facts facts = facts_of_text(sample->text);
		ck_assert_msg(!strcmp(facts.names, sample->names), "%s: '%s'", sample->text,
			      facts.names);
		ck_assert_msg((facts.found & ~(PP_TOUCH_UNSETTLED | PP_TOUCH_DDL)) == sample->found,
			      "%s: found %x, not %x", sample->text, facts.found, sample->found);
	}
}

#define CHECK_ALL(table) check_all(table, sizeof table / sizeof *table)

START_TEST(test_settings_set_names_what_it_sets)
{
	static const struct sample table[] = {
		{"SET Work_Mem = 1", "work_mem", SET},
		{"set work_mem to 1", "work_mem", SET},
		{"SET work_mem", "work_mem", SET},
		{"SET SESSION work_mem = 1", "work_mem", SET},
		{"SET work_mem FROM CURRENT", "work_mem", SET},
		{"SET /* a */ \"Work_Mem\" /* b */ = 1", "work_mem", SET},
		{"SET x = y; SET z TO DEFAULT; SET x = 1", "x, z", SET},
		{"SET TIME ZONE 'UTC'", "timezone", SET},
		{"SET TIME ZONE LOCAL", "timezone", SET},
		{"SET NAMES 'utf8'", "client_encoding", SET},
		{"SET NAMES", "client_encoding", SET},
		{"SET SCHEMA 'a'", "search_path", SET},
		{"SET search_path = a.b", "search_path", SET},
		{"SET ROLE r", "role", SET},
		{"SET SESSION ROLE NONE", "role", SET},
		{"SET SESSION AUTHORIZATION 'r'", "session_authorization, role", SET},
		{"SET SESSION SESSION AUTHORIZATION DEFAULT", "session_authorization, role", SET},
		{"SET session_authorization = r", "session_authorization, role", SET},
		{"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
		 "default_transaction_isolation, default_transaction_read_only, "
		 "default_transaction_deferrable",
		 SET},
		{"SET XML OPTION DOCUMENT", "xmloption", SET},
		{"SET seed = 0.5", "", PP_PIN_SEED},
		{"SET SESSION SEED TO 1", "", PP_PIN_SEED},
		{"SET LOCAL seed = 1", "", PP_PIN_SEED},
		{"SET TRANSACTION READ ONLY", "", NONE},
		{"SET CONSTRAINTS ALL DEFERRED", "", NONE},
		{"SET", "", NONE},
		{"SET (", "", NONE},
		{"UPDATE pg_settings SET setting = 1", "*", SET},
	};
	CHECK_ALL(table);
}
END_TEST

START_TEST(test_settings_custom_names_are_told_even_when_local_or_reset)
{
	static const struct sample table[] = {
		{"SET App.Tenant = 1", "app.tenant", SET},
		{"SET app /* . */ . x = 1", "app.x", SET},
		{"SET \"a\".\"B\" = 1", "a.b", SET},
		{"SET \"a.b\" = 1", "a.b", SET},
		{"SET a.b.c = 1", "a.b.c", SET},
		{"SET local.x = 1", "local.x", SET},
		{"SET session.x = 1", "session.x", SET},
		{"SET time.zone = 1", "time.zone", SET},
		{"SET LOCAL app.x = 1", "app.x local", LOCAL},
		{"SET LOCAL app.x = 1; SET app.x = 1", "app.x", SET | LOCAL},
		{"SET app.x = 1; SET LOCAL app.x = 1", "app.x", SET | LOCAL},
		{"SET LOCAL work_mem = 1", "", NONE},
		{"SET LOCAL ROLE r", "", NONE},
		{"SET LOCAL SESSION AUTHORIZATION r", "", NONE},
		{"SET LOCAL TIME ZONE 'UTC'", "", NONE},
		{"RESET app.x", "app.x", SET | END},
		{"RESET \"app.x\"", "app.x", SET | END},
		{"RESET work_mem", "work_mem", END},
		{"RESET ROLE", "role", END},
		{"RESET TIME ZONE", "timezone", END},
		{"RESET SESSION AUTHORIZATION", "session_authorization, role", END},
		{"RESET TRANSACTION ISOLATION LEVEL", "", END},
		{"RESET ALL", "*", END},
		{"DISCARD ALL", "*", END | PP_TOUCH_FORGETS},
		{"DISCARD PLANS", "", END | PP_TOUCH_FORGETS},
	};
	CHECK_ALL(table);
}
END_TEST

START_TEST(test_settings_set_config_names_its_literal)
{
	static const struct sample table[] = {
		{"SELECT set_config('Work_Mem', '1', false)", "work_mem", SET},
		{"SELECT set_config('app.x', $1, false)", "app.x", SET},
		{"SELECT set_config('app.x', $1, $2)", "app.x", SET},
		{"SELECT set_config('app.x', $1, true)", "app.x local", LOCAL},
		{"SELECT set_config('role', $1, true)", "", NONE},
		{"SELECT set_config('role', $1, false)", "role", SET},
		{"SELECT set_config('seed', '1', false)", "", PP_PIN_SEED},
		{"SELECT set_config('a.b', 'x', true), set_config('c', 'y', false)", "a.b local, c",
		 SET | LOCAL},
		{"SELECT set_config('search_path', 'a', true)", "", NONE},
		{"SELECT set_config('search_path', $1, true)", "", PP_PIN_TEMP},
		{"SELECT set_config('search_path', 'a' || 'b', true)", "", PP_PIN_TEMP},
		{"SELECT set_config('search_path', 'PG_TEMP', false)", "search_path",
		 SET | PP_PIN_TEMP},
		{"SELECT set_config($1, $2, false)", "*", UNKNOWN},
		{"SELECT set_config($1, $2, true)", "*", UNKNOWN},
		{"SELECT set_config('a' || 'b', $2, true)", "*", UNKNOWN},
		{"SELECT set_config(E'a\\056b', $2, true)", "*", UNKNOWN},
		{"SELECT set_config('a', set_config('b.c', 'd', true), false)", "a, *", UNKNOWN},
		{"SELECT set_config('a.b', query_to_xml('SET c.d', $1), true)", "c.d, *",
		 UNKNOWN | PP_PIN_DYNAMIC},
	};
	CHECK_ALL(table);
}
END_TEST

START_TEST(test_settings_more_names_than_fit_are_all)
{
	char text[4096] = "", name[PP_LEXER_NAME_MAX + 8];
	for (int i = 0; i < 40; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "SET setting_%d = 1;", i);
	struct facts facts = facts_of_text(text);
	ck_assert_uint_eq(facts.found & ~(PP_TOUCH_UNSETTLED | PP_TOUCH_DDL), SET);
	ck_assert_ptr_nonnull(strstr(facts.names, "setting_0, "));
	ck_assert_ptr_nonnull(strstr(facts.names, ", *"));

	strcat(text, "SET LOCAL app.x = 1"); /* lost, and no list of the server's will show it */
	ck_assert_uint_eq(facts_of_text(text).found & ~(PP_TOUCH_UNSETTLED | PP_TOUCH_DDL),
			  UNKNOWN);

	for (size_t n = PP_LEXER_NAME_MAX - 2; n <= PP_LEXER_NAME_MAX + 1; n++) {
		bool fits = n < PP_LEXER_NAME_MAX;
		memset(name, 'x', n);
		name[n] = '\0';
		snprintf(text, sizeof text, "SET a.%s = 1", name);
		facts = facts_of_text(text);
		ck_assert_uint_eq(facts.found & ~(PP_TOUCH_UNSETTLED | PP_TOUCH_DDL),
				  fits ? SET : UNKNOWN);
		ck_assert_uint_eq(strlen(facts.names), fits ? n + 2 : 1);
		snprintf(text, sizeof text, "SET a.b.%s.%s = 1", name, name);
		ck_assert_uint_eq(facts_of_text(text).found & ~(PP_TOUCH_UNSETTLED | PP_TOUCH_DDL),
				  UNKNOWN);
	}
}
END_TEST

START_TEST(test_settings_tell_whether_a_custom_one_stays_behind)
{
	static const struct {
		const char *text;
		bool custom;
	} table[] = {
		{"SET x = 1", false},
		{"SET a.b = 1", true},
		{"RESET a.b", true},
		{"SET LOCAL a.b = 1", false},
		{"UPDATE pg_settings SET setting = 1", false},
		{"RESET ALL", false},
		{"SELECT set_config($1, $2, $3)", true},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct pp_lexer lx;
		pp_lexer_init(&lx, true);
		pp_lexer_feed(&lx, (const uint8_t *)table[i].text, strlen(table[i].text));
		pp_lexer_finish(&lx);
		ck_assert_msg(pp_lexer_names_custom(&lx) == table[i].custom, "%s", table[i].text);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/settings");
	TCase *c = tcase_create("names");
	tcase_add_test(c, test_settings_set_names_what_it_sets);
	tcase_add_test(c, test_settings_custom_names_are_told_even_when_local_or_reset);
	tcase_add_test(c, test_settings_set_config_names_its_literal);
	tcase_add_test(c, test_settings_more_names_than_fit_are_all);
	tcase_add_test(c, test_settings_tell_whether_a_custom_one_stays_behind);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
