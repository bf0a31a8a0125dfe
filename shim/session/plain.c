#include "session/plain.h"

#include <string.h>

enum {
	BREAK, /* punctuation and space */
	OTHER, /* letters and all else that may belong to a word or to a number */
	TWICE, /* two of these, or one and a star, begin a comment */
	DIGIT,
	QUOTE,
	NEVER
};

static const uint8_t kinds[256] = {
	['a' ... 'z'] = OTHER, ['A' ... 'Z'] = OTHER, [0x80 ... 0xFF] = OTHER, ['_'] = OTHER,
	['.'] = OTHER,	       ['&'] = OTHER,	      ['0' ... '9'] = DIGIT,   ['\''] = QUOTE,
	['"'] = QUOTE,	       ['-'] = TWICE,	      ['/'] = TWICE,	       ['$'] = NEVER,
	['\\'] = NEVER,	       [0] = NEVER,
};

static bool is_beside_numbers(uint8_t c)
{
	return kinds[c] == BREAK || kinds[c] == TWICE;
}

/* These return how much of the text they have copied; 0: no image. */

/* Doubled quotes within are two strings here, which comes to the same. */
static size_t quoted(uint8_t *to, const uint8_t *at, size_t len)
{
	size_t n = 1;
	for (; n < len && at[n] != at[0]; n++)
		if (at[n] == '\\' || at[n] == 0)
			return 0;
	if (n == len)
		return 0;
	memcpy(to, at, n + 1);
	return n + 1;
}

static size_t dash_or_slash(uint8_t *to, const uint8_t *at, size_t len)
{
	if (len > 1 && at[1] == (at[0] == '-' ? '-' : '*'))
		return 0;
	to[0] = at[0];
	return 1;
}

static size_t digits(const uint8_t *at, const uint8_t *end)
{
	size_t n = 1;
	while (at + n < end && kinds[at[n]] == DIGIT)
		n++;
	return n;
}

static uint32_t hash_of(const uint8_t *text, size_t len)
{
	uint64_t hash = len + 1; /* an empty place knows nothing, not even the empty text */
	for (uint64_t word; len > 0; text += sizeof word) {
		size_t n = len < sizeof word ? len : sizeof word;
		word = 0;
		memcpy(&word, text, n);
		hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
		hash ^= hash >> 32;
		len -= n;
	}
	return (uint32_t)hash;
}

bool pp_plain_draw(struct pp_plain_image *ret_image, const uint8_t *text, size_t len)
{
	const uint8_t *at = text, *end = text + len;
	uint8_t *to = ret_image->text;
	if (len > PP_PLAIN_MAX)
		return false;
	for (size_t n; at < end; at += n) {
		while (at < end && kinds[*at] <= OTHER)
			*to++ = *at++;
		if (at == end)
			break;
		if (kinds[*at] == DIGIT) {
			n = digits(at, end);
			if ((at == text || is_beside_numbers(at[-1])) &&
			    (at + n == end || is_beside_numbers(at[n]))) {
				*to++ = '0';
				continue;
			}
			memcpy(to, at, n);
		} else if (kinds[*at] == QUOTE) {
			n = quoted(to, at, (size_t)(end - at));
		} else {
			n = kinds[*at] == TWICE ? dash_or_slash(to, at, (size_t)(end - at)) : 0;
		}
		if (n == 0)
			return false;
		to += n;
	}
	ret_image->len = (uint16_t)(to - ret_image->text);
	ret_image->hash = hash_of(ret_image->text, ret_image->len);
	return true;
}

static size_t place(const struct pp_plain_image *image)
{
	return (image->hash >> 16) % PP_PLAIN_TEXTS;
}

bool pp_plain_knows(const struct pp_plain *plain, uint32_t generation,
		    const struct pp_plain_image *image)
{
	const struct pp_plain_image *known = &plain->known[place(image)];
	return plain->generation == generation && known->hash == image->hash &&
	       known->len == image->len && memcmp(known->text, image->text, image->len) == 0;
}

void pp_plain_learn(struct pp_plain *plain, uint32_t generation, const struct pp_plain_image *image)
{
	struct pp_plain_image *known = &plain->known[place(image)];
	if (plain->generation != generation)
		memset(plain, 0, sizeof *plain);
	plain->generation = generation;
	known->hash = image->hash;
	known->len = image->len;
	memcpy(known->text, image->text, image->len);
}
