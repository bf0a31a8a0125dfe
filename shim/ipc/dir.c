#include "ipc/dir.h"

#include <sys/stat.h>

struct path {
	char *text; /* borrowed: PP_DIR_MAX bytes */
	size_t len;
	bool is_cut;
};

static void append(struct path *path, const char *text)
{
	for (; *text; text++) {
		if (path->len + 1 >= PP_DIR_MAX) {
			path->is_cut = true;
			return;
		}
		path->text[path->len++] = *text;
	}
}

static void append_number(struct path *path, uint32_t number)
{
	char digits[11];
	char *p = digits + sizeof digits - 1;
	*p = '\0';
	do {
		*--p = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	append(path, p);
}

static bool is_set(const char *text)
{
	return text && *text;
}

int pp_dir_candidate(unsigned index, const char *dir_env, const char *xdg_runtime_dir, uint32_t uid,
		     char ret_path[PP_DIR_MAX])
{
	char text[PP_DIR_MAX];
	struct path path = {text, 0, false};
	if (is_set(dir_env)) {
		if (index > 1)
			return PP_ERR_ABSENT;
		append(&path, dir_env);
		if (index == 1) {
			append(&path, "/podpool-");
			append_number(&path, uid);
		}
	} else {
		if (!is_set(xdg_runtime_dir))
			index++;
		switch (index) {
		case 0:
			append(&path, xdg_runtime_dir);
			append(&path, "/podpool");
			break;
		case 1:
			append(&path, "/dev/shm/podpool-");
			append_number(&path, uid);
			break;
		case 2:
			append(&path, "/tmp/podpool-");
			append_number(&path, uid);
			break;
		default: return PP_ERR_ABSENT;
		}
	}
	if (path.is_cut)
		return PP_ERR_RANGE;
	for (size_t i = 0; i < path.len; i++)
		ret_path[i] = text[i];
	ret_path[path.len] = '\0';
	return 0;
}

bool pp_dir_is_usable(uint32_t mode, uint32_t owner, uint32_t uid)
{
	return S_ISDIR(mode) && owner == uid && (mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool pp_dir_may_hold(uint32_t mode, uint32_t owner, uint32_t uid)
{
	return S_ISDIR(mode) && (owner == 0 || owner == uid);
}

void pp_dir_join(const char *dir, const char *name, char ret_path[108])
{
	size_t len = 0;
	while (*dir && len < 106)
		ret_path[len++] = *dir++;
	ret_path[len++] = '/';
	while (*name && len < 107)
		ret_path[len++] = *name++;
	ret_path[len] = '\0';
}
