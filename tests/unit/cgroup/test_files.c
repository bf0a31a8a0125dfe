#include "cgroup/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pp_test.h"

#define MIB (INT64_C(1) << 20)

static struct pp_sample acquire(const char *story)
{
	char root[512];
	struct pp_cgroup_files *files;
	struct pp_sample s;
	snprintf(root, sizeof root, PP_FIXTURES "/cgroup/%s", story);
	ck_assert_int_eq(pp_cgroup_files_open(root, &files), 0);
	pp_cgroup_files_sample(files, &s);
	struct pp_sample again;
	for (int i = 0; i < 100; i++) /* a re-check of the place is among them */
		pp_cgroup_files_sample(files, &again);
	ck_assert_int_eq(again.headroom_bytes, s.headroom_bytes);
	ck_assert_int_eq(again.version, s.version);
	pp_cgroup_files_close(files);
	return s;
}

START_TEST(test_files_v2_near_limit_counts_cache_as_free_and_high_as_the_limit)
{
	struct pp_sample s = acquire("v2-near-limit");
	ck_assert_int_eq(s.version, 2);
	ck_assert_int_eq(s.limit_bytes, 200 * MIB);
	ck_assert_int_eq(s.working_set_bytes, 160 * MIB);
	ck_assert_int_eq(s.headroom_bytes, 40 * MIB);
	ck_assert_int_eq(s.levels, 1);
	ck_assert_str_eq(s.limit_file, "memory.high");
	ck_assert_int_eq(s.limit_above, 0);
	ck_assert_uint_eq(s.kill_events, 3);
	ck_assert_uint_eq(s.throttle_events, 5);
	ck_assert_uint_eq(s.stall_total_us, 123456);
	ck_assert_uint_eq(s.node_stall_total_us, 777);
	ck_assert_int_eq(s.node_total_bytes, 16384 * MIB);
	ck_assert_int_eq(s.node_available_bytes, 9000 * MIB);
}
END_TEST

START_TEST(test_files_v2_private_namespace_is_found_at_the_mount_point)
{
	struct pp_sample s = acquire("v2-private-ns");
	ck_assert_int_eq(s.version, 2);
	ck_assert_int_eq(s.limit_bytes, 128 * MIB);
	ck_assert_int_eq(s.working_set_bytes, 16 * MIB);
}
END_TEST

START_TEST(test_files_v2_without_psi_has_no_stalls)
{
	struct pp_sample s = acquire("v2-no-psi");
	ck_assert_int_eq(s.limit_bytes, 128 * MIB);
	ck_assert_uint_eq(s.stall_total_us, 0);
	ck_assert_uint_eq(s.node_stall_total_us, 0);
	ck_assert_uint_eq(s.throttle_events, 0);
}
END_TEST

START_TEST(test_files_v2_the_level_with_least_headroom_wins)
{
	struct pp_sample s = acquire("v2-nested-parent-tighter");
	ck_assert_int_eq(s.levels, 2);
	ck_assert_int_eq(s.limit_bytes, 512 * MIB);
	ck_assert_int_eq(s.headroom_bytes, 32 * MIB);
	ck_assert_str_eq(s.limit_file, "memory.max");
	ck_assert_int_eq(s.limit_above, 1);
	ck_assert_int_eq(s.working_set_bytes, 480 * MIB);
	ck_assert_int_eq(s.own_working_set_bytes, 50 * MIB);
	ck_assert_uint_eq(s.kill_events, 0); /* siblings' kills are not ours */
}
END_TEST

START_TEST(test_files_v1_hierarchical_limit_reveals_the_hidden_pod)
{
	struct pp_sample s = acquire("v1-hierarchical");
	ck_assert_int_eq(s.version, 1);
	ck_assert_int_eq(s.limit_bytes, 200 * MIB);
	ck_assert_int_eq(s.working_set_bytes, 100 * MIB);
	ck_assert_int_eq(s.levels, 1);
	ck_assert_str_eq(s.limit_file, "hierarchical_memory_limit");
	ck_assert_uint_eq(s.kill_events, 3);
}
END_TEST

START_TEST(test_files_hybrid_host_uses_v1)
{
	struct pp_sample s = acquire("v1-hybrid");
	ck_assert_int_eq(s.version, 1);
	ck_assert_int_eq(s.limit_bytes, 64 * MIB);
	ck_assert_int_eq(s.working_set_bytes, 26 * MIB);
	ck_assert_str_eq(s.limit_file, "memory.limit_in_bytes");
	ck_assert_int_eq(s.levels, 1);
}
END_TEST

START_TEST(test_files_nothing_there_is_no_limit)
{
	static const char *const stories[] = {"no-cgroup", "does-not-exist"};
	for (int i = 0; i < 2; i++) {
		struct pp_sample s = acquire(stories[i]);
		ck_assert_int_eq(s.version, 0);
		ck_assert(s.limit_bytes == PP_SAMPLE_NO_LIMIT);
		ck_assert_ptr_null(s.limit_file);
		ck_assert_int_eq(s.working_set_bytes, -1);
		ck_assert_int_eq(s.own_working_set_bytes, -1);
		ck_assert_int_eq(s.node_total_bytes, i ? -1 : 16384 * MIB);
	}
}
END_TEST

START_TEST(test_files_nonsense_is_absent)
{
	struct pp_sample s = acquire("nonsense-files");
	ck_assert_int_eq(s.version, 2);
	ck_assert(s.limit_bytes == PP_SAMPLE_NO_LIMIT);
	ck_assert_int_eq(s.working_set_bytes, 4096);
	ck_assert_uint_eq(s.kill_events, 7);
	ck_assert_int_eq(s.node_total_bytes, -1);
	ck_assert_int_eq(s.node_available_bytes, -1);
	ck_assert_uint_eq(s.stall_total_us, 0);
}
END_TEST

START_TEST(test_files_a_limit_above_the_machine_is_none)
{
	struct pp_sample s = acquire("limit-above-memtotal");
	ck_assert_int_eq(s.version, 2);
	ck_assert(s.limit_bytes == PP_SAMPLE_NO_LIMIT);
	ck_assert_int_eq(s.levels, 0);
	ck_assert_int_eq(s.working_set_bytes, 20 * MIB);
	ck_assert_int_eq(s.own_working_set_bytes, 20 * MIB);
}
END_TEST

static void put(const char *root, const char *path, const char *text)
{
	char name[1024];
	snprintf(name, sizeof name, "%s/%s", root, path);
	for (char *p = name + strlen(root) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		ck_assert(mkdir(name, 0755) == 0 || errno == EEXIST);
		*p = '/';
	}
	FILE *f = fopen(name, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

#define SCRATCH "/tmp/pp-cgroup-XXXXXX"

/* With v2 mounted at /cg in it. */
static void make_scratch(char *root)
{
	ck_assert_ptr_nonnull(mkdtemp(root));
	put(root, "proc/self/mountinfo", "30 22 0:28 / /cg ro - cgroup2 cgroup rw\n");
}

static void remove_scratch(const char *root)
{
	char command[64];
	snprintf(command, sizeof command, "rm -r %s", root);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(test_files_follows_a_changed_limit_and_a_move_to_another_cgroup)
{
	char root[] = SCRATCH;
	make_scratch(root);
	put(root, "proc/self/cgroup", "0::/a\n");
	put(root, "cg/a/memory.max", "1000000\n");
	put(root, "cg/a/memory.current", "400000\n");
	put(root, "cg/b/memory.max", "3000000\n");
	put(root, "cg/b/memory.current", "500000\n");
	struct pp_cgroup_files *files;
	struct pp_sample s;
	ck_assert_int_eq(pp_cgroup_files_open(root, &files), 0);
	pp_cgroup_files_sample(files, &s);
	ck_assert_int_eq(s.headroom_bytes, 600000);
	put(root, "cg/a/memory.max", "2000000\n");
	pp_cgroup_files_sample(files, &s);
	ck_assert_int_eq(s.headroom_bytes, 1600000);
	put(root, "proc/self/cgroup", "0::/b\n");
	for (int i = 0; i < 40; i++)
		pp_cgroup_files_sample(files, &s);
	ck_assert_int_eq(s.limit_bytes, 3000000);
	pp_cgroup_files_close(files);
	remove_scratch(root);
}
END_TEST

START_TEST(test_files_what_another_cgroup_has_counted_before_a_move_is_no_event)
{
	char root[] = SCRATCH;
	make_scratch(root);
	put(root, "proc/self/cgroup", "0::/a\n");
	put(root, "cg/a/memory.current", "400000\n");
	put(root, "cg/a/memory.events", "high 2\noom 1\noom_kill 1\n");
	put(root, "cg/a/memory.pressure", "some avg10=0.00 total=500\n");
	put(root, "cg/b/memory.current", "500000\n");
	put(root, "cg/b/memory.events", "high 2000\noom 0\noom_kill 77\n");
	put(root, "cg/b/memory.pressure", "some avg10=0.00 total=3\n");
	struct pp_cgroup_files *files;
	struct pp_sample s;
	ck_assert_int_eq(pp_cgroup_files_open(root, &files), 0);
	pp_cgroup_files_sample(files, &s);
	put(root, "proc/self/cgroup", "0::/b\n");
	for (int i = 0; i < 40; i++) {
		pp_cgroup_files_sample(files, &s);
		ck_assert_uint_eq(s.kill_events, 2);
		ck_assert_uint_eq(s.throttle_events, 2);
		ck_assert_uint_eq(s.stall_total_us, 500);
	}
	ck_assert_int_eq(s.working_set_bytes, 500000);
	put(root, "cg/b/memory.events", "high 2001\noom 0\noom_kill 78\n");
	put(root, "cg/b/memory.pressure", "some avg10=0.00 total=10\n");
	pp_cgroup_files_sample(files, &s);
	ck_assert_uint_eq(s.kill_events, 3);
	ck_assert_uint_eq(s.throttle_events, 3);
	ck_assert_uint_eq(s.stall_total_us, 507);
	pp_cgroup_files_close(files);
	remove_scratch(root);
}
END_TEST

/* Reads of this process so far; false: the kernel does not count them. */
static bool count_reads(unsigned long long *ret_reads)
{
	FILE *f = fopen("/proc/self/io", "r");
	bool found = f && fscanf(f, "rchar: %*u wchar: %*u syscr: %llu", ret_reads) == 1;
	if (f)
		fclose(f);
	return found;
}

START_TEST(test_files_of_levels_without_a_limit_nothing_else_is_read)
{
	char root[] = SCRATCH, name[64];
	static const char *const levels[] = {"a", "a/b", "a/b/c", "a/b/c/d"};
	make_scratch(root);
	put(root, "proc/self/cgroup", "0::/a/b/c/d\n");
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof name, "cg/%s/memory.max", levels[i]);
		put(root, name, "max\n");
		snprintf(name, sizeof name, "cg/%s/memory.current", levels[i]);
		put(root, name, "400000\n");
		snprintf(name, sizeof name, "cg/%s/memory.stat", levels[i]);
		put(root, name, "inactive_file 100000\n");
	}
	struct pp_cgroup_files *files;
	struct pp_sample s;
	ck_assert_int_eq(pp_cgroup_files_open(root, &files), 0);
	unsigned long long before, after;
	bool counted = count_reads(&before);
	for (int i = 0; i < 30; i++) /* not yet the one that looks whether we have been moved */
		pp_cgroup_files_sample(files, &s);
	ck_assert_int_eq(s.working_set_bytes, 300000);
	if (counted && count_reads(&after)) /* four limits, and two files of the own level */
		ck_assert_uint_lt(after - before, 30 * 6 + 10);
	pp_cgroup_files_close(files);
	remove_scratch(root);
}
END_TEST

static int open_descriptors(void)
{
	int n = 0;
	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

START_TEST(test_files_real_machine_does_not_fail_and_leaks_nothing)
{
	int before = open_descriptors();
	bool was_open[256];
	for (int fd = 0; fd < 256; fd++)
		was_open[fd] = fcntl(fd, F_GETFD) >= 0;
	struct pp_cgroup_files *files;
	struct pp_sample s;
	ck_assert_int_eq(pp_cgroup_files_open("", &files), 0);
	for (int fd = 0; fd < 256; fd++)
		ck_assert(was_open[fd] || fcntl(fd, F_GETFD) < 0 ||
			  (fcntl(fd, F_GETFD) & FD_CLOEXEC));
	for (int i = 0; i < 200; i++)
		pp_cgroup_files_sample(files, &s);
	printf("this machine: version %d, %d levels, limit %lld, working set %lld, node %lld\n",
	       s.version, s.levels, (long long)s.limit_bytes, (long long)s.working_set_bytes,
	       (long long)s.node_available_bytes);
	ck_assert(s.limit_bytes > 0);
	pp_cgroup_files_close(files);
	pp_cgroup_files_close(NULL);
	ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup/files");
	TCase *c = tcase_create("stories");
	tcase_add_test(c, test_files_v2_near_limit_counts_cache_as_free_and_high_as_the_limit);
	tcase_add_test(c, test_files_v2_private_namespace_is_found_at_the_mount_point);
	tcase_add_test(c, test_files_v2_without_psi_has_no_stalls);
	tcase_add_test(c, test_files_v2_the_level_with_least_headroom_wins);
	tcase_add_test(c, test_files_v1_hierarchical_limit_reveals_the_hidden_pod);
	tcase_add_test(c, test_files_hybrid_host_uses_v1);
	tcase_add_test(c, test_files_nothing_there_is_no_limit);
	tcase_add_test(c, test_files_nonsense_is_absent);
	tcase_add_test(c, test_files_a_limit_above_the_machine_is_none);
	suite_add_tcase(s, c);
	c = tcase_create("life");
	tcase_add_test(c, test_files_follows_a_changed_limit_and_a_move_to_another_cgroup);
	tcase_add_test(c, test_files_what_another_cgroup_has_counted_before_a_move_is_no_event);
	tcase_add_test(c, test_files_of_levels_without_a_limit_nothing_else_is_read);
	tcase_add_test(c, test_files_real_machine_does_not_fail_and_leaks_nothing);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
