#include "session/nameset.h"

#include <string.h>

void pp_nameset_init(struct pp_nameset *names)
{
	names->len = 0;
	names->all = names->lost = false;
}

const char *pp_nameset_next(const struct pp_nameset *names, const char *previous)
{
	const char *next = previous ? previous + strlen(previous) + 1 : names->bytes;
	return next < names->bytes + names->len ? next : NULL;
}

bool pp_nameset_has(const struct pp_nameset *names, const char *name)
{
	for (const char *it = NULL; (it = pp_nameset_next(names, it));)
		if (strcmp(it, name) == 0)
			return true;
	return false;
}

void pp_nameset_add(struct pp_nameset *names, const char *name)
{
	size_t size = strlen(name) + 1;
	if (pp_nameset_has(names, name))
		return;
	if (size > sizeof names->bytes - names->len) {
		names->all = true;
		names->lost |= strchr(name, '.') != NULL;
		return;
	}
	memcpy(names->bytes + names->len, name, size);
	names->len = (uint16_t)(names->len + size);
}

void pp_nameset_add_guess(struct pp_nameset *names, const char *name)
{
	if (names->len + strlen(name) < sizeof names->bytes / 2)
		pp_nameset_add(names, name);
}

void pp_nameset_add_all(struct pp_nameset *names, const struct pp_nameset *more)
{
	names->all |= more->all;
	names->lost |= more->lost;
	for (const char *it = NULL; (it = pp_nameset_next(more, it));)
		pp_nameset_add(names, it);
}

bool pp_nameset_is_empty(const struct pp_nameset *names)
{
	return names->len == 0 && !names->all;
}
