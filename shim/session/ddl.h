/* shim/session/ddl.h - the later words of CREATE, ALTER, DROP, GRANT and REVOKE that matter: what is made is temporary, or
 * leads names to functions; who may begin a session, or what it starts with, changes. Called by steps.c. */
#ifndef PP_SESSION_DDL_H
#define PP_SESSION_DDL_H

#include "session/classify.h"

/* A name in one of the steps CREATE, DDL..., DROP, ALTER..., GRANT... */
void pp_ddl_name(struct pp_lexer *lx, bool quoted);

/* Anything else, behind AS or LANGUAGE. */
void pp_ddl_other(struct pp_lexer *lx, enum pp_token token);

/* Does CREATE of this lead names to functions? The tables it creates are another matter. */
bool pp_ddl_is_code(const char *word, size_t len);

#endif
