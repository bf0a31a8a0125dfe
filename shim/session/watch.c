#include "session/watch.h"

#define NAME_MAX_LEN 63 /* NAMEDATALEN - 1 */

/* Cheap rather than good: it is computed for every word of every statement. */
static uint64_t bit_of(const char *name, size_t len)
{
	if (len > NAME_MAX_LEN)
		len = NAME_MAX_LEN;
	uint32_t mix = (uint32_t)len;
	if (len > 0)
		mix += (uint32_t)(unsigned char)name[0] << 8 |
		       (uint32_t)(unsigned char)name[len / 2] << 16 |
		       (uint32_t)(unsigned char)name[len - 1] << 24;
	return UINT64_C(1) << (mix * UINT32_C(2654435769) >> 26);
}

void pp_watch_add(struct pp_watch *watch, const char *name, size_t len)
{
	watch->filter |= bit_of(name, len);
}

bool pp_watch_may_know(const struct pp_watch *watch, const char *name, size_t len)
{
	return (watch->filter & bit_of(name, len)) != 0;
}
