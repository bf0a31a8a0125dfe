/* shim/session/calls.h - names followed by `(`: functions that leave something in the session. */
#ifndef PP_SESSION_CALLS_H
#define PP_SESSION_CALLS_H

#include "session/classify.h"

/* A parenthesis follows the name in lx->word; lx->depth already counts it. */
void pp_calls_open(struct pp_lexer *lx);

/* Each token inside set_config( ... ), which may turn out to be the transaction's own. */
void pp_calls_token(struct pp_lexer *lx, enum pp_token token, char punct);

/* The statement ends inside set_config( */
void pp_calls_end(struct pp_lexer *lx);

struct pp_calls_row {
	const char *name, *shown;
	uint32_t found; /* pins and enum pp_touch flags; 0: it is set_config */
};

/* The row of such a function; NULL: none. */
const struct pp_calls_row *pp_calls_find(const char *word, size_t len);

/* Any identifier or keyword at all: is it a view that matters, or watched? */
#define PP_CALLS_STATEMENTS "pg_prepared_statements"
void pp_calls_any_name(struct pp_lexer *lx, const char *name, size_t len);

/* Does the identifier name this? Both are lower case. */
bool pp_calls_is_name(const char *word, size_t len, const char *name);

#endif
