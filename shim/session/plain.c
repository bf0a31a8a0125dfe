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

/* False: too many of them. */
static bool put_number(struct pp_plain_image *image, uint8_t *to)
{
	if (image->numbers == PP_PLAIN_NUMBERS)
		return false;
	image->number_at[image->numbers++] = (uint16_t)(to - image->text);
	*to = '0';
	return true;
}

bool pp_plain_draw(struct pp_plain_image *ret_image, const uint8_t *text, size_t len)
{
	const uint8_t *at = text, *end = text + len;
	uint8_t *to = ret_image->text;
	ret_image->numbers = 0;
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
				if (!put_number(ret_image, to++))
					return false;
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
	return true;
}

/* Would the text's image be this one? Beside a number stands what is no part of one (or nothing): so digits end where they
 * would have ended, and all else is the same. */
static bool shows(const struct pp_plain_image *image, const uint8_t *text, size_t len)
{
	const uint8_t *end = text + len, *same = image->text;
	for (uint32_t i = 0; i < image->numbers; i++) {
		size_t n = (size_t)(image->text + image->number_at[i] - same);
		if ((size_t)(end - text) <= n || memcmp(text, same, n) != 0 ||
		    kinds[text[n]] != DIGIT)
			return false;
		text += n + digits(text + n, end);
		same += n + 1;
	}
	size_t rest = (size_t)(image->text + image->len - same);
	return (size_t)(end - text) == rest && memcmp(text, same, rest) == 0;
}

bool pp_plain_knows(struct pp_plain *plain, uint32_t generation, const uint8_t *text, size_t len)
{
	if (plain->generation != generation || len == 0 || len > PP_PLAIN_MAX)
		return false; /* an empty place looks like the empty text */
	for (uint32_t i = 0; i < PP_PLAIN_TEXTS; i++) {
		uint32_t at = (plain->last + i) % PP_PLAIN_TEXTS;
		if (!shows(&plain->known[at], text, len))
			continue;
		plain->last = at;
		return true;
	}
	return false;
}

static uint32_t hash_of(const uint8_t *text, size_t len)
{
	uint64_t hash = len;
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

void pp_plain_learn(struct pp_plain *plain, uint32_t generation, const struct pp_plain_image *image)
{
	if (plain->generation != generation)
		memset(plain, 0, sizeof *plain);
	plain->generation = generation;
	plain->last = (hash_of(image->text, image->len) >> 16) % PP_PLAIN_TEXTS;
	struct pp_plain_image *known = &plain->known[plain->last];
	known->len = image->len;
	known->numbers = image->numbers;
	memcpy(known->number_at, image->number_at, image->numbers * sizeof *image->number_at);
	memcpy(known->text, image->text, image->len);
}
