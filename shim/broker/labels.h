/* shim/broker/labels.h - labels as counted objects: equal settings are the same pointer.
 *
 * NULL is the empty label: the settings of a fresh login, which cost nothing.
 */
#ifndef PP_BROKER_LABELS_H
#define PP_BROKER_LABELS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "session/label.h"

struct pp_broker;

/* Different labels at a time; input makes them. Beyond, a client keeps its server. */
#define PP_LABELS_MAX 10000

struct pp_labels_entry {
	UT_hash_handle hh; /* broker.labels, by bytes */
	struct pp_broker *broker;
	uint32_t users;
	bool proven;		       /* a server has taken it before */
	struct pp_labels_entry *names; /* of it what decides what a name means (session/reading.h):
					  itself, or counted; NULL nothing */
	size_t len;
	char bytes[];
};

/* Counted: given back by pp_labels_drop(). *ret NULL for the empty label. PP_ERR_FULL, PP_ERR_NOMEM. */
PP_MUSTCHECK int pp_labels_take(struct pp_broker *b, struct pp_label label,
				struct pp_labels_entry **ret);

/* *holder becomes `entry`, counted; what it held before is given back. */
void pp_labels_hold(struct pp_labels_entry **holder, struct pp_labels_entry *entry);
void pp_labels_drop(struct pp_labels_entry **holder);

static inline struct pp_label pp_labels_view(const struct pp_labels_entry *entry)
{
	return entry ? (struct pp_label){entry->bytes, entry->len} : (struct pp_label){0};
}

/* Equal: under these settings names mean the same. NULL: what they mean to a fresh login. */
static inline struct pp_labels_entry *pp_labels_names(const struct pp_labels_entry *entry)
{
	return entry ? entry->names : NULL;
}

#endif
