/* shim/host/exec.h - the last steps of the process that turns into the broker.
 */
#ifndef PP_HOST_EXEC_H
#define PP_HOST_EXEC_H

struct pp_exec {
	const char *dir; /* borrowed: outlives the exec, the caller waits for it */
	int lock_fd;
	int ready_fd;
};

/* Entry for clone(): `arg` is a struct pp_exec. Returns (an exit status) only when there were
 * too few descriptors or exec failed. */
int pp_exec_broker(void *arg);

#endif
