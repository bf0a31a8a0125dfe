#include "host/exec.h"

#include <fcntl.h>
#include <podpool/ipc.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "host/conf.h"
#include "host/sys.h"

#define FIRST_UNUSED_FD (PP_IPC_READY_FD + 1)

/* Does this descriptor lead where the container's log is read? */
static bool is_same_as_pid1_stderr(const struct stat *mine)
{
	struct stat st;
	return pp_sys4(SYS_newfstatat, AT_FDCWD, "/proc/1/fd/2", &st, 0) == 0 &&
	       st.st_dev == mine->st_dev && st.st_ino == mine->st_ino;
}

/* The broker logs to the stderr it inherits if that is a file or the container's log. Not into a pipe that may be somebody's
 * `$(cmd 2>&1)`: that reader waits until every writer is gone, and the broker stays. Nor to a terminal: whoever has the other
 * end may wait in the same way (script(1)), and once it is hung up (the end of `kubectl exec -it`), nothing can be written. */
static bool is_stderr_ours_to_keep(void)
{
	struct stat st;
	if (pp_sys2(SYS_fstat, 2, &st) < 0)
		return false;
	return S_ISREG(st.st_mode) || is_same_as_pid1_stderr(&st);
}

static void set_standard_fds(void)
{
	int null = (int)pp_sys4(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
	bool keep = is_stderr_ours_to_keep();
	for (int fd = 0; fd <= (keep ? 1 : 2); fd++)
		if (null < 0)
			pp_sys1(SYS_close, fd);
		else if (null != fd)
			pp_sys3(SYS_dup3, null, fd, 0);
}

static void close_rest(void)
{
	if (pp_sys3(SYS_close_range, FIRST_UNUSED_FD, ~0U, 0) == 0)
		return;
	/* before Linux 5.9: as far as descriptors are likely, not up to a limit of 2^30
	 * (moby/moby#45436) */
	for (int fd = FIRST_UNUSED_FD; fd < 4096; fd++)
		pp_sys1(SYS_close, fd);
}

/* Lifts both above the numbers they will be copied to, whatever they were. False: the program has too few descriptors left
 * for that; the broker would find the program's where it looks for its own. */
static bool place_fds(struct pp_exec *exec)
{
	long lock = pp_sys3(SYS_fcntl, exec->lock_fd, F_DUPFD, FIRST_UNUSED_FD);
	long ready = pp_sys3(SYS_fcntl, exec->ready_fd, F_DUPFD, FIRST_UNUSED_FD);
	if (lock < 0 || ready < 0)
		return false;
	set_standard_fds();
	pp_sys3(SYS_dup3, lock, PP_IPC_LOCK_FD, 0);
	pp_sys3(SYS_dup3, ready, PP_IPC_READY_FD, 0);
	close_rest();
	return true;
}

/* exec keeps ignored signals ignored and blocked ones blocked: nohup's SIGHUP is not the broker's.
 */
static void reset_signals(void)
{
	static const uint64_t default_action[4]; /* all zero is SIG_DFL, no flags, no mask */
	static const uint64_t nothing;
	for (int sig = 1; sig <= 64; sig++)
		pp_sys4(SYS_rt_sigaction, sig, default_action, NULL, PP_SYS_SIGSET_BYTES);
	pp_sys4(SYS_rt_sigprocmask, SIG_SETMASK, &nothing, NULL, PP_SYS_SIGSET_BYTES);
}

int pp_exec_broker(void *arg)
{
	struct pp_exec *exec = arg;
	const struct pp_conf *conf = pp_conf_get();
	const char *const argv[] = {"podpool", "broker", "--dir", exec->dir, NULL};
	if (!place_fds(exec))
		return 127;
	reset_signals();
	pp_sys3(SYS_execve, conf->broker, argv, conf->env);
	return 127;
}
