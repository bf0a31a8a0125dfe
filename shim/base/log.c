#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const level_names[] = {"error", "warning", "info", "debug"};

/* Written by pp_log_init before any thread starts, the level also on reload by the loop thread;
 * workers only read an int. */
static int log_fd = -1;
static enum pp_log_level log_level = PP_LOG_INFO;

void pp_log_init(int fd, enum pp_log_level level)
{
	log_fd = fd;
	log_level = level;
}

void pp_log_set_level(enum pp_log_level level)
{
	log_level = level;
}

int pp_log_parse_level(const char *text, enum pp_log_level *ret_level)
{
	for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++)
		if (strcmp(text, level_names[i]) == 0) {
			*ret_level = (enum pp_log_level)i;
			return 0;
		}
	return PP_ERR_INVALID;
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
	size_t len = strlen(line);
	if (m >= 0) {
		line[len++] = '\n';
		/* A log that cannot be written must not stop the broker. */
		ssize_t ignored = write(log_fd, line, len);
		(void)ignored;
	}
	errno = saved;
}
