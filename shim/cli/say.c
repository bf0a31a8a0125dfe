#include "cli/say.h"

#include <stdarg.h>
#include <stdio.h>

static void say(const char *fmt, va_list args, const char *end)
{
	fputs("podpool: ", stderr);
	vfprintf(stderr, fmt, args);
	fputs(end, stderr);
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
	fprintf(stderr, "podpool: warning: %s\n", text);
}
