#include "session/probe.h"

#include <stdio.h>
#include <string.h>

#include "pp_test.h"
#include "session/pins.h"

#define LABEL(text) ((struct pp_label){text, sizeof text - 1})

static const char *ask(uint32_t pins, const char *names, bool all, struct pp_label label)
{
	static char text[PP_PROBE_MAX];
	struct pp_nameset set;
	pp_nameset_init(&set);
	for (; *names; names += strlen(names) + 1)
		pp_nameset_add(&set, names);
	set.all = all;
	ck_assert_int_eq(pp_probe_sql(pins, &set, label, text, sizeof text), 0);
	return text;
}

/* Settings as bytes of the database's encoding (label.h), application_name and the rest as they are. */
#define AS_LABEL(rows)                                                                             \
	"SELECT kind,name,CASE WHEN kind OPERATOR(pg_catalog.=) 'setting' AND name "               \
	"OPERATOR(pg_catalog.<>) 'application_name' THEN pg_catalog.encode(pg_catalog.convert_to(" \
	"value,pg_catalog.getdatabaseencoding()),'escape') ELSE value END FROM(" rows              \
	") AS p(kind,name,value)"

START_TEST(test_probe_asks_only_for_what_was_touched)
{
	ck_assert_str_eq(ask(0, "app.t\0", false, (struct pp_label){0}),
			 AS_LABEL("SELECT E'setting'::pg_catalog.text,E'app.t'::pg_catalog.text,"
				  "pg_catalog.current_setting(E'app.t',true)"));
	ck_assert_str_eq(ask(PP_PIN_HOLD, "", false, LABEL("a.b\0x\0")),
			 AS_LABEL("SELECT E'pin'::pg_catalog.text,E'hold'::pg_catalog.text,"
				  "''::pg_catalog.text WHERE EXISTS(SELECT 1 FROM "
				  "pg_catalog.pg_cursors WHERE is_holdable)"));
	const char *sql = ask(PP_PIN_TEMP | PP_PIN_LISTEN, "", true, LABEL("a.b\0x\0tz\0y\0"));
	ck_assert_ptr_nonnull(strstr(sql, "E'temp'"));
	ck_assert_ptr_nonnull(strstr(sql, "E'listen'"));
	ck_assert_ptr_nonnull(strstr(sql, "current_setting(E'a.b',true)"));
	ck_assert_ptr_nonnull(strstr(sql, "current_setting(E'role',true)"));
	ck_assert_ptr_null(strstr(sql, "E'tz'"));
	sql = ask(PP_PIN_PREPARE, "", false, (struct pp_label){0});
	ck_assert_ptr_nonnull(strstr(sql, "SELECT E'prepared'::pg_catalog.text,name,statement"));
	ck_assert_ptr_nonnull(strstr(sql, "WHERE from_sql LIMIT 65"));
	sql = ask(0, "application_name\0", false, (struct pp_label){0});
	ck_assert_ptr_nonnull(strstr(sql, "'session'")); /* '' may also be what RESET left */
	ck_assert_ptr_null(strstr(sql, "E'advisory'"));
}
END_TEST

static const struct pp_probe_login me = {"me", "none"};

START_TEST(test_probe_of_named_settings_changes_only_those)
{
	struct pp_probe probe;
	struct pp_nameset names;
	pp_nameset_init(&names);
	pp_probe_begin(&probe, &names, LABEL("a.b\0x\0timezone\0UTC\0"));
	pp_probe_row(&probe, "setting", "timezone", "CET", me);
	pp_probe_row(&probe, "setting", "never.defined", NULL, me);
	pp_probe_row(&probe, "pin", "temp", "", me);
	ck_assert(!probe.failed);
	ck_assert_uint_eq(probe.pins, PP_PIN_TEMP);
	ck_assert_mem_eq(probe.bytes, "a.b\0x\0timezone\0CET\0", probe.len);
}
END_TEST

START_TEST(test_probe_of_all_settings_forgets_what_the_server_no_longer_says)
{
	struct pp_probe probe;
	struct pp_nameset names = {.all = true};
	pp_probe_begin(&probe, &names, LABEL("a.b\0x\0role\0joe\0timezone\0UTC\0"));
	pp_probe_row(&probe, "setting", "session_authorization", "me", me);
	pp_probe_row(&probe, "setting", "role", "none", me);
	pp_probe_row(&probe, "setting", "a.b", "", me);
	ck_assert_uint_eq(probe.len, 5);
	ck_assert_mem_eq(probe.bytes, "a.b\0\0", 5);
}
END_TEST

START_TEST(test_probe_of_a_login_whose_role_has_a_default)
{
	const struct pp_probe_login login = {"me", "joe"};
	struct pp_probe probe;
	struct pp_nameset names = {.all = true};
	pp_probe_begin(&probe, &names, (struct pp_label){0});
	pp_probe_row(&probe, "setting", "role", "joe", login);
	ck_assert_uint_eq(probe.len, 0);
	pp_probe_row(&probe, "setting", "role", "none", login);
	ck_assert_mem_eq(probe.bytes, "role\0none\0", probe.len);
}
END_TEST

START_TEST(test_probe_leaves_out_what_ends_with_the_transaction)
{
	struct pp_probe probe;
	struct pp_nameset names = {.all = true};
	pp_probe_begin(&probe, &names, (struct pp_label){0});
	pp_probe_row(&probe, "setting", "transaction_isolation", "serializable", me);
	pp_probe_row(&probe, "setting", "transaction_read_only", "on", me);
	pp_probe_row(&probe, "setting", "transaction_deferrable", "on", me);
	ck_assert(!probe.failed && probe.len == 0);
}
END_TEST

START_TEST(test_probe_row_without_sense_fails)
{
	struct pp_probe probe;
	struct pp_nameset names = {.all = true};
	pp_probe_begin(&probe, &names, (struct pp_label){0});
	pp_probe_row(&probe, "pin", "nonsense", "", me);
	ck_assert(probe.failed);
	pp_probe_begin(&probe, &names, (struct pp_label){0});
	pp_probe_row(&probe, "what", "x", "", me);
	ck_assert(probe.failed);
}
END_TEST

START_TEST(test_names_are_a_set_that_says_when_it_overflows)
{
	struct pp_nameset names;
	char name[64] = "app.x";
	pp_nameset_init(&names);
	ck_assert(pp_nameset_is_empty(&names));
	pp_nameset_add(&names, "role");
	pp_nameset_add(&names, "role");
	ck_assert_uint_eq(names.len, 5);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "work_mem_%d", i);
		pp_nameset_add(&names, name);
	}
	ck_assert(names.all && !names.lost);
	pp_nameset_add(&names, "app.one_more_name_that_does_not_fit");
	ck_assert(names.lost);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/probe");
	TCase *c = tcase_create("probe");
	tcase_add_test(c, test_probe_asks_only_for_what_was_touched);
	tcase_add_test(c, test_probe_of_named_settings_changes_only_those);
	tcase_add_test(c, test_probe_of_all_settings_forgets_what_the_server_no_longer_says);
	tcase_add_test(c, test_probe_row_without_sense_fails);
	tcase_add_test(c, test_probe_of_a_login_whose_role_has_a_default);
	tcase_add_test(c, test_probe_leaves_out_what_ends_with_the_transaction);
	tcase_add_test(c, test_names_are_a_set_that_says_when_it_overflows);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
