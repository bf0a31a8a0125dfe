/* The first byte chooses the parser, the rest is its file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_path(const char *path)
{
	if (strlen(path) >= PP_PARSE_PATH)
		abort();
}

static void places(char *text)
{
	static struct pp_parse_mount mount;
	char dir[PP_PARSE_PATH], path[PP_PARSE_PATH];
	char *second = strchr(text, '\n');
	if (!pp_parse_mount(text, &mount) || !second)
		return;
	check_path(mount.root);
	check_path(mount.point);
	if (!pp_parse_cgroup_path(second + 1, "", path))
		return;
	check_path(path);
	if (pp_parse_dir(&mount, path, dir))
		check_path(dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	int64_t value = -1;
	uint64_t total;
	char path[PP_PARSE_PATH];
	if (len == 0)
		return 0;
	char *text = malloc(len); /* exact size: a read behind the NUL is seen */
	if (!text)
		return 0;
	memcpy(text, bytes + 1, len - 1);
	text[len - 1] = '\0';
	switch (bytes[0] % 8) {
	case 0: (void)pp_parse_number(text, &value); break;
	case 1: (void)pp_parse_field(text, "total_inactive_file", &value); break;
	case 2: (void)pp_parse_field(text, "oom_kill", &value); break;
	case 3: (void)pp_parse_meminfo(text, "MemTotal", &value); break;
	case 4: (void)pp_parse_pressure(text, &total); break;
	case 5:
		if (pp_parse_cgroup_path(text, "memory", path))
			check_path(path);
		break;
	default: places(text);
	}
	if (value < -1)
		abort();
	free(text);
	return 0;
}
