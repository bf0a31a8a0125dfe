/* Walks the bytes as a stream in both directions. */
#include "wire/framer.h"

#include "../support/pp_fuzz.h"

typedef enum pp_frame (*look_fn)(const uint8_t *, size_t, struct pp_frame_head *);

/* What a shorter view may say: not yet, or the truth. */
static void check_prefixes(look_fn look, const uint8_t *at, size_t len, enum pp_frame whole,
			   const struct pp_frame_head *head)
{
	for (size_t n = 0; n < len && n <= PP_MSG_HEADER; n++) {
		struct pp_frame_head h = {0};
		enum pp_frame f = look(at, n, &h);
		pp_fuzz_check(n >= PP_MSG_HEADER || f == PP_FRAME_MORE || f == PP_FRAME_BROKEN);
		pp_fuzz_check(f != PP_FRAME_BROKEN || whole == PP_FRAME_BROKEN);
		if (f == PP_FRAME_WHOLE || f == PP_FRAME_PART)
			pp_fuzz_check(h.type == head->type && h.total == head->total);
	}
}

static void walk(look_fn look, const uint8_t *at, size_t len)
{
	for (;;) {
		struct pp_frame_head head = {0};
		enum pp_frame f = look(at, len, &head);
		check_prefixes(look, at, len, f, &head);
		if (f == PP_FRAME_MORE)
			pp_fuzz_check(len < PP_MSG_HEADER);
		if (f == PP_FRAME_MORE || f == PP_FRAME_BROKEN)
			return;
		pp_fuzz_check(head.type == at[0]);
		pp_fuzz_check(head.total >= PP_MSG_HEADER && head.total <= PP_MSG_LENGTH_MAX + 1);
		pp_fuzz_check((f == PP_FRAME_WHOLE) == (head.total <= len));
		if (f == PP_FRAME_PART)
			return;
		at += head.total;
		len -= head.total;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	walk(pp_framer_front, data, size);
	walk(pp_framer_back, data, size);
	return 0;
}
