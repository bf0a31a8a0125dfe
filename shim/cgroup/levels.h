/* shim/cgroup/levels.h - where this process's memory cgroup is, and its ancestors as far as they
 * can be seen. Opens files, keeps descriptors; used by files.c only. */
#ifndef PP_CGROUP_LEVELS_H
#define PP_CGROUP_LEVELS_H

#include "cgroup/parse.h"

#define PP_LEVELS_MAX 16 /* kubelet with systemd: 5; a nested runtime doubles it */

struct pp_level { /* descriptors, -1: no such file */
	int limit_fd, high_fd, usage_fd, stat_fd;
};

struct pp_level_names { /* static; NULL: the version has no such file */
	const char *limit, *high, *usage, *events, *pressure;
};

struct pp_levels {
	int version;			    /* 2, 1 or 0: nothing found */
	const struct pp_level_names *names; /* of that version */
	int count;
	struct pp_level level[PP_LEVELS_MAX]; /* own cgroup first, then upwards */
	int events_fd;			      /* memory.events or memory.oom_control, own */
	int pressure_fd;		      /* memory.pressure, own; v2 */
	char path[PP_PARSE_PATH];	      /* as in /proc/self/cgroup, to notice a move */
};

void pp_levels_init(struct pp_levels *l);
/* Closes everything and leaves an empty set. */
void pp_levels_finish(struct pp_levels *l);

/* Looks again from the beginning; `l` must be empty. The buffer is scratch space. */
void pp_levels_find(struct pp_levels *l, int root_fd, char *buf, size_t size);
/* The process is in another cgroup than when `l` was filled. */
bool pp_levels_moved(const struct pp_levels *l, int root_fd, char *buf, size_t size);

/* openat below the root; path may begin with a slash. -1 if there is none. */
int pp_levels_open(int root_fd, const char *path);
/* The file from its beginning as text, cut to size - 1. false: unreadable. One pread: proc and
 * cgroupfs answer such files whole (fs/seq_file.c, single_open). */
bool pp_levels_read(int fd, char *buf, size_t size);

#endif
