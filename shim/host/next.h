/* shim/host/next.h - the function a caller would have reached without us.
 */
#ifndef PP_HOST_NEXT_H
#define PP_HOST_NEXT_H

#include <stdbool.h>

/* The function `name` as code at `caller` would have bound it: in its own dependencies, else next in symbol order, else
 * wherever one is (a tail call in a library looks as if its caller had called). `self` is our hook of that name, NULL for
 * none. NULL: there is none. */
void *pp_next_find(void *caller, const char *name, void *self);

/* Are both addresses in one object? A library that calls itself through the PLT comes to our hooks again. */
bool pp_next_is_same_object(void *a, void *b);

#endif
