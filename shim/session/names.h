/* shim/session/names.h - a small set of setting names, in lower case, of which something must be asked.
 *
 * When it overflows, or somebody touched settings without saying which, `all` says that every setting
 * is meant; `lost` that a custom name (with a dot) may be among those forgotten, which nobody can list.
 */
#ifndef PP_SESSION_NAMES_H
#define PP_SESSION_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PP_NAMES_MAX 500

struct pp_names {
	uint16_t len;
	bool all, lost;
	char bytes[PP_NAMES_MAX]; /* each with its NUL */
};

void pp_names_init(struct pp_names *names);
void pp_names_add(struct pp_names *names, const char *name);
void pp_names_add_all(struct pp_names *names, const struct pp_names *more);
bool pp_names_is_empty(const struct pp_names *names);

/* The first (previous NULL) or next name; NULL: no more. Valid until the next change. */
const char *pp_names_next(const struct pp_names *names, const char *previous);

#endif
