#include "session/names.h"

#include <string.h>

void pp_names_init(struct pp_names *names)
{
	names->len = 0;
	names->all = names->lost = false;
}

const char *pp_names_next(const struct pp_names *names, const char *previous)
{
	const char *next = previous ? previous + strlen(previous) + 1 : names->bytes;
	return next < names->bytes + names->len ? next : NULL;
}

static bool has(const struct pp_names *names, const char *name)
{
	for (const char *it = NULL; (it = pp_names_next(names, it));)
		if (strcmp(it, name) == 0)
			return true;
	return false;
}

void pp_names_add(struct pp_names *names, const char *name)
{
	size_t size = strlen(name) + 1;
	if (has(names, name))
		return;
	if (size > sizeof names->bytes - names->len) {
		names->all = true;
		names->lost |= strchr(name, '.') != NULL;
		return;
	}
	memcpy(names->bytes + names->len, name, size);
	names->len = (uint16_t)(names->len + size);
}

void pp_names_add_all(struct pp_names *names, const struct pp_names *more)
{
	names->all |= more->all;
	names->lost |= more->lost;
	for (const char *it = NULL; (it = pp_names_next(more, it));)
		pp_names_add(names, it);
}

bool pp_names_is_empty(const struct pp_names *names)
{
	return names->len == 0 && !names->all;
}
