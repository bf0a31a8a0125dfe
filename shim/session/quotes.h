/* shim/session/quotes.h - the parts of SQL text that hide other text: strings, quoted identifiers,
 * dollar bodies and comments. Called by lexer.c only. */
#ifndef PP_SESSION_QUOTES_H
#define PP_SESSION_QUOTES_H

#include "session/lexer.h"

enum pp_quote {
	PP_QUOTE_PLAIN,	 /* '..', N'..' */
	PP_QUOTE_ESCAPE, /* E'..' */
	PP_QUOTE_BITS,	 /* B'..', X'..': no doubled quote, no backslash */
	PP_QUOTE_UNICODE /* U&'..': its backslashes hide no quote */
};

/* The opening quote has been consumed. */
void pp_quotes_begin_string(struct pp_lexer *lx, enum pp_quote quote);
void pp_quotes_begin_quoted(struct pp_lexer *lx);

/* Reads on in one of the states STRING .. COMMENT_SLASH or BODY, BODY_END; p < end. Returns how far
 * it got: at least one byte, or another state. */
const uint8_t *pp_quotes_read(struct pp_lexer *lx, const uint8_t *p, const uint8_t *end);

/* May the text end here? */
bool pp_quotes_is_closed(const struct pp_lexer *lx);

#endif
