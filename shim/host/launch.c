#include "host/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/conf.h"
#include "host/exec.h"
#include "host/sys.h"
#include "ipc/dir.h"

#define STACK_BYTES 32768 /* two halves: intermediate and broker-to-be; each needs under 2 KiB */

#define LAUNCH_CLOCK_GRAIN_MS 100 /* a file's time may be finer than the coarse clock */

struct launch {
	struct pp_exec exec;
	char lock_path[108];
	char *stack; /* owned by pp_launch_broker */
	enum pp_launch verdict;
	bool is_started;
};

/* Milliseconds since the last try, or -1 when there was none; of a clock that was set back nothing can be told but that
 * it is long ago. The lock file is one byte long after a try and two once that broker listened; a
 * length can be had on a full disk, too, where content cannot. */
static int64_t last_try_age_ms(int lock_fd, bool *ret_succeeded)
{
	struct stat st;
	struct timespec now;
	*ret_succeeded = false;
	if (pp_sys2(SYS_fstat, lock_fd, &st) < 0 || st.st_size == 0)
		return -1;
	*ret_succeeded = st.st_size > 1;
	pp_sys2(SYS_clock_gettime, CLOCK_REALTIME_COARSE, &now);
	int64_t age = ((int64_t)now.tv_sec - st.st_mtim.tv_sec) * 1000 +
		      (now.tv_nsec - st.st_mtim.tv_nsec) / 1000000;
	if (age < -LAUNCH_CLOCK_GRAIN_MS)
		return INT64_MAX;
	return age < 0 ? 0 : age;
}

/* The lock is held but nobody listens. Young: a start is under way. Old: a broker that hangs or is
 * on its way out; not worth anybody's time. */
static enum pp_launch judge_held_lock(int lock_fd)
{
	bool succeeded;
	return last_try_age_ms(lock_fd, &succeeded) > PP_LAUNCH_WAIT_MS ? PP_LAUNCH_FAILED
									: PP_LAUNCH_BUSY;
}

static int take_lock(struct launch *l)
{
	int fd = (int)pp_sys4(SYS_openat, AT_FDCWD, l->lock_path,
			      O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		l->verdict = PP_LAUNCH_CANNOT;
		return -1;
	}
	if (pp_sys2(SYS_flock, fd, LOCK_EX | LOCK_NB) < 0) {
		l->verdict = judge_held_lock(fd);
		return -1;
	}
	bool succeeded;
	int64_t age = last_try_age_ms(fd, &succeeded);
	if (age >= 0 && age < PP_LAUNCH_AGAIN_MS && !succeeded) {
		l->verdict = PP_LAUNCH_FAILED;
		return -1;
	}
	pp_sys2(SYS_ftruncate, fd, 0); /* of another size, so that its time changes */
	pp_sys2(SYS_ftruncate, fd, 1);
	return fd;
}

/* Runs on the caller's memory while the caller's thread stands still; its descriptors, its session
 * and its signal dispositions are its own. */
static int run_intermediate(void *arg)
{
	struct launch *l = arg;
	l->exec.lock_fd = take_lock(l);
	if (l->exec.lock_fd < 0)
		return 0;
	pp_sys0(SYS_setsid);
	long pid = pp_sys_clone(pp_exec_broker, &l->exec, l->stack + STACK_BYTES / 2,
				CLONE_VM | CLONE_VFORK);
	l->is_started = pid > 0;
	return 0;
}

/* No handler of the program may run in a child that shares its memory. */
static void run_with_signals_blocked(struct launch *l)
{
	uint64_t all = ~UINT64_C(0), before = 0;
	pp_sys4(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, PP_SYS_SIGSET_BYTES);
	long pid = pp_sys_clone(run_intermediate, l, l->stack + STACK_BYTES,
				CLONE_VM | CLONE_VFORK); /* exit signal 0: no SIGCHLD */
	if (pid > 0)
		while (pp_sys4(SYS_wait4, pid, NULL, __WALL, NULL) == -EINTR)
			;
	pp_sys4(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, PP_SYS_SIGSET_BYTES);
}

static bool is_ready(int fd, int64_t deadline_ms)
{
	char byte;
	return pp_sys_wait_fd(fd, POLLIN, deadline_ms) && pp_sys3(SYS_read, fd, &byte, 1) == 1;
}

static void launch(struct launch *l, int64_t deadline_ms)
{
	int ready[2];
	if (pp_sys2(SYS_pipe2, ready, O_CLOEXEC) < 0)
		return;
	l->exec.ready_fd = ready[1];
	run_with_signals_blocked(l);
	pp_sys1(SYS_close, ready[1]);
	if (l->is_started && is_ready(ready[0], deadline_ms))
		l->verdict = PP_LAUNCH_READY;
	pp_sys1(SYS_close, ready[0]);
}

bool pp_launch_is_possible(void)
{
	const char *broker = pp_conf_get()->broker;
	return *broker && pp_sys3(SYS_faccessat, AT_FDCWD, broker, X_OK) == 0;
}

enum pp_launch pp_launch_broker(const char *dir, int64_t deadline_ms)
{
	struct launch l = {.exec = {.dir = dir}, .verdict = PP_LAUNCH_FAILED};
	pp_dir_join(dir, PP_IPC_LOCK, l.lock_path);
	long stack = pp_sys6(SYS_mmap, NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack < 0 && stack > -4096)
		return PP_LAUNCH_FAILED;
	l.stack = (char *)stack;
	launch(&l, deadline_ms);
	pp_sys2(SYS_munmap, l.stack, STACK_BYTES);
	return l.verdict;
}
