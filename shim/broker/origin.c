#include "broker/origin.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char origin[PATH_MAX]; /* "": we are still there */

void pp_origin_resolve(char *path, size_t size)
{
	char full[2 * PATH_MAX];
	if (!*origin || !*path || *path == '/')
		return;
	int n = snprintf(full, sizeof full, "%s/%s", origin, path);
	if (n >= 0 && (size_t)n < size)
		memcpy(path, full, (size_t)n + 1);
}

static void resolve_config(void)
{
	char file[PATH_MAX];
	const char *given = getenv("PODPOOL_CONFIG");
	if (!given || snprintf(file, sizeof file, "%s", given) >= (int)sizeof file)
		return;
	pp_origin_resolve(file, sizeof file);
	setenv("PODPOOL_CONFIG", file, 1);
}

void pp_origin_leave(char dir[PP_DIR_MAX])
{
	if (!getcwd(origin, sizeof origin))
		return;
	pp_origin_resolve(dir, PP_DIR_MAX);
	if (*dir != '/' || chdir(dir) < 0)
		origin[0] = '\0';
	resolve_config();
}
