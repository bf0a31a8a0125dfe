/* shim/session/nameset.h - a small set of setting names, in lower case, of which something must be asked.
 *
 * When it overflows, or somebody touched settings without saying which, `all` says that every setting
 * is meant; `lost` that a custom name (with a dot) may be among those forgotten, which nobody can list.
 */
#ifndef PP_SESSION_NAMESET_H
#define PP_SESSION_NAMESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PP_NAMESET_MAX 500

struct pp_nameset {
	uint16_t len;
	bool all, lost;
	char bytes[PP_NAMESET_MAX]; /* each with its NUL */
};

void pp_nameset_init(struct pp_nameset *names);
void pp_nameset_add(struct pp_nameset *names, const char *name);
/* Perhaps it is no name of a setting: it takes no room from those that are. */
void pp_nameset_add_guess(struct pp_nameset *names, const char *name);
void pp_nameset_add_all(struct pp_nameset *names, const struct pp_nameset *more);
bool pp_nameset_has(const struct pp_nameset *names, const char *name);
bool pp_nameset_is_empty(const struct pp_nameset *names);

/* The first (previous NULL) or next name; NULL: no more. Valid until the next change. */
const char *pp_nameset_next(const struct pp_nameset *names, const char *previous);

#endif
