/* shim/broker/origin.h - where we were started. Relative paths in the settings are meant from there, on every reload; but
 * that is where some program happened to stand, and while we stood there, too, it could not be unmounted. */
#ifndef PP_BROKER_ORIGIN_H
#define PP_BROKER_ORIGIN_H

#include <stddef.h>

#include "ipc/dir.h"

/* To our own directory, `dir` (a core file, where somebody allows one, can be written there), before the settings are read.
 * `dir` and PODPOOL_CONFIG become absolute. We stay where `dir` would be too long then for the address of a socket. */
void pp_origin_leave(char dir[PP_DIR_MAX]);

/* Makes a relative path absolute, in place; "" and what would not fit stay. */
void pp_origin_resolve(char *path, size_t size);

#endif
