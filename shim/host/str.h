/* shim/host/str.h - the little text handling a guest without a libc needs. */
#ifndef PP_HOST_STR_H
#define PP_HOST_STR_H

#include <stdbool.h>
#include <stddef.h>

static inline size_t pp_str_len(const char *s)
{
	size_t len = 0;
	while (s[len])
		len++;
	return len;
}

static inline bool pp_str_is_equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

/* What follows `prefix` in s, or NULL. */
static inline const char *pp_str_after(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return NULL;
	return s;
}

/* false: it does not fit, and `to` holds what did. */
static inline bool pp_str_copy(char *to, size_t size, const char *from)
{
	size_t i = 0;
	for (; from[i] && i + 1 < size; i++)
		to[i] = from[i];
	to[i] = '\0';
	return from[i] == '\0';
}

#endif
