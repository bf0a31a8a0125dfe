#include "host/conf.h"

#include <string.h>

#include "pp_test.h"

static struct pp_conf conf;

static int read_env(char *const *envp)
{
	memset(&conf, 0, sizeof conf);
	return pp_conf_read(&conf, envp);
}

START_TEST(test_conf_default_is_on_for_port_5432)
{
	char *env[] = {NULL};
	ck_assert_int_eq(read_env(env), 0);
	ck_assert(conf.is_on && !conf.is_fail_closed && !conf.is_pid1_exit && !conf.dir);
	ck_assert_uint_eq(conf.targets.count, 1);
	ck_assert_int_eq(read_env(NULL), 0);
	ck_assert(conf.is_on);
}
END_TEST

START_TEST(test_conf_the_broker_gets_podpool_path_and_home_only)
{
	char *env[] = {"PODPOOL=on",
		       "PODPOOL_MODE=session",
		       "LD_PRELOAD=/x.so",
		       "PATH=/bin",
		       "PGPASSWORD=x",
		       "HOME=/h",
		       "PATHS=no",
		       "XDG_RUNTIME_DIR=/run",
		       "PODPOOL_PID1_EXIT=yes",
		       "PODPOOL_FAIL=closed",
		       NULL};
	ck_assert_int_eq(read_env(env), 0);
	ck_assert_uint_eq(conf.env_count, 6);
	ck_assert_str_eq(conf.env[0], "PODPOOL=off"); /* for a shim of /etc/ld.so.preload */
	ck_assert_str_eq(conf.env[1], "PODPOOL_MODE=session");
	ck_assert_str_eq(conf.env[2], "PATH=/bin");
	ck_assert_ptr_null(conf.env[6]);
	ck_assert_ptr_ne(conf.env[1], env[1]);
	ck_assert_str_eq(conf.runtime_dir, "/run");
	ck_assert(conf.is_pid1_exit && conf.is_fail_closed);
}
END_TEST

START_TEST(test_conf_off_and_mistakes_are_off)
{
	static char *const off[] = {"PODPOOL=off", "PODPOOL=0", "PODPOOL=no", "PODPOOL_TARGETS=*:*",
				    "PODPOOL_TARGETS=x"};
	for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
		char *env[] = {off[i], NULL};
		(void)!read_env(env);
		ck_assert(!conf.is_on);
	}
	char *empty[] = {"PODPOOL_TARGETS=", "PODPOOL_DIR=", NULL};
	ck_assert_int_eq(read_env(empty), 0);
	ck_assert(conf.is_on && !conf.dir);
}
END_TEST

START_TEST(test_conf_too_much_is_off)
{
	static char text[PP_CONF_TEXT_MAX + 10];
	char *many[PP_CONF_ENV_MAX + 2] = {NULL};
	for (int i = 0; i <= PP_CONF_ENV_MAX; i++)
		many[i] = "PODPOOL_X=1";
	ck_assert_int_eq(read_env(many), PP_ERR_FULL);
	memset(text, 'x', sizeof text - 1);
	memcpy(text, "PATH=", 5);
	char *longer[] = {text, NULL};
	ck_assert_int_eq(read_env(longer), PP_ERR_FULL);
	ck_assert(!conf.is_on);
}
END_TEST

START_TEST(test_conf_the_broker_is_beside_the_shim)
{
	pp_conf_set_broker(&conf, "/opt/podpool/lib/libpodpool.so", "/cwd");
	ck_assert_str_eq(conf.broker, "/opt/podpool/lib/../bin/podpool");
	pp_conf_set_broker(&conf, "lib/libpodpool.so", "/cwd");
	ck_assert_str_eq(conf.broker, "/cwd/lib/../bin/podpool");
	static char path[PP_CONF_PATH_MAX + 1];
	memset(path, '/', sizeof path - 1);
	pp_conf_set_broker(&conf, path, "/");
	ck_assert_str_eq(conf.broker, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host/conf");
	TCase *c = tcase_create("environment");
	tcase_add_test(c, test_conf_default_is_on_for_port_5432);
	tcase_add_test(c, test_conf_the_broker_gets_podpool_path_and_home_only);
	tcase_add_test(c, test_conf_off_and_mistakes_are_off);
	tcase_add_test(c, test_conf_too_much_is_off);
	tcase_add_test(c, test_conf_the_broker_is_beside_the_shim);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
