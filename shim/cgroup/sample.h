/* shim/cgroup/sample.h - what the kernel says about memory, as one plain struct; the unit is in
 * each name.
 *
 * The room cgroup: read files -> sample (files.c does I/O, parse.c is pure) -> verdict (governor.c,
 * pure). Knows cgroup v1 and v2 (kernel docs admin-guide/cgroup-v2.rst, cgroup-v1/memory.rst); must
 * not know pools.
 */
#ifndef PP_CGROUP_SAMPLE_H
#define PP_CGROUP_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#define PP_SAMPLE_NO_LIMIT INT64_MAX

struct pp_sample {
	int64_t limit_bytes;	   /* of the level with the least headroom; PP_SAMPLE_NO_LIMIT: none
				      visible */
	int64_t working_set_bytes; /* usage - inactive_file at that level (kubelet's working set); of
				      the own level when no limit is visible, -1 unknown */
	int64_t own_working_set_bytes; /* of the own level, whichever has the least headroom; -1 unknown */
	int64_t headroom_bytes;	       /* limit - working set at that level; negative is possible */
	uint64_t kill_events;	  /* v2 memory.events oom + oom_kill, v1 oom_kill; grows, through a
					  move to another cgroup as well: so do the next two */
	uint64_t throttle_events; /* v2 memory.events high; grows, harmlessly so when a program that
				      reads files fills the page cache up to memory.high */
	uint64_t stall_total_us;  /* memory.pressure `some total=`; 0 when there is no PSI */
	uint64_t node_stall_total_us; /* /proc/pressure/memory, likewise */
	int64_t node_available_bytes; /* /proc/meminfo MemAvailable; -1 unknown */
	int64_t node_total_bytes;     /* MemTotal; -1 unknown */
	int version;		      /* 2, 1, or 0: no memory controller visible */
	int levels;		      /* levels with a finite limit that were looked at */
	const char *limit_file;	      /* static: the file that says limit_bytes; NULL: no limit */
	int limit_above;	      /* how many levels above the own cgroup that is */
};

#endif
