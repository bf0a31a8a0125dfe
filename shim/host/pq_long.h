/* shim/host/pq_long.h - connections with so much to say at their start that the broker may be unable to log in for them.
 * Pure. */
#ifndef PP_HOST_PQ_LONG_H
#define PP_HOST_PQ_LONG_H

#include <stdbool.h>

/* Such a session is tunnelled. If it wishes for TLS it must say so itself: what was changed to clear text would stay that
 * all the way. `envp` may be NULL. */
bool pp_pq_is_long(const char *const *keywords, const char *const *values, char *const *envp);

#endif
