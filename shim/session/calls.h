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

/* Does the identifier in lx->word name this? `name` is lower case. */
bool pp_calls_is_name(const struct pp_lexer *lx, const char *name);

#endif
