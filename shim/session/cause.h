/* shim/session/cause.h - sets pins and remembers, for people, the statement that called for the
 * first one. */
#ifndef PP_SESSION_CAUSE_H
#define PP_SESSION_CAUSE_H

#include "session/lexer.h"

#define PP_CAUSE_WORDS 3 /* shown of a statement; more would be the program's own names */

/* Adds lx->word to the words of this statement, while there are few. */
void pp_cause_add_word(struct pp_lexer *lx);

/* `found`: pins and enum pp_touch flags. `detail`: what to show after the statement's first word;
 * NULL: its first words as they come. */
void pp_cause_pin(struct pp_lexer *lx, uint32_t found, const char *detail);

/* The text cannot be followed: OPAQUE, and nothing more is read. */
void pp_cause_give_up(struct pp_lexer *lx, const char *why);

/* A statement ends: keep its words if they are the cause, else forget them. */
void pp_cause_end_statement(struct pp_lexer *lx);

/* Upper case, and nothing but ASCII: it goes into log lines and JSON, cut anywhere. */
void pp_cause_finish(struct pp_lexer *lx);

#endif
