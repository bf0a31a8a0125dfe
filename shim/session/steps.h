/* shim/session/steps.h - the later words of a statement that matter: INTO TEMP, WITH HOLD, what SET
 * sets. Called by classify.c once the first word has said which path to follow. */
#ifndef PP_SESSION_STEPS_H
#define PP_SESSION_STEPS_H

#include "session/classify.h"

/* A name in any step but SKIM, FIRST and EXPLAIN. Only unquoted ones may be keywords. */
void pp_steps_name(struct pp_lexer *lx, bool quoted);

/* The schema of what is temporary; pg_temp_3 is the same thing in its own session. */
#define PP_STEPS_TEMP_SCHEMA "pg_temp"
bool pp_steps_is_temp_schema(const struct pp_lexer *lx);

/* Anything else, in the steps behind PP_STEP_FIRST; `punct` for PP_TOKEN_PUNCT. */
void pp_steps_other(struct pp_lexer *lx, enum pp_token token, char punct);

#endif
