#include "session/label_sql.h"

#include <string.h>

#include "pp_test.h"

#define LABEL(text) ((struct pp_label){text, sizeof text - 1})

static struct pp_label with(struct pp_label l, const char *name, const char *value, char *bytes)
{
	size_t len;
	ck_assert_int_eq(pp_label_with(l, name, value, bytes, &len), 0);
	return (struct pp_label){bytes, len};
}

static bool same(struct pp_label a, struct pp_label b)
{
	return a.len == b.len && memcmp(a.bytes, b.bytes, a.len) == 0;
}

START_TEST(test_label_is_the_same_bytes_in_whatever_order_it_was_made)
{
	char a[PP_LABEL_MAX], b[PP_LABEL_MAX], c[PP_LABEL_MAX], d[PP_LABEL_MAX];
	struct pp_label none = {0}, one, two;
	one = with(with(none, "timezone", "UTC", a), "app.t", "1", b);
	two = with(with(none, "app.t", "1", c), "timezone", "UTC", d);
	ck_assert(same(one, two));
	ck_assert(same(one, LABEL("app.t\0001\0timezone\0UTC\0")));
	ck_assert_str_eq(pp_label_get(one, "timezone"), "UTC");
	ck_assert_ptr_null(pp_label_get(one, "time"));
	ck_assert(same(with(one, "app.t", "22", a), LABEL("app.t\00022\0timezone\0UTC\0")));
	ck_assert(same(with(one, "timezone", NULL, a), LABEL("app.t\0001\0")));
	ck_assert(same(with(one, "absent", NULL, a), one));
}
END_TEST

START_TEST(test_label_that_grows_too_long_is_refused)
{
	static char value[PP_LABEL_MAX];
	char bytes[PP_LABEL_MAX];
	size_t len;
	memset(value, 'x', sizeof value - 1);
	ck_assert_int_eq(pp_label_with((struct pp_label){0}, "a", value, bytes, &len), PP_ERR_FULL);
	value[PP_LABEL_MAX - 3] = '\0';
	ck_assert_int_eq(pp_label_with((struct pp_label){0}, "a", value, bytes, &len), 0);
	ck_assert_uint_eq(len, PP_LABEL_MAX);
}
END_TEST

START_TEST(test_label_after_reset_all_keeps_the_custom_names)
{
	char bytes[PP_LABEL_MAX];
	struct pp_label l = LABEL("a.b\0x\0role\0joe\0z.y\0\0");
	struct pp_label after = {bytes, pp_label_reset(l, bytes)};
	ck_assert(same(after, LABEL("a.b\0\0z.y\0\0")));
	ck_assert(pp_label_covers(l, after) && pp_label_covers(after, l));
	ck_assert(!pp_label_covers((struct pp_label){0}, after));
	ck_assert(pp_label_covers(after, LABEL("timezone\0UTC\0")));
}
END_TEST

static void becomes(struct pp_label from, struct pp_label to, const char *sql)
{
	char text[1024];
	ck_assert_int_eq(pp_label_sql(from, to, text, sizeof text), 0);
	ck_assert_str_eq(text, sql);
}

#define CONFIG(name, value) "pg_catalog.set_config(E'" name "',E'" value "',false)"

START_TEST(test_label_sql_says_only_what_differs)
{
	struct pp_label none = {0};
	becomes(none, none, "");
	becomes(LABEL("a.b\0x\0"), LABEL("a.b\0x\0"), "");
	becomes(none, LABEL("datestyle\0ISO, DMY\0timezone\0UTC\0"),
		"SELECT " CONFIG("datestyle", "ISO, DMY") "," CONFIG("timezone", "UTC") ";");
	becomes(LABEL("datestyle\0ISO, DMY\0timezone\0UTC\0"), LABEL("timezone\0UTC\0"),
		"RESET \"datestyle\";");
}
END_TEST

/* Docs 9.5, encode(): the "escape" format. */
START_TEST(test_label_sql_quotes_any_value)
{
	becomes((struct pp_label){0}, LABEL("a.b\0it's \"q\"\0"),
		"SELECT " CONFIG("a.b", "it''s \"q\"") ";");
	becomes((struct pp_label){0}, LABEL("a.b\0Jos\\303\\251\0"),
		"SELECT pg_catalog.set_config(E'a.b',pg_catalog.convert_from(pg_catalog.decode("
		"E'Jos\\\\303\\\\251','escape'),pg_catalog.getdatabaseencoding()),false);");
	becomes((struct pp_label){0}, LABEL("application_name\0a\\b\0"),
		"SELECT " CONFIG("application_name", "a\\\\b") ";");
	becomes(LABEL("we\"ird\0x\0"), (struct pp_label){0}, "RESET \"we\"\"ird\";");
}
END_TEST

START_TEST(test_label_keeps_values_as_bytes_of_the_database)
{
	ck_assert(pp_label_is_value_of("joe", "joe") && pp_label_is_value_of("", ""));
	ck_assert(!pp_label_is_value_of("joe", "jo") && !pp_label_is_value_of("jo", "joe"));
	ck_assert(pp_label_is_value_of("jos\\303\\251", "jos\303\251"));
	ck_assert(pp_label_is_value_of("a\\\\b", "a\\b"));
	ck_assert(!pp_label_is_value_of("a\\b", "a\\b"));
}
END_TEST

START_TEST(test_label_sql_changes_settings_as_the_login_user)
{
	struct pp_label joe = LABEL("role\0joe\0timezone\0UTC\0");
	becomes(joe, LABEL("role\0ann\0timezone\0UTC\0"),
		"RESET ROLE;SELECT " CONFIG("role", "ann") ";");
	becomes(joe, LABEL("role\0joe\0"),
		"RESET ROLE;RESET \"timezone\";SELECT " CONFIG("role", "joe") ";");
	becomes(joe, (struct pp_label){0}, "RESET ROLE;RESET \"timezone\";");
	becomes(LABEL("role\0x\0session_authorization\0joe\0"),
		LABEL("a.b\0001\0session_authorization\0ann\0"),
		"SET SESSION AUTHORIZATION DEFAULT;RESET ROLE;SELECT " CONFIG(
			"a.b", "1") ";SELECT " CONFIG("session_authorization", "ann") ";");
	ck_assert(pp_label_may_fail(joe, (struct pp_label){0}));
	ck_assert(!pp_label_may_fail(LABEL("timezone\0UTC\0"), LABEL("timezone\0CET\0")));
	ck_assert(pp_label_may_fail((struct pp_label){0}, LABEL("default_tablespace\0x\0")));
}
END_TEST

START_TEST(test_label_sql_that_does_not_fit_is_refused)
{
	char text[20];
	ck_assert_int_eq(pp_label_sql((struct pp_label){0}, LABEL("a.b\0x\0"), text, sizeof text),
			 PP_ERR_FULL);
}
END_TEST

START_TEST(test_label_distance_counts_settings)
{
	struct pp_label a = LABEL("a.b\0x\0timezone\0UTC\0"), none = {0};
	ck_assert_uint_eq(pp_label_distance(a, a), 0);
	ck_assert_uint_eq(pp_label_distance(a, none), 2);
	ck_assert_uint_eq(pp_label_distance(none, a), 2);
	ck_assert_uint_eq(pp_label_distance(a, LABEL("a.b\0y\0datestyle\0ISO\0")), 3);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/label");
	TCase *c = tcase_create("bytes");
	tcase_add_test(c, test_label_is_the_same_bytes_in_whatever_order_it_was_made);
	tcase_add_test(c, test_label_that_grows_too_long_is_refused);
	tcase_add_test(c, test_label_after_reset_all_keeps_the_custom_names);
	tcase_add_test(c, test_label_distance_counts_settings);
	tcase_add_test(c, test_label_keeps_values_as_bytes_of_the_database);
	suite_add_tcase(s, c);
	c = tcase_create("sql");
	tcase_add_test(c, test_label_sql_says_only_what_differs);
	tcase_add_test(c, test_label_sql_quotes_any_value);
	tcase_add_test(c, test_label_sql_changes_settings_as_the_login_user);
	tcase_add_test(c, test_label_sql_that_does_not_fit_is_refused);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
