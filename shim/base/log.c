#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clean.h"

static const char *const level_names[] = {"error", "warning", "info", "debug"};

/* Written by pp_log_init before any thread starts, the level also on reload by the loop thread;
 * workers only read an int. */
static int log_fd = -1;
static enum pp_log_level log_level = PP_LOG_INFO;
static atomic_uint lines_lost; /* since the last one that was written */

void pp_log_init(int fd, enum pp_log_level level)
{
	log_fd = fd;
	log_level = level;
}

void pp_log_set_level(enum pp_log_level level)
{
	log_level = level;
}

/* A terminal that was stopped (Ctrl-S), a pipe that nobody reads: writing would stop the broker, and with it every program
 * of the pod. A line is shorter than PIPE_BUF: it fits whole or not at all. */
static bool is_writable(void)
{
	struct pollfd log = {.fd = log_fd, .events = POLLOUT};
	return poll(&log, 1, 0) == 1 && log.revents & POLLOUT;
}

/* A log that cannot be written must not stop the broker. */
static void write_line(const char *line, size_t len)
{
	ssize_t ignored;
	if (!is_writable()) {
		lines_lost++;
		return;
	}
	unsigned lost = atomic_exchange(&lines_lost, 0);
	if (lost) {
		char note[80];
		int n = snprintf(note, sizeof note,
				 "podpool[%d]: warning: %u lines are missing here\n", (int)getpid(),
				 lost);
		ignored = write(log_fd, note, (size_t)n);
	}
	ignored = write(log_fd, line, len);
	(void)ignored;
}

void pp_log(enum pp_log_level level, const char *fmt, ...)
{
	if (log_fd < 0 || level > log_level)
		return;
	int saved = errno;
	char line[1024];
	int n = snprintf(line, sizeof line, "podpool[%d]: %s: ", (int)getpid(), level_names[level]);
	va_list args;
	va_start(args, fmt);
	int m = vsnprintf(line + n, sizeof line - (size_t)n - 1, fmt, args);
	va_end(args);
	/* The names in it are programs' and servers': a terminal must not obey them, and they must not end the line. */
	pp_clean(line + n, line + n, sizeof line - (size_t)n - 1);
	size_t len = strlen(line);
	if (m >= 0) {
		line[len++] = '\n';
		write_line(line, len);
	}
	errno = saved;
}
