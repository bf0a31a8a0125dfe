/* shim/session/label_sql.h - from one label to another, as SQL. Pure. */
#ifndef PP_SESSION_LABEL_SQL_H
#define PP_SESSION_LABEL_SQL_H

#include "session/label.h"

/* The statements that turn a session with `from` into one with `to`, which must cover it. Identity
 * comes first where it goes back to the login's, last where it changes: some settings need the rights
 * of the one, some the other. PP_ERR_FULL. */
PP_MUSTCHECK int pp_label_sql(struct pp_label from, struct pp_label to, char *text, size_t size);

/* Can these statements fail where they have succeeded before? Roles are dropped and lose rights, tablespaces vanish, a
 * library that is loaded refuses what its placeholder took. And do they change how what follows is read? If neither,
 * the client's message may follow without waiting. */
bool pp_label_may_fail(struct pp_label from, struct pp_label to);

#endif
