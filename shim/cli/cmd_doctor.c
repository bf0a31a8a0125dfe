#include "cli/cmd.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "cli/args.h"
#include "cli/doctor.h"
#include "cli/say.h"
#include "cli/settings.h"

/* Paths and settings may be somebody else's, and whoever reads this root. */
static void print(const char *word, const char *advice, const char *fmt, va_list args)
{
	char text[PATH_MAX + 256];
	vsnprintf(text, sizeof text, fmt, args);
	printf("%-5s %s\n", word, pp_clean(text, text, sizeof text));
	if (advice)
		printf("      -> %s\n", advice);
}

void pp_doctor_ok(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	print("ok", NULL, fmt, args);
	va_end(args);
}

void pp_doctor_note(const char *advice, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	print("note", advice, fmt, args);
	va_end(args);
}

void pp_doctor_bad(struct pp_doctor *d, const char *advice, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	print("BAD", advice, fmt, args);
	va_end(args);
	d->bad++;
}

static void look_at_settings(struct pp_doctor *d)
{
	struct pp_config config;
	struct pp_errctx err;
	if (pp_settings_load(&config, &err) < 0)
		pp_doctor_bad(d, "with a bad setting no broker starts, and nothing is pooled", "%s",
			      err.text);
	else if (!config.enabled)
		pp_doctor_bad(d, "take it out of the environment",
			      "PODPOOL=off: pooling is switched off");
	else
		pp_doctor_ok("pooled destinations: %s", config.targets);
}

static pid_t is_pid(const char *word)
{
	char *end;
	long pid = strtol(word, &end, 10);
	return *end == '\0' && pid > 0 && pid <= INT_MAX ? (pid_t)pid : 0;
}

static int read_options(int argc, char **argv, int *ret_subject)
{
	const char *dir;
	int i = 1;
	for (; i < argc && pp_args_is_option(argv[i]); i++) {
		if (!pp_args_value(argv, &i, "--dir", &dir))
			return pp_say_usage("doctor: '%s' is not an option", argv[i]);
		int status = pp_args_set_dir(dir);
		if (status != PP_SAY_OK)
			return status;
	}
	*ret_subject = i;
	return PP_SAY_OK;
}

int pp_cmd_doctor(int argc, char **argv)
{
	struct pp_doctor d = {.is_reachable = true};
	int i = argc, status = read_options(argc, argv, &i);
	if (status != PP_SAY_OK)
		return status;
	bool is_command = i < argc && strcmp(argv[i], "--") == 0;
	i += is_command;
	if (i == argc && is_command)
		return pp_say_usage("doctor: which command?");
	pid_t pid = i < argc && !is_command ? is_pid(argv[i]) : 0;
	if (pid)
		pp_doctor_process(&d, pid);
	else if (i < argc)
		pp_doctor_command(&d, argv[i]);
	if (!pid)
		pp_doctor_environment(&d);
	look_at_settings(&d);
	pp_doctor_place(&d);
	pp_doctor_broker(&d);
	return pp_say_end(d.bad ? PP_SAY_FAILED : PP_SAY_OK);
}
