/* shim/cgroup/parse.h - the texts of proc and cgroupfs, pure. Every function takes one whole,
 * NUL-terminated file, returns false for what is absent or nonsense, and then leaves the result
 * alone. Hostile text costs linear time and nothing else. */
#ifndef PP_CGROUP_PARSE_H
#define PP_CGROUP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PP_PARSE_PATH 1024 /* kubelet's cgroup paths are about 200 bytes */

/* memory.max, memory.current, memory.limit_in_bytes: one number, or "max" as INT64_MAX. Numbers
 * above INT64_MAX are INT64_MAX. Nothing but white space may follow. */
bool pp_parse_number(const char *text, int64_t *ret_value);

/* memory.stat, memory.events, memory.oom_control: the line "name value". */
bool pp_parse_field(const char *text, const char *name, int64_t *ret_value);

/* /proc/meminfo: the line "name:   value kB". */
bool pp_parse_meminfo(const char *text, const char *name, int64_t *ret_bytes);

/* memory.pressure: total= of the line "some". */
bool pp_parse_pressure(const char *text, uint64_t *ret_total_us);

/* /proc/self/cgroup: path of the v1 hierarchy with this controller, or of v2 for "" (the line
 * 0::path). */
bool pp_parse_cgroup_path(const char *text, const char *controller, char ret_path[PP_PARSE_PATH]);

enum pp_parse_fs { PP_PARSE_FS_OTHER, PP_PARSE_FS_V1_MEMORY, PP_PARSE_FS_V2 };

struct pp_parse_mount {
	enum pp_parse_fs fs;
	char root[PP_PARSE_PATH], point[PP_PARSE_PATH]; /* unescaped */
};

/* One line of /proc/self/mountinfo; line end or NUL ends it. After false the result is undefined. */
bool pp_parse_mount(const char *line, struct pp_parse_mount *ret_mount);

/* The directory of `path` below this mount, without a slash at the end; it is the mount point
 * itself when the path cannot be seen from here (another namespace: `..`, or not below the mount's
 * root). False when the result would not fit. */
bool pp_parse_dir(const struct pp_parse_mount *mount, const char *path,
		  char ret_dir[PP_PARSE_PATH]);

#endif
