#include "config/config.h"

#include <string.h>

#include "base/log.h"
#include "pp_test.h"

/* Catches rows of options.def whose default is not a value, and new types without a way back. */
START_TEST(test_config_every_default_parses_and_prints_back)
{
	struct pp_config defaults, config;
	char text[4096], again[4096];
	pp_config_defaults(&defaults);
	size_t len = pp_config_print(&defaults, text, sizeof text);
	ck_assert_uint_eq(len, strlen(text));
	ck_assert_uint_lt(len, sizeof text);

	memset(&config, 0, sizeof config);
	config.max_servers = 1;
	strcpy(config.targets, "x:1");
	unsigned count = 0;
	strcpy(again, text);
	for (char *line = strtok(again, "\n"); line; line = strtok(NULL, "\n")) {
		char *value = strchr(line, '=');
		struct pp_errctx err;
		*value++ = '\0';
		ck_assert_str_eq(line, pp_config_option_name(count));
		ck_assert_msg(pp_config_set(&config, line, value, &err) == 0, "%s", line);
		count++;
	}
	ck_assert_ptr_null(pp_config_option_name(count));
	ck_assert_ptr_null(pp_config_option_default(count));
	ck_assert_ptr_null(pp_config_option_help(count));
	pp_config_print(&config, again, sizeof again);
	ck_assert_str_eq(again, text);
}
END_TEST

START_TEST(test_config_defaults_are_those_of_the_table)
{
	struct pp_config c;
	pp_config_defaults(&c);
	ck_assert(c.enabled && !c.pid1_exit);
	ck_assert_str_eq(c.targets, "*:5432");
	ck_assert_str_eq(c.dir, "");
	ck_assert_int_eq(c.mode, PP_MODE_TRANSACTION);
	ck_assert_int_eq(c.lend, PP_LEND_LAST);
	ck_assert_int_eq(c.fail, PP_FAIL_OPEN);
	ck_assert_int_eq(c.client_tls, PP_CLIENT_TLS_TUNNEL);
	ck_assert_uint_eq(c.max_servers, 20);
	ck_assert_int_eq(c.wait_timeout_ms, 30000);
	ck_assert_int_eq(c.server_lifetime_ms, 3600000);
	ck_assert_int_eq(c.grace_ms, 30000);
	ck_assert_uint_eq(c.memory_limit_bytes, 0);
	ck_assert_str_eq(c.server_sslmode, "prefer");
	ck_assert_int_eq(c.log_level, PP_LOG_INFO);
}
END_TEST

START_TEST(test_config_values_print_back_as_the_same_value)
{
	static const struct {
		const char *name, *given, *printed;
	} table[] = {
		{"pooling", "off", "off"},
		{"pooling", "0", "off"},
		{"pooling", "no", "off"},
		{"pid1_exit", "1", "on"},
		{"pid1_exit", "true", "on"},
		{"MODE", "session", "session"},
		{"Max_Servers", "10000", "10000"},
		{"wait_timeout", "0", "0s"},
		{"wait_timeout", "1500ms", "1500ms"},
		{"wait_timeout", "90", "90s"},
		{"wait_timeout", "120", "2m"},
		{"wait_timeout", "365d", "365d"},
		{"memory_limit", "512Mi", "536870912"},
		{"memory_limit", "", ""},
		{"server_sslmode", "verify-full", "verify-full"},
		{"log", "debug", "debug"},
		{"fail", "closed", "closed"},
		{"lend", "rotate", "rotate"},
		{"client_tls", "refuse", "refuse"},
		{"dir", "/run/podpool", "/run/podpool"},
		{"targets", "10.0.0.0/8:5432,[::1]:5433", "10.0.0.0/8:5432,[::1]:5433"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct pp_config config;
		struct pp_errctx err;
		char text[600];
		unsigned index = 0;
		pp_config_defaults(&config);
		ck_assert_int_eq(pp_config_set(&config, table[i].name, table[i].given, &err), 0);
		while (strcasecmp(pp_config_option_name(index), table[i].name) != 0)
			index++;
		pp_config_option_value(&config, index, text, sizeof text);
		ck_assert_str_eq(text, table[i].printed);
		struct pp_config again = config;
		ck_assert_int_eq(pp_config_set(&again, table[i].name, text, &err), 0);
		ck_assert_mem_eq(&again, &config, sizeof config);
	}
}
END_TEST

START_TEST(test_config_bad_values_name_the_option_and_what_is_allowed)
{
	static const struct {
		const char *name, *value;
		int result;
		const char *text;
	} table[] = {
		{"MODE", "transction", PP_ERR_INVALID,
		 "PODPOOL_MODE: 'transction' is not one of transaction, session"},
		{"POOLING", "2", PP_ERR_INVALID, "PODPOOL: '2' is not on or off"},
		{"MODE", "", PP_ERR_INVALID, "PODPOOL_MODE: '' is not one of transaction, session"},
		{"MAX_SERVERS", "0", PP_ERR_RANGE,
		 "PODPOOL_MAX_SERVERS: '0' is not a number from 1 to 10000"},
		{"MAX_SERVERS", "10001", PP_ERR_RANGE,
		 "PODPOOL_MAX_SERVERS: '10001' is not a number from 0 to 10000"},
		{"MIN_SERVERS", "-1", PP_ERR_INVALID,
		 "PODPOOL_MIN_SERVERS: '-1' is not a number from 0 to 10000"},
		{"WAIT_TIMEOUT", "5 s", PP_ERR_INVALID,
		 "PODPOOL_WAIT_TIMEOUT: '5 s' is not a duration up to 365d, such as 250ms, 30s, "
		 "5m, "
		 "1h (a bare number is seconds)"},
		{"MEMORY_LIMIT", "512MB", PP_ERR_INVALID,
		 "PODPOOL_MEMORY_LIMIT: '512MB' is not a size, such as 512Mi, 1Gi or plain bytes"},
		{"TARGETS", "", PP_ERR_INVALID,
		 "PODPOOL_TARGETS: '' is not a list of host-or-cidr:port"},
		{"TARGETS", "a\nb", PP_ERR_INVALID,
		 "PODPOOL_TARGETS: a control character is not allowed"},
		{"DIR", "run", PP_ERR_INVALID, "PODPOOL_DIR: 'run' is not an absolute path"},
		{"NOSUCH", "1", PP_ERR_ABSENT, "'NOSUCH' is not an option"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct pp_config config, before;
		struct pp_errctx err;
		pp_config_defaults(&config);
		before = config;
		ck_assert_int_eq(pp_config_set(&config, table[i].name, table[i].value, &err),
				 table[i].result);
		ck_assert_str_eq(err.text, table[i].text);
		ck_assert_mem_eq(&config, &before, sizeof config);
	}
}
END_TEST

START_TEST(test_config_texts_have_room_for_exactly_their_field)
{
	struct pp_config config;
	struct pp_errctx err;
	char text[600];
	pp_config_defaults(&config);
	memset(text, '/', sizeof text);
	text[sizeof config.dir - 1] = '\0';
	ck_assert_int_eq(pp_config_set(&config, "dir", text, &err), 0);
	ck_assert_str_eq(config.dir, text);
	text[sizeof config.dir - 1] = '/';
	text[sizeof config.dir] = '\0';
	ck_assert_int_eq(pp_config_set(&config, "dir", text, &err), PP_ERR_RANGE);
	ck_assert_str_eq(err.text, "PODPOOL_DIR: longer than 91 characters");
}
END_TEST

START_TEST(test_config_print_answers_the_length_at_any_size)
{
	struct pp_config config;
	char whole[4096];
	pp_config_defaults(&config);
	size_t len = pp_config_print(&config, whole, sizeof whole);
	for (size_t size = 0; size <= len + 1; size++) {
		char text[4096];
		memset(text, '#', sizeof text);
		ck_assert_uint_eq(pp_config_print(&config, text, size), len);
		ck_assert_int_eq(text[size], '#');
		if (size > 0)
			ck_assert_int_eq(strncmp(text, whole, size - 1), 0);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config/config");
	TCase *c = tcase_create("options");
	tcase_add_test(c, test_config_every_default_parses_and_prints_back);
	tcase_add_test(c, test_config_defaults_are_those_of_the_table);
	tcase_add_test(c, test_config_values_print_back_as_the_same_value);
	tcase_add_test(c, test_config_bad_values_name_the_option_and_what_is_allowed);
	tcase_add_test(c, test_config_texts_have_room_for_exactly_their_field);
	tcase_add_test(c, test_config_print_answers_the_length_at_any_size);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
