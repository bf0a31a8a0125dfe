/* shim/broker/host_at.h - does a host have an address? Blocks, as long as the resolver does: for workers. */
#ifndef PP_BROKER_HOST_AT_H
#define PP_BROKER_HOST_AT_H

#include "base/err.h"

/* `host` by its names, or with `hostaddr` (not "") that literal alone. `address` as inet_ntop(3) writes it, a v4-mapped one as
 * v4. 1: yes; 0: no; PP_ERR_SYS: it cannot be looked up now. */
PP_MUSTCHECK int pp_host_at(const char *host, const char *hostaddr, const char *address);

#endif
