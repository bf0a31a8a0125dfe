#include "cli/cmd.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/say.h"
#include "cli/settings.h"

#define LIBRARY "../lib/libpodpool.so" /* from bin/, built or installed */

/* What a shell answers for a command it cannot run. */
enum { STATUS_NOT_EXECUTABLE = 126, STATUS_NOT_FOUND = 127 };

/* Beside the program that runs now, so that a copied or relocated tree needs no setting. */
static int find_library(char ret_path[PATH_MAX])
{
	char self[PATH_MAX], path[PATH_MAX + sizeof LIBRARY];
	ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
	if (len < 0)
		return pp_say_failed("run: cannot read /proc/self/exe: %s", strerror(errno));
	self[len] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(path, sizeof path, "%s/%s", self, LIBRARY);
	if (!realpath(path, ret_path) || access(ret_path, R_OK) < 0)
		return pp_say_failed("run: cannot read %s: %s", path, strerror(errno));
	if (ret_path[strcspn(ret_path, ": ")] != '\0')
		return pp_say_failed("run: LD_PRELOAD cannot name %s: it has a space or a colon",
				     ret_path);
	return PP_SAY_OK;
}

static bool is_listed(const char *list, const char *path)
{
	size_t len = strlen(path);
	while (*list) {
		size_t item = strcspn(list, ": ");
		if (item == len && strncmp(list, path, len) == 0)
			return true;
		list += item;
		list += strspn(list, ": ");
	}
	return false;
}

/* Behind what is preloaded already: an allocator or a sanitizer insists on being first. */
static int preload(const char *path)
{
	const char *before = getenv("LD_PRELOAD");
	char *list = NULL;
	if (before && is_listed(before, path))
		return PP_SAY_OK;
	if (!before || !*before)
		return setenv("LD_PRELOAD", path, 1) < 0 ? pp_say_failed("out of memory")
							 : PP_SAY_OK;
	if (asprintf(&list, "%s:%s", before, path) < 0 || setenv("LD_PRELOAD", list, 1) < 0)
		return pp_say_failed("out of memory");
	free(list);
	return PP_SAY_OK;
}

static int read_options(int argc, char **argv, int *ret_command)
{
	struct pp_errctx err;
	const char *value;
	int i = 1, status;
	for (; i < argc && pp_args_is_option(argv[i]); i++) {
		if (pp_args_value(argv, &i, "--dir", &value)) {
			if ((status = pp_args_set_dir(value)) != PP_SAY_OK)
				return status;
		} else if (pp_args_value(argv, &i, "--set", &value)) {
			if (!value)
				return pp_say_usage("run: --set needs NAME=VALUE");
			if (pp_settings_put(value, &err) < 0)
				return pp_say_usage("run: --set: %s", err.text);
		} else {
			return pp_say_usage("run: '%s' is not an option", argv[i]);
		}
	}
	if (i < argc && strcmp(argv[i], "--") == 0)
		i++;
	if (i == argc)
		return pp_say_usage("run: which command?");
	*ret_command = i;
	return PP_SAY_OK;
}

int pp_cmd_run(int argc, char **argv)
{
	char library[PATH_MAX];
	struct pp_config config;
	struct pp_errctx err;
	int command = 0, status = read_options(argc, argv, &command);
	if (status != PP_SAY_OK)
		return status;
	if (pp_settings_fix_file(&err) < 0 || pp_settings_load(&config, &err) < 0)
		return pp_say_usage("%s", err.text);
	if ((status = find_library(library)) != PP_SAY_OK)
		return status;
	if ((status = preload(library)) != PP_SAY_OK)
		return status;
	execvp(argv[command], argv + command);
	int failure = errno;
	pp_say_failed("run: %s: %s", argv[command], strerror(failure));
	return failure == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}
