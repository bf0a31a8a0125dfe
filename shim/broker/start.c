#include "broker/start.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <podpool/ipc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/last_fd.h"
#include "ipc/dir.h"

extern char **environ;

/* Where the kernel put them, which is what /proc/PID/environ goes on showing. */
static void forget_pg_variables(void)
{
	char **to = environ;
	for (char **e = environ; *e; e++)
		if (strncmp(*e, "PG", 2) == 0)
			explicit_bzero(*e, strlen(*e));
		else
			*to++ = *e;
	*to = NULL;
}

/* libpq, too, holds passwords as long as its connections live: no part of our memory may be written anywhere. The limit
 * is for core files, the filter (core(5)) for handlers behind a pipe, which do not know the limit. Not
 * PR_SET_DUMPABLE: it would hide /proc/PID from our own user. */
static void forbid_core_dumps(void)
{
	struct rlimit core;
	if (getrlimit(RLIMIT_CORE, &core) == 0) {
		core.rlim_cur = 0; /* who must look at one can raise it again: prlimit(1) */
		setrlimit(RLIMIT_CORE, &core);
	}
	int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)!write(fd, "0", 1);
	close(fd);
}

void pp_start_without_shim(char **argv)
{
	const char *pooling = getenv("PODPOOL");
	if (pooling && strcmp(pooling, "off") == 0) {
		unsetenv("PODPOOL"); /* not for us: the settings are as if it had not been said */
		return;
	}
	if (!getenv("LD_PRELOAD") && access("/etc/ld.so.preload", F_OK) < 0)
		return;
	char *again[] = {"podpool", argv[0], argv[1], argv[1] ? argv[2] : NULL, NULL};
	setenv("PODPOOL", "off", 1);
	execv("/proc/self/exe", again);
	fprintf(stderr, "podpool broker: if the shim is preloaded into it, it pools itself: %s\n",
		strerror(errno));
}

/* `ulimit -t 30; php cron.php` was meant for PHP. */
static void lift_limits(void)
{
	static const int limits[] = {RLIMIT_NOFILE, RLIMIT_CPU,	  RLIMIT_FSIZE, RLIMIT_DATA,
				     RLIMIT_AS,	    RLIMIT_NPROC, RLIMIT_STACK};
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		struct rlimit limit;
		if (getrlimit(limits[i], &limit) < 0)
			continue;
		limit.rlim_cur = limit.rlim_max;
		setrlimit(limits[i], &limit);
	}
	signal(SIGXCPU, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a log that cannot grow: EFBIG */
}

void pp_start_say_limits(void)
{
	struct rlimit cpu;
	if (getrlimit(RLIMIT_CPU, &cpu) == 0 && cpu.rlim_max != RLIM_INFINITY)
		pp_log(PP_LOG_WARNING,
		       "the broker will be killed after %llu s of processor time: what started it "
		       "has "
		       "a hard limit (ulimit -Ht)",
		       (unsigned long long)cpu.rlim_max);
}

void pp_start_process(void)
{
	prctl(PR_SET_NAME, "podpool"); /* by way of /proc/self/exe we would be "exe" */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN); /* until we listen to it */
	lift_limits();
	unsetenv("LD_PRELOAD");
	forget_pg_variables();
	forbid_core_dumps();
	/* The workers' arenas would each reserve address space and keep freed pages: one arena, given back early. */
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_TRIM_THRESHOLD, 256 * 1024);
}

static int lock_fd = -1; /* pp_start_lock's, held until the process ends */
static bool by_program;
static int ready_fd = -1; /* the shim's that started us, until it has been told */

static bool is_same_file(int fd, const char *path)
{
	struct stat ours, theirs;
	return fstat(fd, &ours) == 0 && stat(path, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
	       ours.st_ino == theirs.st_ino;
}

int pp_start_dir(const char *wanted, char ret_dir[PP_DIR_MAX], struct pp_errctx *err)
{
	struct stat st;
	uint32_t uid = geteuid();
	for (unsigned i = 0; pp_dir_candidate(i, wanted, NULL, uid, ret_dir) == 0; i++) {
		if (i > 0 &&
		    !(lstat(wanted, &st) == 0 && pp_dir_may_hold(st.st_mode, st.st_uid, uid)))
			break;
		mkdir(ret_dir, 0700);
		if (lstat(ret_dir, &st) == 0 && pp_dir_is_usable(st.st_mode, st.st_uid, uid))
			return 0;
	}
	return pp_err_set(err, PP_ERR_INVALID,
			  "%.80s is not a directory that belongs to uid %u alone", wanted, uid);
}

uint64_t pp_start_network(void)
{
	struct stat st;
	return stat("/proc/self/ns/net", &st) == 0 ? st.st_ino : 0;
}

int pp_start_lock(const char *dir, struct pp_errctx *err)
{
	char path[108];
	pp_dir_join(dir, PP_IPC_LOCK, path);
	if (lock_fd < 0 && is_same_file(PP_IPC_LOCK_FD, path) &&
	    flock(PP_IPC_LOCK_FD, LOCK_EX | LOCK_NB) == 0) {
		fcntl(PP_IPC_LOCK_FD, F_SETFD, FD_CLOEXEC);
		lock_fd = pp_last_fd(PP_IPC_LOCK_FD, PP_LAST_FD_LOCK);
		ready_fd = PP_IPC_READY_FD;
		by_program = true;
		return 0;
	}
	if (is_same_file(lock_fd, path))
		return 0; /* only the rest was taken away */
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return pp_err_set(err, PP_ERR_SYS, "cannot open %s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		if (lock_fd >= 0)
			close(lock_fd); /* of a file that nobody finds any more */
		lock_fd = pp_last_fd(fd, PP_LAST_FD_LOCK);
		return 0;
	}
	close(fd);
	return pp_err_set(err, PP_ERR_FULL, "another broker serves %s", dir);
}

bool pp_start_is_by_program(void)
{
	return by_program;
}

void pp_start_ready(void)
{
	/* Two bytes: this start succeeded (one: tried), so that after a crash the next one need not wait. Bytes without
	 * content: on a disk that is full they can still be had. */
	(void)!ftruncate(lock_fd, 2);
	if (ready_fd < 0)
		return;
	(void)!write(ready_fd, "", 1);
	close(ready_fd);
	ready_fd = -1;
}
