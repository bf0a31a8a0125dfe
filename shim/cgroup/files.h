/* shim/cgroup/files.h - acquire: finds this process's memory cgroup files and reads a sample. The
 * only I/O of the room. */
#ifndef PP_CGROUP_FILES_H
#define PP_CGROUP_FILES_H

#include "base/err.h"
#include "cgroup/sample.h"

struct pp_cgroup_files; /* heap; holds open descriptors (CLOEXEC), re-opened when they go stale */

/* `root` is "" in production, a fixture folder in tests (root/proc/self/cgroup,
 * root/proc/self/mountinfo, root/proc/meminfo, and mount points below root). Not finding a cgroup
 * is no error: the sample then has version 0 and no limit. PP_ERR_NOMEM otherwise. */
PP_MUSTCHECK int pp_cgroup_files_open(const char *root, struct pp_cgroup_files **ret_files);
void pp_cgroup_files_close(struct pp_cgroup_files *files);

/* Reads every visible level again: limits change while running. Allocates nothing. Files that
 * vanish or hold nonsense are treated as absent. */
void pp_cgroup_files_sample(struct pp_cgroup_files *files, struct pp_sample *ret_sample);

#endif
