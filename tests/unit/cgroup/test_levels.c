#include "cgroup/levels.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pp_test.h"

static char top[64], buf[512];
static int root_fd;

static void write_file(const char *path, const char *text)
{
	char full[600];
	snprintf(full, sizeof full, "%s/%s", top, path);
	for (char *slash = full + strlen(top) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	FILE *file = fopen(full, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert(fputs(text, file) >= 0 && fclose(file) == 0);
}

static void setup(void)
{
	snprintf(top, sizeof top, "/tmp/podpool-levels-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	root_fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(root_fd, 0);
}

static void teardown(void)
{
	char command[100];
	close(root_fd);
	snprintf(command, sizeof command, "rm -r %s", top);
	ck_assert_int_eq(system(command), 0);
}

static struct pp_levels find(void)
{
	struct pp_levels l;
	pp_levels_init(&l);
	pp_levels_find(&l, root_fd, buf, sizeof buf);
	return l;
}

static int64_t usage_of(const struct pp_levels *l, int level)
{
	char text[32];
	ck_assert(level < l->count && pp_levels_read(l->level[level].usage_fd, text, sizeof text));
	return atoll(text);
}

#define V2_MOUNT "30 22 0:28 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n"

static void make_pod(void)
{
	write_file("proc/self/cgroup", "0::/pod/ctr\n");
	write_file("proc/self/mountinfo", V2_MOUNT);
	write_file("sys/fs/cgroup/pod/ctr/memory.current", "1\n");
	write_file("sys/fs/cgroup/pod/ctr/memory.max", "max\n");
	write_file("sys/fs/cgroup/pod/ctr/memory.events", "oom 0\n");
	write_file("sys/fs/cgroup/pod/memory.current", "2\n");
	write_file("sys/fs/cgroup/pod/memory.events", "oom 9\n");
}

START_TEST(test_levels_own_cgroup_first_then_upwards_without_the_root)
{
	make_pod();
	struct pp_levels l = find();
	char events[16];
	ck_assert(l.version == 2 && l.count == 2); /* the root of v2 has no memory.current */
	ck_assert(usage_of(&l, 0) == 1 && usage_of(&l, 1) == 2);
	ck_assert(l.level[0].limit_fd >= 0 && l.level[1].limit_fd == -1);
	ck_assert(l.level[0].high_fd == -1 && l.pressure_fd == -1);
	ck_assert(pp_levels_read(l.events_fd, events, sizeof events));
	ck_assert_str_eq(events, "oom 0\n"); /* its own, not the pod's */
	pp_levels_finish(&l);
	ck_assert(l.version == 0 && l.count == 0 && l.events_fd == -1);
}
END_TEST

/* A node has thousands of mounts, more than the buffer holds, and lines longer than it. */
START_TEST(test_levels_finds_the_mount_behind_many_others)
{
	static char mounts[20000], path[800];
	memset(path, 'x', sizeof path - 1);
	size_t len = 0;
	for (int i = 0; i < 40; i++)
		len += (size_t)snprintf(mounts + len, sizeof mounts - len,
					"%d 22 0:21 / /%.*s%s rw - ext4 %s rw\n", 40 + i,
					i * 799 / 39, path, i % 2 ? "" : "/a", "/dev/x");
	snprintf(mounts + len, sizeof mounts - len, "%s", V2_MOUNT);
	make_pod();
	write_file("proc/self/mountinfo", mounts);
	struct pp_levels l = find();
	ck_assert(l.version == 2 && l.count == 2);
	pp_levels_finish(&l);
}
END_TEST

/* What begins in the midst of a line that is too long is not one. */
START_TEST(test_levels_skips_the_whole_of_a_long_line)
{
	char mounts[2 * sizeof buf];
	memset(mounts, 'x', sizeof buf - 1); /* one piece, as it is read */
	strcpy(mounts + sizeof buf - 1, "31 22 0:28 / /wrong ro - cgroup2 cgroup rw\n" V2_MOUNT);
	make_pod();
	write_file("proc/self/mountinfo", mounts);
	write_file("wrong/pod/ctr/memory.current", "7\n");
	struct pp_levels l = find();
	ck_assert_int_eq(usage_of(&l, 0), 1);
	pp_levels_finish(&l);
}
END_TEST

START_TEST(test_levels_of_v1_are_those_of_the_memory_controller)
{
	write_file("proc/self/cgroup", "4:memory:/ctr\n3:cpu:/other\n0::/ctr\n");
	write_file("proc/self/mountinfo",
		   "31 30 0:29 / /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n"
		   "32 30 0:30 / /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
		   "38 30 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
	write_file("sys/fs/cgroup/unified/ctr/cgroup.procs", ""); /* no memory there */
	write_file("sys/fs/cgroup/memory/ctr/memory.usage_in_bytes", "3\n");
	write_file("sys/fs/cgroup/memory/ctr/memory.oom_control", "oom_kill 0\n");
	write_file("sys/fs/cgroup/memory/memory.usage_in_bytes", "4\n");
	write_file("sys/fs/cgroup/cpu/ctr/memory.usage_in_bytes", "5\n");
	struct pp_levels l = find();
	ck_assert(l.version == 1 && l.count == 2);
	ck_assert(usage_of(&l, 0) == 3 && usage_of(&l, 1) == 4);
	ck_assert(l.events_fd >= 0 && l.pressure_fd == -1);
	pp_levels_finish(&l);
}
END_TEST

START_TEST(test_levels_are_looked_for_again_when_the_process_was_moved)
{
	make_pod();
	struct pp_levels l = find(), none = {0};
	ck_assert(!pp_levels_moved(&l, root_fd, buf, sizeof buf));
	write_file("proc/self/cgroup", "0::/pod/other\n");
	ck_assert(pp_levels_moved(&l, root_fd, buf, sizeof buf));
	pp_levels_finish(&l);
	pp_levels_init(&none);
	ck_assert(pp_levels_moved(&none, root_fd, buf, sizeof buf)); /* perhaps now */
}
END_TEST

START_TEST(test_levels_are_so_many_at_most)
{
	char path[400] = "sys/fs/cgroup", own[400] = "0::";
	for (int i = 0; i < PP_LEVELS_MAX + 4; i++) {
		char file[440];
		strcat(path, "/d");
		strcat(own, "/d");
		snprintf(file, sizeof file, "%s/memory.current", path);
		write_file(file, "1\n");
	}
	write_file("proc/self/cgroup", strcat(own, "\n"));
	write_file("proc/self/mountinfo", V2_MOUNT);
	struct pp_levels l = find();
	ck_assert_int_eq(l.count, PP_LEVELS_MAX);
	pp_levels_finish(&l);
}
END_TEST

START_TEST(test_levels_reads_a_file_from_its_beginning_and_cuts_it)
{
	char text[5];
	write_file("file", "123456");
	int fd = pp_levels_open(root_fd, "/file"); /* below the root all the same */
	for (int i = 0; i < 2; i++) {
		ck_assert(pp_levels_read(fd, text, sizeof text));
		ck_assert_str_eq(text, "1234");
	}
	close(fd);
	ck_assert(!pp_levels_read(-1, text, sizeof text));
	ck_assert_int_eq(pp_levels_open(root_fd, "none"), -1);
	ck_assert(find().count == 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup/levels");
	TCase *c = tcase_create("levels");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_levels_own_cgroup_first_then_upwards_without_the_root);
	tcase_add_test(c, test_levels_finds_the_mount_behind_many_others);
	tcase_add_test(c, test_levels_skips_the_whole_of_a_long_line);
	tcase_add_test(c, test_levels_of_v1_are_those_of_the_memory_controller);
	tcase_add_test(c, test_levels_are_looked_for_again_when_the_process_was_moved);
	tcase_add_test(c, test_levels_are_so_many_at_most);
	tcase_add_test(c, test_levels_reads_a_file_from_its_beginning_and_cuts_it);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
