#include "cgroup/parse.h"

#include <string.h>

#include "pp_test.h"

START_TEST(test_parse_numbers)
{
	static const struct {
		const char *text;
		int64_t value;
	} good[] = {
		{"0\n", 0},
		{"209715200\n", 209715200},
		{"209715200", 209715200},
		{"max\n", INT64_MAX},
		{"9223372036854771712\n", INT64_C(9223372036854771712)},
		{"9223372036854775807", INT64_MAX},
		{"18446744073709551615\n", INT64_MAX},
	};
	static const char *const bad[] = {"",	     "\n",  "-1\n", "maxi\n",
					  "12 13\n", "1.5", "x",    "0x10"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		int64_t value = -7;
		ck_assert(pp_parse_number(good[i].text, &value));
		ck_assert_int_eq(value, good[i].value);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int64_t value = -7;
		ck_assert_msg(!pp_parse_number(bad[i], &value), "'%s'", bad[i]);
		ck_assert_int_eq(value, -7);
	}
}
END_TEST

START_TEST(test_parse_field_wants_the_whole_name)
{
	static const char text[] = "inactive_file_x 1\ntotal_inactive_file 2\ninactive_file 3\n"
				   "oom_kill_disable 4\noom_kill 5";
	int64_t value = 0;
	ck_assert(pp_parse_field(text, "inactive_file", &value));
	ck_assert_int_eq(value, 3);
	ck_assert(pp_parse_field(text, "oom_kill", &value));
	ck_assert_int_eq(value, 5);
	ck_assert(!pp_parse_field(text, "oom", &value));
	ck_assert(!pp_parse_field("high x\n", "high", &value));
	ck_assert(!pp_parse_field("high 1x\n", "high", &value));
	ck_assert(!pp_parse_field("high", "high", &value));
	ck_assert(!pp_parse_field("", "high", &value));
	ck_assert_int_eq(value, 5);
}
END_TEST

START_TEST(test_parse_meminfo_is_in_kib)
{
	static const char text[] = "MemTotal:       24681 kB\nMemAvailable:   100 kB\nOdd: 5\n";
	int64_t bytes = -1;
	ck_assert(pp_parse_meminfo(text, "MemAvailable", &bytes));
	ck_assert_int_eq(bytes, 102400);
	ck_assert(!pp_parse_meminfo(text, "Odd", &bytes));
	ck_assert(!pp_parse_meminfo(text, "Mem", &bytes));
	ck_assert(pp_parse_meminfo("X: 9223372036854775807 kB", "X", &bytes));
	ck_assert_int_eq(bytes, INT64_MAX);
}
END_TEST

START_TEST(test_parse_pressure_takes_the_total_of_some)
{
	uint64_t us = 1;
	ck_assert(pp_parse_pressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=4242\n"
				    "full avg10=0.00 avg60=0.00 avg300=0.00 total=17\n",
				    &us));
	ck_assert_uint_eq(us, 4242);
	ck_assert(!pp_parse_pressure("some avg10=0.00\nfull total=17\n", &us));
	ck_assert(!pp_parse_pressure("full total=17\n", &us));
	ck_assert(!pp_parse_pressure("", &us));
	ck_assert_uint_eq(us, 4242);
}
END_TEST

START_TEST(test_parse_cgroup_path)
{
	static const char text[] =
		"5:cpuacct,memory:/odd:path\n3:name=memory:/n\n1:name=:/x\n0::/u\n";
	char path[PP_PARSE_PATH] = "old";
	ck_assert(pp_parse_cgroup_path(text, "memory", path));
	ck_assert_str_eq(path, "/odd:path");
	ck_assert(pp_parse_cgroup_path(text, "", path));
	ck_assert_str_eq(path, "/u");
	ck_assert(!pp_parse_cgroup_path(text, "pids", path));
	ck_assert(!pp_parse_cgroup_path("2::/notv2\n", "", path));
	ck_assert(!pp_parse_cgroup_path("0::relative\n", "", path));
	ck_assert(!pp_parse_cgroup_path("0::\n", "", path));
	ck_assert(!pp_parse_cgroup_path("::\n:\n\n", "memory", path));
	char longer[PP_PARSE_PATH + 16] = "0::/";
	memset(longer + 4, 'a', PP_PARSE_PATH);
	ck_assert(!pp_parse_cgroup_path(longer, "", path));
	ck_assert_str_eq(path, "/u");
}
END_TEST

START_TEST(test_parse_mount_lines)
{
	static struct pp_parse_mount m;
	ck_assert(pp_parse_mount("1 2 0:3 /r\\040oot /sys/fs/cgroup rw shared:1 master:2 - cgroup2 "
				 "x rw",
				 &m));
	ck_assert_int_eq(m.fs, PP_PARSE_FS_V2);
	ck_assert_str_eq(m.root, "/r oot");
	ck_assert_str_eq(m.point, "/sys/fs/cgroup");
	ck_assert(pp_parse_mount("1 2 0:3 / /m rw - cgroup cgroup rw,memory\n", &m));
	ck_assert_int_eq(m.fs, PP_PARSE_FS_V1_MEMORY);
	ck_assert(pp_parse_mount("1 2 0:3 / /m rw - cgroup cgroup rw,cpu,memoryx\n", &m));
	ck_assert_int_eq(m.fs, PP_PARSE_FS_OTHER);
	ck_assert(pp_parse_mount("1 2 0:3 / /m\\ rw - tmpfs memory rw\n", &m));
	ck_assert_int_eq(m.fs, PP_PARSE_FS_OTHER);
	ck_assert_str_eq(m.point, "/m\\");
	static const char *const bad[] = {
		"",	   "1 2 0:3 / /m rw",	     "1 2 0:3 / /m rw -",
		"1 2 0:3", "1 2 0:3 / m rw - a b c", "1 2 0:3 / /m rw - a b"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(!pp_parse_mount(bad[i], &m), "%s", bad[i]);
}
END_TEST

START_TEST(test_parse_dir_joins_mount_and_path)
{
	static const struct {
		const char *root, *point, *path, *dir;
	} rows[] = {
		{"/", "/sys/fs/cgroup", "/", "/sys/fs/cgroup"},
		{"/", "/sys/fs/cgroup", "/a/b", "/sys/fs/cgroup/a/b"},
		{"/", "/sys/fs/cgroup/", "/a/", "/sys/fs/cgroup/a"},
		{"/pod/ctr", "/m", "/pod/ctr", "/m"},
		{"/pod/ctr", "/m", "/pod/ctr/sub", "/m/sub"},
		{"/pod/ctr", "/m", "/pod/ctr2", "/m"},
		{"/pod/ctr", "/m", "/pod", "/m"},
		{"/../../..", "/m", "/", "/m"},
		{"/", "/m", "/../x", "/m"},
		{"/", "/m", "/a/..", "/m"},
		{"/", "/m", "/a..b/..c", "/m/a..b/..c"},
		{"/", "/", "/a", "/a"},
	};
	static struct pp_parse_mount m;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char dir[PP_PARSE_PATH];
		strcpy(m.root, rows[i].root);
		strcpy(m.point, rows[i].point);
		ck_assert(pp_parse_dir(&m, rows[i].path, dir));
		ck_assert_str_eq(dir, rows[i].dir);
	}
	char dir[PP_PARSE_PATH], path[PP_PARSE_PATH] = "/";
	memset(path + 1, 'p', sizeof path - 2);
	path[sizeof path - 1] = '\0';
	strcpy(m.root, "/");
	strcpy(m.point, "/m");
	ck_assert(!pp_parse_dir(&m, path, dir));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup/parse");
	TCase *c = tcase_create("values");
	tcase_add_test(c, test_parse_numbers);
	tcase_add_test(c, test_parse_field_wants_the_whole_name);
	tcase_add_test(c, test_parse_meminfo_is_in_kib);
	tcase_add_test(c, test_parse_pressure_takes_the_total_of_some);
	suite_add_tcase(s, c);
	c = tcase_create("places");
	tcase_add_test(c, test_parse_cgroup_path);
	tcase_add_test(c, test_parse_mount_lines);
	tcase_add_test(c, test_parse_dir_joins_mount_and_path);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
