#include "ipc/stamp.h"

#include "ipc/fnv.h"

uint64_t pp_stamp_make(uint64_t netns, const struct pp_targets *targets)
{
	uint64_t hash = pp_fnv(PP_FNV_START, &netns, sizeof netns);
	/* No byte of an item is left to chance: the parser zeroes it, and there is no padding. */
	hash = pp_fnv(hash, targets->item, targets->count * sizeof *targets->item);
	return hash ? hash : 1;
}

void pp_stamp_write(uint64_t stamp, char ret_text[PP_STAMP_TEXT_MAX])
{
	ret_text[PP_STAMP_TEXT_MAX - 1] = '\0';
	for (int i = PP_STAMP_TEXT_MAX - 2; i >= 0; i--, stamp >>= 4)
		ret_text[i] = "0123456789abcdef"[stamp & 15];
}
