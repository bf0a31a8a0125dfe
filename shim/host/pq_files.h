/* shim/host/pq_files.h - where the libpq that a caller uses looks for files. */
#ifndef PP_HOST_PQ_FILES_H
#define PP_HOST_PQ_FILES_H

#include <stdbool.h>

#include "host/wish.h"

/* PQlibVersion() is at least this. */
bool pp_pq_is_since(void *caller, int version);

/* Is this, the value of HOME or NULL, what it takes for ~? False: perhaps not. */
bool pp_pq_is_home(void *caller, const char *home);

/* What the wish's service stands for, from where libpq looks, but for the place it was built with: only it knows that. */
void pp_pq_add_service(struct pp_wish *wish, void *caller, char *const *envp);

#endif
