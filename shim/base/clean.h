/* shim/base/clean.h - names and words of programs and servers, on their way to a terminal or a line of a log. */
#ifndef PP_BASE_CLEAN_H
#define PP_BASE_CLEAN_H

#include <stddef.h>

#define PP_CLEAN_NAME 64 /* room for a name of PostgreSQL's: NAMEDATALEN */

/* Copies text, cut between characters to fit into `size` (at least 1), and returns ret_text. Each byte that a terminal
 * would obey, that would end a line or reorder it, or that is no UTF-8 becomes a '?'. The text itself may be ret_text. */
const char *pp_clean(const char *text, char *ret_text, size_t size);

#endif
