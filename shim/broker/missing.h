/* shim/broker/missing.h - what its client has prepared in SQL and the server lent to it could not prepare again: a table
 * is gone, a right. In a session of its own the statement is still there, and says at EXECUTE what is wrong. So the
 * client keeps it; its error is kept here and said in the place of "does not exist" (26000), and DEALLOCATE finds an
 * empty statement of that name. It is tried again when the client speaks of it (the table may be
 * there again), and at the next server. Not to be seen meanwhile: its row in
 * pg_prepared_statements.
 *
 * Or somebody has locked a table of it: a client that asks for other things must not wait for that (whoever has the lock
 * may wait for this client). It is `locked`, and brought when the client speaks of it, however long that takes.
 */
#ifndef PP_BROKER_MISSING_H
#define PP_BROKER_MISSING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct pp_server;
struct pp_sqlplan;
struct pp_sqlset;

/* Nobody's server says more than this about one statement. */
#define PP_MISSING_ERROR_MAX 8192

struct pp_missing {
	struct pp_missing *next;
	struct pp_sqlplan *plan; /* counted */
	bool locked;		 /* tried only for a moment */
	bool due; /* it has failed in its client's transaction, which is to hear that, not 25P02 */
	size_t len;
	uint8_t error[]; /* the ErrorResponse's body */
};

/* In the place of what was known of it. PP_ERR_FULL, PP_ERR_NOMEM. */
PP_MUSTCHECK int pp_missing_add(struct pp_server *s, struct pp_sqlplan *plan, bool locked,
				const uint8_t *error, size_t len);
/* NULL: no such name. */
const struct pp_missing *pp_missing_find(const struct pp_server *s, const char *name);
/* Is it locked? */
bool pp_missing_is_locked(const struct pp_server *s, const char *name);
/* Must it be tried again, now that the client speaks of it? What was gone may be there again. Name NULL, of whatever there
 * is: only what is locked, for an error would be an answer to what was not asked. */
bool pp_missing_is_worth(const struct pp_server *s, const char *name);
/* Whose name an ErrorResponse's body (26000) tells, or which is due (25P02); NULL nobody's. */
const struct pp_missing *pp_missing_meant(const struct pp_server *s, const uint8_t *error,
					  size_t len);
/* Of these, what is here: counted. PP_ERR_NOMEM. */
PP_MUSTCHECK int pp_missing_without(const struct pp_server *s, const struct pp_sqlset *all,
				    struct pp_sqlset **ret);
void pp_missing_forget(struct pp_server *s, const char *name);
void pp_missing_clear(struct pp_server *s);

#endif
