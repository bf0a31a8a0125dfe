/* shim/session/baseline.h - the defaults a session has from its login, and what of them an older session must be given
 * back: ALTER ROLE and ALTER DATABASE change them for those who log in later only.
 *
 * Bytes "name\0" kind "value\0", names in lower case; those refused come first, so that asking for one
 * is cheap, the others in any order. Values as in labels (label.h).
 */
#ifndef PP_SESSION_BASELINE_H
#define PP_SESSION_BASELINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "session/label.h"

enum pp_baseline_kind {
	PP_BASELINE_DEFAULT =
		'd', /* the server's own, which configuration may change under a living session too */
	PP_BASELINE_ROLE = 'r', /* the role or the database sets it (pg_settings.source) */
	PP_BASELINE_REFUSED =
		's', /* without value: the login may not set it, though a superuser's function may */
};

/* About 130 settings of PostgreSQL 15, 50 names of those refused, and those of a program. */
#define PP_BASELINE_MAX (16 * 1024)

struct pp_baseline {
	const char *bytes; /* borrowed */
	size_t len;	   /* 0: not known */
};

/* One setting more. PP_ERR_FULL: left out. */
PP_MUSTCHECK int pp_baseline_add(char bytes[PP_BASELINE_MAX], size_t *len, const char *name,
				 const char *value, enum pp_baseline_kind kind);

/* NULL: not there, or not known. */
const char *pp_baseline_get(struct pp_baseline baseline, const char *name);

/* Is it known that the login may not set this? */
bool pp_baseline_refuses(struct pp_baseline baseline, const char *name);

/* Of a session with the defaults `old` that is continued on one with the defaults `now`: `kept` and whatever the role or
 * the database made different, as it was. What is kept already is older still, and stays. A custom setting that was not
 * there becomes '' (label.h). PP_ERR_FULL. */
PP_MUSTCHECK int pp_baseline_keep(struct pp_baseline old, struct pp_baseline now,
				  struct pp_label kept, char bytes[PP_LABEL_MAX], size_t *ret_len);

#endif
