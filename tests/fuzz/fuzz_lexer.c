/* tests/fuzz/fuzz_lexer.c - the lexer gives one answer, however the text is cut. First byte: bit 0
 * standard_conforming_strings, the rest where to cut. */
#include "session/lexer.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void check_answer(struct pp_lexer *lx, uint32_t found)
{
	uint32_t pins = found & PP_PINS_ALL;
	const char *cause = pp_lexer_cause(lx);
	char text[32];
	require((pins == 0) == (*cause == '\0'));
	require(strlen(cause) < PP_LEXER_CAUSE_MAX);
	require((found & ~PP_PINS_ALL) < PP_TOUCH_DEFAULTS << 1);
	pp_pins_text(pins, text, sizeof text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pp_lexer whole, cut;
	if (size == 0)
		return 0;
	bool conforming = data[0] & 1;
	size_t step = data[0] >> 1;
	const uint8_t *text = data + 1;
	size--;

	pp_lexer_init(&whole, conforming);
	pp_lexer_feed(&whole, text, size);
	uint32_t pins = pp_lexer_finish(&whole);
	check_answer(&whole, pins);

	/* Pieces of step+1, or two pieces around one point. */
	pp_lexer_init(&cut, conforming);
	for (size_t at = 0; at < size;) {
		size_t len = step < 64 ? step + 1 : at == 0 ? step - 63 : size - at;
		if (len > size - at)
			len = size - at;
		pp_lexer_feed(&cut, text + at, len);
		at += len;
	}
	require(pp_lexer_finish(&cut) == pins);
	require(strcmp(pp_lexer_cause(&cut), pp_lexer_cause(&whole)) == 0);

	/* Another statement behind never takes a pin away. */
	pp_lexer_init(&cut, conforming);
	pp_lexer_feed(&cut, text, size);
	pp_lexer_feed(&cut, (const uint8_t *)"\n;LISTEN a", 10);
	require((pp_lexer_finish(&cut) & pins) == pins);
	return 0;
}
