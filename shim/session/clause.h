/* shim/session/clause.h - does a name stand in a condition? As far as one call must know (calls.c): pg_backend_pid().
 *
 * In WHERE, and in ON behind FROM, with all in parentheses there, it is compared, and none of the answer shows it for
 * sure; anywhere else the answer or a table may. What ends a condition too early, or is none by this reading, costs a
 * pin too many: so does every word that may begin another clause, a comma where the condition began, and all that is
 * nested deeper than can be told.
 */
#ifndef PP_SESSION_CLAUSE_H
#define PP_SESSION_CLAUSE_H

#include "session/classify.h"

/* A statement begins. */
void pp_clause_start(struct pp_lexer *lx);

/* An unquoted word, before it becomes the last token. */
void pp_clause_word(struct pp_lexer *lx);

/* Behind a comma or a closing parenthesis; lx->depth already counts it. */
void pp_clause_punct(struct pp_lexer *lx, char c);

bool pp_clause_is_condition(const struct pp_lexer *lx);

#endif
