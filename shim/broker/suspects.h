/* shim/broker/suspects.h - names that do something to a session: functions whose bodies say so, whatever calls them, and
 * tables and views that lead to one.
 *
 * Built from rows (hidden_sql.h), each about one name: a body or an expression to be judged by the lexer, or another
 * name it leads to. Names in bodies are followed too, by their hashes: two names that collide are suspected together.
 */
#ifndef PP_BROKER_SUSPECTS_H
#define PP_BROKER_SUSPECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "session/nameset.h"
#include "session/watch.h"

/* Rows, and words of all bodies together; input makes them (about 4 MB, until the end of a scan). */
#define PP_SUSPECTS_ROWS_MAX  50000
#define PP_SUSPECTS_WORDS_MAX 500000

enum pp_suspects_kind {
	PP_SUSPECT_BODY = 'F',	  /* of a function in SQL or PL/pgSQL */
	PP_SUSPECT_FOREIGN = 'L', /* of one in another language */
	PP_SUSPECT_KEEPING =
		'O', /* the same, with the word for that language's session variables in it */
	PP_SUSPECT_UNREADABLE = 'C', /* machine code of an extension, or too long a body */
	PP_SUSPECT_MACHINE = 'M',    /* machine code of unknown origin: it may remember anything */
	PP_SUSPECT_EXPRESSION = 'X', /* of a view, default, policy ... of this name */
	PP_SUSPECT_LEADS_TO = 'E'    /* the text is a name */
};

struct pp_suspects;

struct pp_suspects *pp_suspects_new(void); /* NULL: no memory */
void pp_suspects_free(struct pp_suspects *found);

/* "" as name: what any text may lead to. PP_ERR_FULL, PP_ERR_NOMEM. */
PP_MUSTCHECK int pp_suspects_add(struct pp_suspects *found, enum pp_suspects_kind kind,
				 const char *name, size_t name_len, const uint8_t *text,
				 size_t text_len);

/* After the last row: who leads to whom. `watch` then looks up here as long as `found` lives. PP_ERR_NOMEM. */
PP_MUSTCHECK int pp_suspects_finish(struct pp_suspects *found, struct pp_watch *ret_watch);

/* How many names there are. */
size_t pp_suspects_count(const struct pp_suspects *found);
/* The custom settings that bodies name beside what could set them. */
const struct pp_nameset *pp_suspects_settings(const struct pp_suspects *found);

#endif
