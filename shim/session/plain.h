/* shim/session/plain.h - texts that are known to do nothing to a session, remembered but for their numbers.
 *
 * Programs say the same few texts again and again, with other numbers in them. The lexer reads no number's digits, so
 * whoever has read one of them has read all. A text is remembered by its image: each whole number outside of quotes is
 * `0`, everything else is as it was. No image: texts with a comment, `$`, or a backslash (in them it is not this easy to
 * say where quotes end), long ones, and those with many numbers.
 *
 * Whether a text is known is asked of the images, which know where their numbers are: what is between them is compared as
 * it is, and only a new text is drawn. Pure; a few texts only, the last comer replaces who is in its way.
 */
#ifndef PP_SESSION_PLAIN_H
#define PP_SESSION_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PP_PLAIN_MAX	 400 /* bytes of an image */
#define PP_PLAIN_NUMBERS 32  /* in an image */
#define PP_PLAIN_TEXTS	 16

struct pp_plain_image {
	uint16_t len, numbers;
	uint16_t number_at[PP_PLAIN_NUMBERS];
	uint8_t text[PP_PLAIN_MAX];
};

/* Zeroes: empty. */
struct pp_plain {
	uint32_t generation; /* of whatever else the lexer's answers depend on */
	uint32_t last;	     /* found or learned: the next text is often the same */
	struct pp_plain_image known[PP_PLAIN_TEXTS];
};

/* False: the text has no image. `text` is a whole one; the lexer's answer to it (all but pp_lexer_cause, given
 * standard_conforming_strings) is the one to its image. */
bool pp_plain_draw(struct pp_plain_image *ret_image, const uint8_t *text, size_t len);

/* Was a text of the same image learned in this generation? */
bool pp_plain_knows(struct pp_plain *plain, uint32_t generation, const uint8_t *text, size_t len);
/* In a new generation all older ones are forgotten. */
void pp_plain_learn(struct pp_plain *plain, uint32_t generation,
		    const struct pp_plain_image *image);

#endif
