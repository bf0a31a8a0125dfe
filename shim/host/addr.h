/* shim/host/addr.h - struct sockaddr to the treaty's address and back. Pure.
 */
#ifndef PP_HOST_ADDR_H
#define PP_HOST_ADDR_H

#include <netinet/in.h>
#include <podpool/ipc.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/err.h"

/* AF_INET and AF_INET6 addresses with all their bytes; v4-mapped becomes V4. PP_ERR_INVALID for
 * anything else, also for a scoped address (fe80::1%eth0): the treaty has no room for a scope. */
PP_MUSTCHECK int pp_addr_from_sockaddr(const struct sockaddr *sa, socklen_t len,
				       struct pp_ipc_addr *ret_addr);

/* The address as a socket of `family` (AF_INET, AF_INET6) spells it. PP_ERR_INVALID when it cannot
 * (a V6 address for AF_INET). */
PP_MUSTCHECK int pp_addr_to_sockaddr(const struct pp_ipc_addr *addr, int family,
				     struct sockaddr_storage *ret_sa, socklen_t *ret_len);

/* Can a socket bound to this local address reach 127.66.0.0/16? A v6 address that is neither
 * unspecified nor v4-mapped cannot (ENETUNREACH). */
bool pp_addr_may_reach_v4(const struct sockaddr *local);

#endif
