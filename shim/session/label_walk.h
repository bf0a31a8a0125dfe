/* shim/session/label_walk.h - over the settings of a label, for label.c and label_sql.c.
 */
#ifndef PP_SESSION_LABEL_WALK_H
#define PP_SESSION_LABEL_WALK_H

#include <string.h>

#include "session/label.h"

struct pp_label_at {
	const char *name, *value; /* name NULL: the end */
};

static inline struct pp_label_at pp_label_at(struct pp_label label, const char *name)
{
	if (name == NULL || name >= label.bytes + label.len)
		return (struct pp_label_at){NULL, NULL};
	return (struct pp_label_at){name, name + strlen(name) + 1};
}

static inline struct pp_label_at pp_label_next(struct pp_label label, struct pp_label_at at)
{
	return pp_label_at(label, at.value + strlen(at.value) + 1);
}

#define PP_LABEL_FOREACH(label, it)                                                                \
	for (struct pp_label_at it = pp_label_at(label, (label).len ? (label).bytes : NULL);       \
	     it.name; it = pp_label_next(label, it))

#endif
