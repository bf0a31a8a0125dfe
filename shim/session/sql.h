/* shim/session/sql.h - writes SQL into a caller's buffer. Sticky overflow, asked once at the end.
 *
 * Literals are E'...' (docs 4.1.2.2), which mean the same whatever standard_conforming_strings and
 * backslash_quote say, in every encoding where no byte of a longer letter is a quote or a backslash
 * (pp_lexer_may_read).
 */
#ifndef PP_SESSION_SQL_H
#define PP_SESSION_SQL_H

#include <stdbool.h>
#include <stddef.h>

struct pp_sql {
	char *text; /* borrowed; terminated whenever not failed */
	size_t size, len;
	bool failed;
};

void pp_sql_init(struct pp_sql *sql, char *text, size_t size);
void pp_sql_put(struct pp_sql *sql, const char *text);
void pp_sql_literal(struct pp_sql *sql, const char *value);
void pp_sql_identifier(struct pp_sql *sql, const char *name);

#endif
