/* shim/broker/copies.h - the plans one server has prepared, under the broker's names. The least recently used makes
 * room for a new one.
 *
 * A stand-in is an empty statement in a plan's place: one that only serves to be deallocated (front_query.c) or described
 * (front_copies.c). A foreign copy was prepared where names meant something else than where the plan was: good for what
 * follows it, and made anew for everything else.
 */
#ifndef PP_BROKER_COPIES_H
#define PP_BROKER_COPIES_H

#include "base/hash.h"
#include "base/list.h"
#include "broker/plans.h"

/* Prepared statements on one server at most (pgbouncer's max_prepared_statements). */
#define PP_COPIES_MAX 200

struct pp_copy {
	UT_hash_handle hh;   /* copies.by_plan */
	struct pp_link link; /* link: copies.used, most recent last */
	struct pp_plan *plan;
	uint32_t generation;
	bool stand_in;
	bool foreign;
};

struct pp_copies {
	struct pp_copy *by_plan; /* uthash */
	struct pp_list used;	 /* link: copy.link */
};

void pp_copies_init(struct pp_copies *copies);
/* All are gone: DEALLOCATE ALL, or the server itself. */
void pp_copies_clear(struct pp_copies *copies);

enum pp_copies_answer {
	PP_COPIES_FRESH,    /* there; it counts as used now */
	PP_COPIES_STALE,    /* there, but must be closed and prepared again */
	PP_COPIES_STAND_IN, /* the same, and it is a stand-in or may be one */
	PP_COPIES_ABSENT
};
enum pp_copies_answer pp_copies_find(struct pp_copies *copies, const struct pp_plan *plan);
/* The plan it has under this name; NULL: none. */
struct pp_plan *pp_copies_named(const struct pp_copies *copies, const char *name);

/* It is prepared from now on (again, if it was stale). PP_ERR_NOMEM. */
PP_MUSTCHECK int pp_copies_add(struct pp_copies *copies, struct pp_plan *plan);
PP_MUSTCHECK int pp_copies_add_foreign(struct pp_copies *copies, struct pp_plan *plan);
PP_MUSTCHECK int pp_copies_add_stand_in(struct pp_copies *copies, struct pp_plan *plan);
void pp_copies_remove(struct pp_copies *copies, const struct pp_plan *plan);

/* What must be closed before another one is added; NULL: there is room. */
struct pp_plan *pp_copies_surplus(const struct pp_copies *copies);

/* The server does not know one it should: none is to be relied on. */
void pp_copies_distrust(struct pp_copies *copies);

#endif
