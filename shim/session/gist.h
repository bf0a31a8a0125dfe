/* shim/session/gist.h - the first words of a statement, for people who look for the one that leaks: never a literal. */
#ifndef PP_SESSION_GIST_H
#define PP_SESSION_GIST_H

#include <stddef.h>
#include <stdint.h>

#define PP_GIST_MAX 48

/* `text` is the beginning of a statement, cut anywhere. Words as they are written, blanks between; comments are
 * skipped; ends before the first quote, number, parameter, `=` or TO (SET x TO secret needs no quotes). */
void pp_gist_take(const uint8_t *text, size_t len, char ret_gist[PP_GIST_MAX]);

#endif
