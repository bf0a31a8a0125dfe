/* shim/broker/statements.h - the names one client has given to plans (Parse with a name), in its own name space.
 *
 * A name is defined from the moment its Parse is sent: what follows in the same batch may use it. If an error discards
 * that Parse, flight.h puts back what the name meant before.
 */
#ifndef PP_BROKER_STATEMENTS_H
#define PP_BROKER_STATEMENTS_H

#include "base/buf.h"
#include "base/hash.h"
#include "broker/plans.h"

/* The server cuts names at 63 bytes (NAMEDATALEN). */
#define PP_STATEMENT_NAME_MAX 64
/* Names per client; beyond, the client keeps its server. */
#define PP_STATEMENTS_MAX 2000
/* So many of them may be its session's alone (plans.h): with a temporary table, say, each text prepared is. */
#define PP_STATEMENTS_ALONE_MAX 100

struct pp_statement {
	UT_hash_handle hh;    /* client.statements */
	struct pp_plan *plan; /* counted */
	char name[PP_STATEMENT_NAME_MAX];
};

/* An unnamed statement is kept to be repeated on another server. Short ones always are; of longer ones (an INSERT of a
 * thousand rows) so much over all clients. */
#define PP_UNNAMED_SHORT_MAX (16 * 1024)
#define PP_UNNAMED_LONG_MAX  (512 * 1024)
#define PP_UNNAMED_ALL_MAX   (8 * 1024 * 1024)

/* The unnamed statement of a client: like a name it is what it is from the moment its Parse is sent. */
struct pp_unnamed {
	struct pp_buf parse;	  /* the message; empty: there is none */
	struct pp_touched *touch; /* owned: what it does when executed; NULL nothing */
	uint32_t watch;		  /* hidden.generation it was read under */
	bool plain;		  /* and as strings conform; it touches nothing */
	bool unkept;		  /* there is one, but its text is nowhere than on its server */
	uint32_t coming;      /* a long one streams by: so many bytes of it are still to be kept */
	size_t *all, charged; /* a long one: it counts in *all, which outlives it */
};

void pp_unnamed_finish(struct pp_unnamed *unnamed);
/* A long one begins, of so many bytes: there is room for it, and they are counted. */
PP_MUSTCHECK bool pp_unnamed_begin_long(struct pp_unnamed *unnamed, size_t *all, size_t bytes);
/* Its next ones: no more than are still to come. False: no memory, it is unkept. */
PP_MUSTCHECK bool pp_unnamed_add_long(struct pp_unnamed *unnamed, const uint8_t *bytes, size_t len);
/* There is one, whose text is not kept. */
void pp_unnamed_leave_unkept(struct pp_unnamed *unnamed);
/* Is this message its Parse once more, and of a text that touches nothing? */
bool pp_unnamed_is_said_again(const struct pp_unnamed *unnamed, const uint8_t *message, size_t len);
/* It does this when executed. False: no memory. */
PP_MUSTCHECK bool pp_unnamed_keep_touch(struct pp_unnamed *unnamed, const struct pp_touched *touch);
void pp_unnamed_forget_touch(struct pp_unnamed *unnamed);

/* NULL: not defined. */
struct pp_plan *pp_statements_find(struct pp_statement *all, const char *name);

/* How many of them are their session's alone. */
uint32_t pp_statements_alone(struct pp_statement *all);

/* plan NULL: no longer defined. PP_ERR_FULL, PP_ERR_NOMEM: nothing is changed. */
PP_MUSTCHECK int pp_statements_set(struct pp_statement **all, const char *name,
				   struct pp_plan *plan);

void pp_statements_clear(struct pp_statement **all);

#endif
