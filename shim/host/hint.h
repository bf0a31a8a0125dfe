/* shim/host/hint.h - tells the broker what only libpq knows about the connect() this thread does next.
 *
 * Adds knowledge, is never required: static libpq, FFI and other drivers do not pass here. Sent only
 * for sslmode allow and prefer, where the program accepts a connection without TLS and so may be
 * pooled on loopback; with the other modes there is nothing the broker could not see by itself.
 *
 * For a first connection there is no broker yet to be told. It is started here when the port is one
 * of PODPOOL_TARGETS and the connection is TCP: connect() would start it a moment later anyway, save
 * for a host outside a target's network, which then has an idle broker too many.
 */
#ifndef PP_HOST_HINT_H
#define PP_HOST_HINT_H

#include "host/wish.h"

/* `caller`: an address inside the calling object; its libpq parses. */
void pp_hint_conninfo(void *caller, const char *conninfo);
void pp_hint_params(void *caller, const char *const *keywords, const char *const *values,
		    int expand_dbname);
void pp_hint_login(void *caller, const char *host, const char *port, const char *dbname);

/* The function `name` as `caller` would have reached it without us: in its own dependencies, else
 * next in symbol order. `self` is our hook of that name. */
void *pp_hint_next(void *caller, const char *name, void *self);

#endif
