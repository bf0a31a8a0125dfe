/* shim/session/reading.h - does the way a text is read depend on settings?
 *
 * Parse analysis turns literals into values then and there, by DateStyle, IntervalStyle, TimeZone,
 * lc_monetary, array_nulls ...; how a literal or a name is cut depends on client_encoding,
 * standard_conforming_strings and backslash_quote; `x = NULL` on transform_null_equals. A prepared
 * statement keeps what its Parse made of that (docs 55.2.3), so it is prepared alike elsewhere only
 * under the same settings, unless its text gives them nothing to decide.
 */
#ifndef PP_SESSION_READING_H
#define PP_SESSION_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session/label.h"

/* True whenever in doubt. `text` ends at its NUL or after len bytes. */
bool pp_reading_matters(const uint8_t *text, size_t len);

/* What a name means is another question, and always matters: which schemas are searched, and who "$user" is. These
 * settings decide it; NULL at their end. */
extern const char *const pp_reading_names[];
/* And these how it is cut into words: what a plain '...' holds, where a letter ends. */
extern const char *const pp_reading_words[];
/* Of a label these. */
PP_MUSTCHECK int pp_reading_names_of(struct pp_label label, char bytes[PP_LABEL_MAX],
				     size_t *ret_len);

/* Of a label what matters to reading. */
PP_MUSTCHECK int pp_reading_of(struct pp_label label, char bytes[PP_LABEL_MAX], size_t *ret_len);
bool pp_reading_is_same(struct pp_label a, struct pp_label b);

#endif
