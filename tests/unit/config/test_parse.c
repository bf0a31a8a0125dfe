#include "config/parse.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pp_test.h"

static unsigned warnings;
static char warning[200];

static void note_warning(const char *text)
{
	warnings++;
	snprintf(warning, sizeof warning, "%s", text);
}

static int parse(const char *text, struct pp_config *config, struct pp_errctx *err)
{
	return pp_parse_ini(text, strlen(text), "podpool.ini", config, err);
}

START_TEST(test_parse_file_sets_what_it_names)
{
	struct pp_config config;
	struct pp_errctx err;
	pp_config_defaults(&config);
	ck_assert_int_eq(parse("# a comment\n; another\n\nmode = session\r\n[podpool]\n"
			       "MAX_SERVERS=7 ; ceiling\nwait_timeout: 5s\nmemory_limit =",
			       &config, &err),
			 0);
	ck_assert_int_eq(config.mode, PP_MODE_SESSION);
	ck_assert_uint_eq(config.max_servers, 7);
	ck_assert_int_eq(config.wait_timeout_ms, 5000);
}
END_TEST

START_TEST(test_parse_bad_file_is_refused_whole_with_line_and_reason)
{
	char long_line[300] = "targets = ";
	static const struct {
		const char *text, *reason;
	} table[] = {
		{"mode = session\nmax_servers = many\nfail = x",
		 "podpool.ini line 2: PODPOOL_MAX_SERVERS: 'many' is not a number from 0 to 10000"},
		{"mode = session\n\nnosuch = 1", "podpool.ini line 3: 'nosuch' is not an option"},
		{"mode = session\nhello", "podpool.ini line 2: not `name = value`"},
		{"hello\nmode = x", "podpool.ini line 1: not `name = value`"},
		{"mode = x\nhello",
		 "podpool.ini line 1: PODPOOL_MODE: 'x' is not one of transaction, session"},
		{"[other]\nmode = session", "podpool.ini line 2: the only section is [podpool]"},
		{"[podpool\nmode = session", "podpool.ini line 1: not `name = value`"},
		{"mode = session\nmode = session",
		 "podpool.ini line 2: the option is given a second time"},
		{"mode = session\n  transaction",
		 "podpool.ini line 2: the option is given a second time"},
		{NULL, "podpool.ini line 1: the line is too long"},
	};
	memset(long_line + 10, 'x', sizeof long_line - 11);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct pp_config config, before;
		struct pp_errctx err;
		pp_config_defaults(&config);
		before = config;
		ck_assert_int_lt(parse(table[i].text ? table[i].text : long_line, &config, &err),
				 0);
		ck_assert_str_eq(err.text, table[i].reason);
		ck_assert_mem_eq(&config, &before, sizeof config);
	}
}
END_TEST

START_TEST(test_parse_nul_bytes_are_refused)
{
	struct pp_config config;
	struct pp_errctx err;
	pp_config_defaults(&config);
	ck_assert_int_eq(pp_parse_ini("mode\0 = x\n", 10, "f", &config, &err), PP_ERR_INVALID);
	ck_assert_str_eq(err.text, "f line 1: the line has a NUL byte");
}
END_TEST

START_TEST(test_parse_environment_wins_over_the_file)
{
	char path[] = "/tmp/test_parse.XXXXXX", variable[64];
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "max_servers = 7\nmin_servers = 3\n", 32), 32);
	close(fd);
	snprintf(variable, sizeof variable, "PODPOOL_CONFIG=%s", path);
	char *environ_[] = {"HOME=/", variable, "PODPOOL_MAX_SERVERS=9", "PODPOOL=off", NULL};
	struct pp_config config;
	struct pp_errctx err;
	warnings = 0;
	ck_assert_int_eq(pp_config_load(environ_, &config, note_warning, &err), 0);
	unlink(path);
	ck_assert_uint_eq(config.max_servers, 9);
	ck_assert_uint_eq(config.min_servers, 3);
	ck_assert(!config.enabled);
	ck_assert_uint_eq(warnings, 0);
}
END_TEST

START_TEST(test_parse_unknown_variables_are_only_warned_about)
{
	char *environ_[] = {"PODPOOL_NEWER=1", "PODPOOLED=1",	  "PODPOOL_MODE=session",
			    "PODPOOL_FAIL=",   "PODPOOL_CONFIG=", NULL};
	struct pp_config config;
	struct pp_errctx err;
	warnings = 0;
	ck_assert_int_eq(pp_config_load(environ_, &config, note_warning, &err), 0);
	ck_assert_uint_eq(warnings, 1);
	ck_assert_str_eq(warning, "PODPOOL_NEWER is not an option of this version; ignored");
	ck_assert_int_eq(config.mode, PP_MODE_SESSION);
	ck_assert_int_eq(pp_config_load(environ_, &config, NULL, &err), 0);
}
END_TEST

/* A pod whose file says `targets = *:6432` would pool nothing, and be told that it does. */
START_TEST(test_parse_what_programs_read_themselves_is_warned_about_where_only_the_file_has_it)
{
	char path[] = "/tmp/test_parse.XXXXXX", variable[64];
	static const char text[] =
		"targets = *:6432\nfail = closed\npooling = on\nmax_servers = 7\n";
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, sizeof text - 1), sizeof text - 1);
	close(fd);
	snprintf(variable, sizeof variable, "PODPOOL_CONFIG=%s", path);
	char *only_file[] = {variable, "PODPOOL_FAIL=closed", NULL};
	char *both[] = {variable, "PODPOOL_FAIL=closed", "PODPOOL_TARGETS=*:6432", NULL};
	struct pp_config config;
	struct pp_errctx err;
	warnings = 0;
	ck_assert_int_eq(pp_config_load(only_file, &config, note_warning, &err), 0);
	ck_assert_uint_eq(warnings, 1);
	ck_assert_str_eq(warning, "PODPOOL_TARGETS is in the file only: programs do not read it; "
				  "set it in their environment as well");
	ck_assert_int_eq(pp_config_load(both, &config, note_warning, &err), 0);
	ck_assert_uint_eq(warnings, 1);
	unlink(path);
}
END_TEST

START_TEST(test_parse_the_whole_set_is_checked_and_a_failure_changes_nothing)
{
	char *contradiction[] = {"PODPOOL_MIN_SERVERS=30", NULL};
	char *nowhere[] = {"PODPOOL_CONFIG=/nonexistent/podpool.ini", NULL};
	char *directory[] = {"PODPOOL_CONFIG=/", NULL};
	char *together[] = {"PODPOOL_MIN_SERVERS=30", "PODPOOL_MAX_SERVERS=30", NULL};
	struct pp_config config, before;
	struct pp_errctx err;
	memset(&config, 0x55, sizeof config);
	before = config;
	ck_assert_int_eq(pp_config_load(contradiction, &config, NULL, &err), PP_ERR_RANGE);
	ck_assert_str_eq(err.text, "PODPOOL_MIN_SERVERS: 30 is more than PODPOOL_MAX_SERVERS, 20");
	ck_assert_int_eq(pp_config_load(nowhere, &config, NULL, &err), PP_ERR_SYS);
	ck_assert_str_eq(err.text, "PODPOOL_CONFIG: cannot open /nonexistent/podpool.ini: "
				   "No such file or directory");
	ck_assert_int_eq(pp_config_load(directory, &config, NULL, &err), PP_ERR_SYS);
	ck_assert_mem_eq(&config, &before, sizeof config);
	ck_assert_int_eq(pp_config_load(together, &config, NULL, &err), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config/parse");
	TCase *c = tcase_create("file");
	tcase_add_test(c, test_parse_file_sets_what_it_names);
	tcase_add_test(c, test_parse_bad_file_is_refused_whole_with_line_and_reason);
	tcase_add_test(c, test_parse_nul_bytes_are_refused);
	suite_add_tcase(s, c);
	c = tcase_create("environment");
	tcase_add_test(c, test_parse_environment_wins_over_the_file);
	tcase_add_test(c, test_parse_unknown_variables_are_only_warned_about);
	tcase_add_test(
		c,
		test_parse_what_programs_read_themselves_is_warned_about_where_only_the_file_has_it);
	tcase_add_test(c, test_parse_the_whole_set_is_checked_and_a_failure_changes_nothing);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
