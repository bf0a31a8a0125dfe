#include "broker/logfile.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "ipc/dir.h"

#define PP_LOGFILE_MAX (256 * 1024)

static const char *log_dir; /* NULL: what we write to is not our file */

static bool may_be_held(int fd)
{
	struct stat ours, container;
	if (fstat(fd, &ours) < 0 || (S_ISCHR(ours.st_mode) && ours.st_rdev == makedev(1, 3)))
		return false; /* nothing, or /dev/null (the shim's way of not holding it) */
	if (S_ISREG(ours.st_mode))
		return true;
	return stat("/proc/1/fd/2", &container) == 0 && ours.st_dev == container.st_dev &&
	       ours.st_ino == container.st_ino;
}

static void become_stderr(int fd)
{
	dup2(fd, STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static int open_file(const char *path, int flags)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
}

int pp_logfile_open(const char *dir)
{
	char path[108];
	if (may_be_held(STDERR_FILENO))
		return STDERR_FILENO;
	pp_dir_join(dir, "log", path);
	int fd = open_file(path, 0); /* behind the last words of the broker before */
	if (fd >= 0)
		log_dir = dir;
	else
		fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	become_stderr(fd);
	return STDERR_FILENO;
}

/* A new file in the place of `now`. -1: no room for two, or the place is another broker's by now. */
static int set_aside(const struct stat *now)
{
	char path[108], old[108];
	struct stat there;
	pp_dir_join(log_dir, "log", path);
	pp_dir_join(log_dir, "log.old", old);
	if (lstat(path, &there) == 0) {
		if (there.st_dev != now->st_dev || there.st_ino != now->st_ino)
			return -1;
		rename(path, old);
	}
	return open_file(path, O_TRUNC);
}

void pp_logfile_look(void)
{
	struct stat now;
	if (!log_dir || fstat(STDERR_FILENO, &now) < 0 || now.st_size <= PP_LOGFILE_MAX)
		return;
	int fd = set_aside(&now);
	if (fd >= 0)
		become_stderr(fd); /* in one step: the workers write, too */
	else
		(void)!ftruncate(STDERR_FILENO, 0);
}
