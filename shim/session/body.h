/* shim/session/body.h - strings that run as SQL: the body of DO, the argument of query_to_xml, and
 * the bodies of functions (pp_lexer_feed_body).
 *
 * What those of DO do is asked of the server afterwards in any case (the pin DYNAMIC). Searched for
 * here is what the server cannot tell: functions such as setseed and currval, LOAD, watched names,
 * and custom settings; and, so that not every function is suspected, words without which nothing
 * changes that the server could be asked for. It is a search for words, not a parse: quotes and comments hide nothing, so that what
 * stands in the string of an EXECUTE or in another dollar quote is found as well.
 *
 * A custom setting is a dotted name behind SET or RESET, as first argument of set_config, or that
 * fills a string: 'app.tenant'. Where a name is put together at run time: OPAQUE; so
 * are the ways to spell what cannot be read here, U&" and the backslashes of E'...'.
 */
#ifndef PP_SESSION_BODY_H
#define PP_SESSION_BODY_H

#include "session/lexer.h"

/* Before the first byte of a string. */
void pp_body_begin(struct pp_lexer *lx);
void pp_body_feed(struct pp_lexer *lx, const uint8_t *bytes, size_t len);
/* The string ends; another may begin. */
void pp_body_end(struct pp_lexer *lx);

#endif
