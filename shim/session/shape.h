/* shim/session/shape.h - the few statements the broker answers itself, or knows by name, when a text is
 * nothing else: DEALLOCATE and DISCARD ALL, PREPARE and EXECUTE. Called by classify.c and steps.c. */
#ifndef PP_SESSION_SHAPE_H
#define PP_SESSION_SHAPE_H

#include "session/classify.h"

/* In the steps PP_STEP_DEALLOCATE, PP_STEP_DEALLOCATE_NAME, PP_STEP_DISCARD, PP_STEP_SHAPED. */
void pp_shape_name(struct pp_lexer *lx, bool quoted);

/* PREPARE or EXECUTE, and the name of the statement is in lx->word. */
void pp_shape_statement(struct pp_lexer *lx, enum pp_shape shape, bool quoted);

/* More in this text than such a statement. */
void pp_shape_spoil(struct pp_lexer *lx);

/* A statement ends that has at least one token. */
void pp_shape_end_statement(struct pp_lexer *lx);

/* The text ends; its pins are known. */
void pp_shape_finish(struct pp_lexer *lx);

#endif
