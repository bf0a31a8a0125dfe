/* shim/broker/sqlset.h - what SQL's PREPARE has made of a session: statements, and sets of them.
 *
 * Like its settings (labels.h) a client's set follows it from server to server. The law is the same: a server carries
 * exactly the set that its record says, and a client that is lent a server finds exactly its own: what others have
 * prepared there is deallocated before its first message, what is missing is prepared again, with the text that the
 * client sent (own_prepare.c). So whatever a text does with names - EXECUTE, Bind, a DO block, a look at
 * pg_prepared_statements - it does to the session's own; nothing of it is rewritten. Equal sets are the same pointer,
 * and cost nothing.
 *
 * How the set is known: a transaction that may have changed it is followed by a question (session/probe.h). What the
 * answer lists is taken into the set if it can be prepared again anywhere: its text is one PREPARE and nothing else, and
 * in the transaction that prepared it nothing else happened that gives texts another meaning (PP_TOUCH_UNSETTLED).
 * Anything else keeps its server, as long as it exists: the pin PREPARE. So does everything once a setting has changed
 * under which the texts were read.
 *
 * prepare_time and the counters in pg_prepared_statements are those of the server, not of the session.
 */
#ifndef PP_BROKER_SQLSET_H
#define PP_BROKER_SQLSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "broker/touch.h"
#include "session/label.h"

struct pp_database;

/* Statements of one client, bytes of one text, of all of one client's, and of all there are in a database; beyond, a
 * client keeps its server. */
#define PP_SQLSET_MAX	    64
#define PP_SQLSET_TEXT_MAX  4096
#define PP_SQLSET_BYTES_MAX (32 * 1024)
#define PP_SQLSET_ALL_MAX   (16 * 1024 * 1024)

struct pp_sqlplan {
	UT_hash_handle hh; /* database.sql.plans, by key */
	struct pp_database *database;
	uint32_t users;
	bool conforming; /* how its text is read */
	char name[PP_LEXER_WORD_MAX];
	struct pp_touched *touch; /* owned: what EXECUTE does; NULL nothing */
	uint32_t watch;		  /* hidden.generation that is true for */
	size_t env_len, key_len;
	char key[]; /* epoch (defaults.h) and the settings it was read under, then its text with its NUL */
};

struct pp_sqlset {
	UT_hash_handle hh; /* database.sql.sets, by the pointers */
	struct pp_database *database;
	uint32_t users, count;
	struct pp_sqlplan *plans[]; /* counted; by name */
};

/* Of a database. */
struct pp_sqlsets {
	struct pp_sqlplan *plans; /* uthash */
	struct pp_sqlset *sets;	  /* uthash */
	size_t bytes;
};

/* The PREPARE of `name`, as the client sent it, read on this server under these settings; counted. NULL: it cannot be
 * prepared again elsewhere, or there is no room. */
struct pp_server;
struct pp_sqlplan *pp_sqlplan_take(const struct pp_server *s, struct pp_label label,
				   const char *name, const char *text);
void pp_sqlplan_drop(struct pp_sqlplan *plan);

static inline const char *pp_sqlplan_text(const struct pp_sqlplan *plan)
{
	return plan->key + sizeof(uint32_t) + plan->env_len;
}

/* What EXECUTE of it does, under today's watch; NULL: nothing. *ret_known false: no memory to say so. */
const struct pp_touched *pp_sqlplan_touch(struct pp_sqlplan *plan, bool *ret_known);

/* These statements, in any order, no two of one name, as a set: counted, *ret NULL for none. PP_ERR_FULL, PP_ERR_NOMEM. */
PP_MUSTCHECK int pp_sqlset_take(struct pp_database *db, struct pp_sqlplan **plans, uint32_t count,
				struct pp_sqlset **ret);
/* *holder becomes `set`, counted; what it held before is given back. NULL is the empty set. */
void pp_sqlset_hold(struct pp_sqlset **holder, struct pp_sqlset *set);
void pp_sqlset_drop(struct pp_sqlset **holder);

/* What, executed, may give texts another meaning; may one of these do it? */
#define PP_SQLSET_UNSETTLING                                                                       \
	(PP_TOUCH_UNSETTLED | PP_PIN_SETTINGS | PP_PIN_DYNAMIC | PP_PIN_OPAQUE | PP_PIN_TEMP)
bool pp_sqlset_unsettles(const struct pp_sqlset *set);

/* NULL: no such name. */
struct pp_sqlplan *pp_sqlset_find(const struct pp_sqlset *set, const char *name);
bool pp_sqlset_has(const struct pp_sqlset *set, const struct pp_sqlplan *plan);
/* In how many statements they differ. */
uint32_t pp_sqlset_distance(const struct pp_sqlset *a, const struct pp_sqlset *b);
/* Would all of them be read the same under these settings? */
bool pp_sqlset_is_read_under(const struct pp_sqlset *set, struct pp_label label);

#endif
