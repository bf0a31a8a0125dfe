#include "ipc/dir.h"

#include <string.h>
#include <sys/stat.h>

#include "pp_test.h"

static const char *candidate(unsigned index, const char *dir, const char *xdg, uint32_t uid)
{
	static char path[PP_DIR_MAX];
	int r = pp_dir_candidate(index, dir, xdg, uid, path);
	return r == 0 ? path : r == PP_ERR_ABSENT ? "absent" : r == PP_ERR_RANGE ? "range" : "?";
}

START_TEST(test_dir_podpool_dir_and_one_in_it_are_the_only_ones)
{
	ck_assert_str_eq(candidate(0, "/shared/pool", "/run/user/7", 7), "/shared/pool");
	ck_assert_str_eq(candidate(1, "/shared/pool", "/run/user/7", 7), "/shared/pool/podpool-7");
	ck_assert_str_eq(candidate(2, "/shared/pool", "/run/user/7", 7), "absent");
}
END_TEST

START_TEST(test_dir_is_used_when_it_is_ours_alone)
{
	ck_assert(pp_dir_is_usable(S_IFDIR | 0700, 7, 7));
	ck_assert(pp_dir_is_usable(S_IFDIR | 0755, 7, 7));
	ck_assert(!pp_dir_is_usable(S_IFDIR | 0700, 8, 7));
	ck_assert(!pp_dir_is_usable(S_IFDIR | 0700, 0, 7));
	ck_assert(!pp_dir_is_usable(S_IFDIR | 0770, 7, 7));
	ck_assert(!pp_dir_is_usable(S_IFDIR | 0702, 7, 7));
	ck_assert(!pp_dir_is_usable(S_IFLNK | 0700, 7, 7));
	ck_assert(!pp_dir_is_usable(S_IFREG | 0700, 7, 7));
}
END_TEST

START_TEST(test_dir_of_root_or_ours_may_hold_one)
{
	ck_assert(pp_dir_may_hold(S_IFDIR | 0777, 0, 7));
	ck_assert(pp_dir_may_hold(S_IFDIR | 0777, 7, 7));
	ck_assert(!pp_dir_may_hold(S_IFDIR | 0777, 8, 7));
	ck_assert(!pp_dir_may_hold(S_IFLNK | 0777, 0, 7));
}
END_TEST

START_TEST(test_dir_order_without_it)
{
	ck_assert_str_eq(candidate(0, "", "/run/user/7", 7), "/run/user/7/podpool");
	ck_assert_str_eq(candidate(1, NULL, "/run/user/7", 7), "/dev/shm/podpool-7");
	ck_assert_str_eq(candidate(2, NULL, "/run/user/7", 7), "/tmp/podpool-7");
	ck_assert_str_eq(candidate(3, NULL, "/run/user/7", 7), "absent");
	ck_assert_str_eq(candidate(0, NULL, "", 0), "/dev/shm/podpool-0");
	ck_assert_str_eq(candidate(1, NULL, NULL, UINT32_MAX), "/tmp/podpool-4294967295");
	ck_assert_str_eq(candidate(2, NULL, NULL, 0), "absent");
	ck_assert_str_eq(candidate(UINT32_MAX, NULL, "/x", 0), "absent");
}
END_TEST

START_TEST(test_dir_too_long_is_a_range_error_and_the_longest_fits_with_its_names)
{
	char dir[PP_DIR_MAX + 1], path[108];
	memset(dir, 'd', sizeof dir);
	dir[PP_DIR_MAX] = '\0';
	ck_assert_str_eq(candidate(0, dir, NULL, 0), "range");
	dir[PP_DIR_MAX - 1] = '\0';
	ck_assert_str_eq(candidate(0, dir, NULL, 0), dir);
	ck_assert_str_eq(candidate(0, NULL, dir, 0), "range");
	ck_assert_str_eq(candidate(1, NULL, dir, 5), "/dev/shm/podpool-5");
	pp_dir_join(dir, "sock", path);
	ck_assert_uint_eq(strlen(path), PP_DIR_MAX - 1 + 5);
	ck_assert_str_eq(path + PP_DIR_MAX - 1, "/sock");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ipc/dir");
	TCase *c = tcase_create("candidates");
	tcase_add_test(c, test_dir_podpool_dir_and_one_in_it_are_the_only_ones);
	tcase_add_test(c, test_dir_is_used_when_it_is_ours_alone);
	tcase_add_test(c, test_dir_of_root_or_ours_may_hold_one);
	tcase_add_test(c, test_dir_order_without_it);
	tcase_add_test(c, test_dir_too_long_is_a_range_error_and_the_longest_fits_with_its_names);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
