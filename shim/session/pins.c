#include "session/pins.h"

#include <string.h>

static const struct {
	const char *word;
	enum pp_pin_end end;
} rows[] = {
#define X(name, word, end) [PP_PIN_BIT_##name] = {word, PP_PIN_END_##end},
	PP_PINS(X)
#undef X
};

const char *pp_pins_word(enum pp_pin_bit bit)
{
	return (unsigned)bit < PP_PIN_BIT__COUNT ? rows[bit].word : "unknown";
}

void pp_pins_text(uint32_t pins, char *text, size_t size)
{
	size_t len = 0;
	if (size == 0)
		return;
	for (unsigned bit = 0; bit < PP_PIN_BIT__COUNT; bit++) {
		if (!(pins & (UINT32_C(1) << bit)))
			continue;
		const char *word = rows[bit].word;
		if (len > 0 && len < size - 1)
			text[len++] = ',';
		size_t part = strlen(word);
		if (part > size - 1 - len)
			part = size - 1 - len;
		memcpy(text + len, word, part);
		len += part;
	}
	text[len] = '\0';
}

uint32_t pp_pins_that_end(uint32_t pins, enum pp_pin_end end)
{
	uint32_t found = 0;
	if (!pins) /* nearly always */
		return 0;
	for (unsigned bit = 0; bit < PP_PIN_BIT__COUNT; bit++)
		if (rows[bit].end == end)
			found |= pins & (UINT32_C(1) << bit);
	return found;
}

uint32_t pp_pins_to_probe(uint32_t pins)
{
	if (pp_pins_that_end(pins, PP_PIN_END_DYNAMIC))
		pins = PP_PINS_ALL;
	return pp_pins_that_end(pins, PP_PIN_END_PROBED) |
	       pp_pins_that_end(pins, PP_PIN_END_CAPTURED);
}

uint32_t pp_pins_lasting(uint32_t pins)
{
	return pp_pins_that_end(pins, PP_PIN_END_CLIENT) | pp_pins_that_end(pins, PP_PIN_END_CLOSE);
}

bool pp_pins_may_scrub(uint32_t pins)
{
	return !pp_pins_that_end(pins, PP_PIN_END_DYNAMIC) &&
	       !pp_pins_that_end(pins, PP_PIN_END_CLOSE);
}
