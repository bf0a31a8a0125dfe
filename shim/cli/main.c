#include <stdio.h>
#include <string.h>

#include "broker/main.h"
#include "cli/cmd.h"
#include "cli/say.h"

static const struct row {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *arguments, *help;
} rows[] = {
	{"run", pp_cmd_run, "[--dir DIR] [--set NAME=VALUE ...] [--] COMMAND [ARGUMENT ...]",
	 "run a program with its PostgreSQL connections pooled"},
	{"status", pp_cmd_status, "[--json] [--dir DIR]",
	 "show pools, clients and why some of them are pinned"},
	{"drain", pp_cmd_drain, "[--wait[=SECONDS]] [--dir DIR]",
	 "say that the pod will end (preStop); wait until nothing is open on the server"},
	{"reload", pp_cmd_reload, "[--dir DIR]",
	 "have the file that PODPOOL_CONFIG names read again"},
	{"doctor", pp_cmd_doctor, "[PID | [--dir DIR] [[--] COMMAND]]",
	 "say whether a program is pooled, and if not why and what to do"},
	{"config", pp_cmd_config, "[--dir DIR]",
	 "show the settings in effect here, as an env file (values as they are, without quotes)"},
	{"broker", pp_broker_main, "--dir DIR",
	 "the pool itself; the first pooled connection starts it"},
};

static void help(FILE *out)
{
	fputs("podpool moves a program's PostgreSQL connections into one pool per pod.\n\n", out);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		fprintf(out, "  podpool %s %s\n          %s\n", rows[i].name, rows[i].arguments,
			rows[i].help);
	fputs("  podpool help | --version\n\n"
	      "Without this command: LD_PRELOAD=/path/to/libpodpool.so in the environment.\n",
	      out);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		help(stderr);
		return PP_SAY_USAGE;
	}
	const char *name = argv[1];
	if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		help(stdout);
		return pp_say_end(PP_SAY_OK);
	}
	if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0) {
		puts("podpool " PP_VERSION);
		return pp_say_end(PP_SAY_OK);
	}
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(name, rows[i].name) == 0)
			return rows[i].run(argc - 1, argv + 1);
	return pp_say_usage("'%s' is not a subcommand", name);
}
