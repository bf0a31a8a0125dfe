#include "cli/say.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clean.h"

/* One sentence: a path and a reason have room. */
static void say(const char *fmt, va_list args, const char *end)
{
	char text[PATH_MAX + 256];
	vsnprintf(text, sizeof text, fmt, args);
	fprintf(stderr, "podpool: %s%s", pp_clean(text, text, sizeof text), end);
}

int pp_say_failed(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	say(fmt, args, "\n");
	va_end(args);
	return PP_SAY_FAILED;
}

int pp_say_usage(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	say(fmt, args, " (see `podpool help`)\n");
	va_end(args);
	return PP_SAY_USAGE;
}

void pp_say_warning(const char *text)
{
	char shown[PATH_MAX];
	fprintf(stderr, "podpool: warning: %s\n", pp_clean(text, shown, sizeof shown));
}

int pp_say_end(int status)
{
	errno = EIO; /* an earlier write may have failed, for a reason that is forgotten */
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	return pp_say_failed("cannot write to stdout: %s", strerror(errno));
}
