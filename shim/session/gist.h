/* shim/session/gist.h - the first words of a statement, for people who look for the one that leaks: never a literal. */
#ifndef PP_SESSION_GIST_H
#define PP_SESSION_GIST_H

#include <stddef.h>
#include <stdint.h>

#define PP_GIST_MAX 48

/* The beginning of a text as it came, from its first word on: every text is kept, few are ever looked at. */
struct pp_gist {
	uint8_t len;
	uint8_t text[PP_GIST_MAX - 1];
};

/* `text` is the beginning of a statement, cut anywhere. */
void pp_gist_keep(struct pp_gist *gist, const uint8_t *text, size_t len);

/* Words as they are written, blanks between; comments are skipped; ends before the first quote, number, parameter, `=`
 * or TO (SET x TO secret needs no quotes), and before a word that was cut. Returns ret_gist. */
const char *pp_gist_show(const struct pp_gist *gist, char ret_gist[PP_GIST_MAX]);

#endif
