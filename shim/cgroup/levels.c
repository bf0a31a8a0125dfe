#include "cgroup/levels.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void pp_levels_init(struct pp_levels *l)
{
	memset(l, 0, sizeof *l);
	l->events_fd = l->pressure_fd = -1;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void close_level(const struct pp_level *level)
{
	close_fd(level->limit_fd);
	close_fd(level->high_fd);
	close_fd(level->usage_fd);
	close_fd(level->stat_fd);
}

void pp_levels_finish(struct pp_levels *l)
{
	for (int i = 0; i < l->count; i++)
		close_level(&l->level[i]);
	close_fd(l->events_fd);
	close_fd(l->pressure_fd);
	pp_levels_init(l);
}

int pp_levels_open(int root_fd, const char *path)
{
	path += strspn(path, "/");
	return openat(root_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

bool pp_levels_read(int fd, char *buf, size_t size)
{
	if (fd < 0)
		return false;
	ssize_t n = pread(fd, buf, size - 1, 0);
	buf[n > 0 ? n : 0] = '\0';
	return n >= 0;
}

static int open_in(int root_fd, const char *dir, const char *file)
{
	char path[PP_PARSE_PATH + 64];
	snprintf(path, sizeof path, "%s/%s", dir, file);
	return pp_levels_open(root_fd, path);
}

static const struct pp_level_names names_v2 = {"memory.max", "memory.high", "memory.current",
					       "memory.events", "memory.pressure"};
static const struct pp_level_names names_v1 = {"memory.limit_in_bytes", NULL,
					       "memory.usage_in_bytes", "memory.oom_control", NULL};

/* A directory without a usage file is no level: the root of v2 has none, nor has a cgroup2 mount
 * whose memory controller is on v1 (a hybrid host). */
static void add_level(struct pp_levels *l, int root_fd, const char *dir,
		      const struct pp_level_names *n)
{
	int usage_fd = open_in(root_fd, dir, n->usage);
	if (usage_fd < 0)
		return;
	if (l->count == 0) {
		l->events_fd = open_in(root_fd, dir, n->events);
		l->pressure_fd = n->pressure ? open_in(root_fd, dir, n->pressure) : -1;
	}
	l->level[l->count++] = (struct pp_level){
		.limit_fd = open_in(root_fd, dir, n->limit),
		.high_fd = n->high ? open_in(root_fd, dir, n->high) : -1,
		.usage_fd = usage_fd,
		.stat_fd = open_in(root_fd, dir, "memory.stat"),
	};
}

static void walk_up(struct pp_levels *l, int root_fd, char *dir, const char *point,
		    const struct pp_level_names *n)
{
	size_t stop = strlen(point);
	while (stop > 0 && point[stop - 1] == '/')
		stop--;
	while (l->count < PP_LEVELS_MAX) {
		add_level(l, root_fd, dir, n);
		char *slash = strrchr(dir, '/');
		if (!slash || (size_t)(slash - dir) < stop)
			return;
		*slash = '\0';
	}
}

static void try_mount(struct pp_levels *l, int root_fd, const struct pp_parse_mount *mount)
{
	char dir[PP_PARSE_PATH];
	bool v2 = mount->fs == PP_PARSE_FS_V2;
	if (!pp_parse_dir(mount, l->path, dir))
		return;
	l->names = v2 ? &names_v2 : &names_v1;
	walk_up(l, root_fd, dir, mount->point, l->names);
	if (l->count > 0)
		l->version = v2 ? 2 : 1;
}

/* A node has thousands of mounts: read in pieces, line by line. A line longer than the buffer
 * cannot be a cgroup mount we could use; it is skipped. */
static void each_mount(struct pp_levels *l, int root_fd, int fd, enum pp_parse_fs fs, char *buf,
		       size_t size)
{
	struct pp_parse_mount mount;
	size_t len = 0;
	bool skipping = false;
	ssize_t n;
	while (l->count == 0 && (n = read(fd, buf + len, size - 1 - len)) > 0) {
		len += (size_t)n;
		buf[len] = '\0';
		char *line = buf, *end;
		for (; l->count == 0 && (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			if (!skipping && pp_parse_mount(line, &mount) && mount.fs == fs)
				try_mount(l, root_fd, &mount);
			skipping = false;
		}
		len = strlen(line);
		memmove(buf, line, len + 1);
		if (len == size - 1) {
			skipping = true;
			len = 0;
		}
	}
}

static bool own_path(int root_fd, enum pp_parse_fs fs, char *buf, size_t size,
		     char ret_path[PP_PARSE_PATH])
{
	int fd = pp_levels_open(root_fd, "proc/self/cgroup");
	bool found = pp_levels_read(fd, buf, size) &&
		     pp_parse_cgroup_path(buf, fs == PP_PARSE_FS_V2 ? "" : "memory", ret_path);
	close_fd(fd);
	return found;
}

static void find(struct pp_levels *l, int root_fd, enum pp_parse_fs fs, char *buf, size_t size)
{
	if (!own_path(root_fd, fs, buf, size, l->path))
		return;
	int fd = pp_levels_open(root_fd, "proc/self/mountinfo");
	if (fd < 0)
		return;
	each_mount(l, root_fd, fd, fs, buf, size);
	close(fd);
}

void pp_levels_find(struct pp_levels *l, int root_fd, char *buf, size_t size)
{
	find(l, root_fd, PP_PARSE_FS_V2, buf, size);
	if (l->count == 0)
		find(l, root_fd, PP_PARSE_FS_V1_MEMORY, buf, size);
}

bool pp_levels_moved(const struct pp_levels *l, int root_fd, char *buf, size_t size)
{
	char path[PP_PARSE_PATH];
	if (l->version == 0)
		return true;
	enum pp_parse_fs fs = l->version == 2 ? PP_PARSE_FS_V2 : PP_PARSE_FS_V1_MEMORY;
	return own_path(root_fd, fs, buf, size, path) && strcmp(path, l->path) != 0;
}
