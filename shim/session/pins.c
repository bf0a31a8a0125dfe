#include "session/pins.h"

#include <string.h>

static const struct {
	const char *word;
	bool may_scrub;
} rows[] = {
#define X(name, word, scrub) [PP_PIN_BIT_##name] = {word, scrub},
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

bool pp_pins_may_scrub(uint32_t pins)
{
	for (unsigned bit = 0; bit < PP_PIN_BIT__COUNT; bit++)
		if ((pins & (UINT32_C(1) << bit)) && !rows[bit].may_scrub)
			return false;
	return true;
}
