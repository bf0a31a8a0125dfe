/* shim/host/launch.h - becomes the broker's parent for a moment, without the program noticing.
 *
 * clone(CLONE_VM | CLONE_VFORK, exit signal 0) twice: no copy of a large program's page tables, no SIGCHLD, nothing for
 * waitpid(-1) to find, unless the caller inherits orphans, as PID 1 does (broker/parent.h). The lock file is opened in the
 * intermediate, whose descriptor table is its own: no other thread's fork can inherit, and so keep, the lock.
 *
 *   caller (waits) -> intermediate: lock, setsid -> broker: descriptors, signals, exec
 *
 * The lock file says two things beyond its lock: it has a byte when a start was ever tried, and its
 * time of change is that of the last try.
 */
#ifndef PP_HOST_LAUNCH_H
#define PP_HOST_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>

#define PP_LAUNCH_WAIT_MS 2000 /* a broker not listening by then never will */
#define PP_LAUNCH_AGAIN_MS                                                                         \
	1000 /* a failed start is not repeated sooner: one exec a second at most */

enum pp_launch {
	PP_LAUNCH_READY,  /* we started it and it listens */
	PP_LAUNCH_BUSY,	  /* somebody else is starting it: look at the socket again */
	PP_LAUNCH_FAILED, /* it did not come up: go direct */
	PP_LAUNCH_CANNOT, /* this directory does not take a lock file: try the next */
};

/* Is there an executable to start? Asked first, so that an installation without a broker costs one
 * system call and leaves no directory behind. */
bool pp_launch_is_possible(void);

/* Tries to start the broker for `dir`; waits for its ready byte until the deadline. */
enum pp_launch pp_launch_broker(const char *dir, int64_t deadline_ms);

#endif
