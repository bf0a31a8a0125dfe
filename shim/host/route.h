/* shim/host/route.h - where should this connect() go? Looks at the socket and asks the broker; does
 * not connect.
 */
#ifndef PP_HOST_ROUTE_H
#define PP_HOST_ROUTE_H

#include <stdbool.h>
#include <sys/socket.h>

enum pp_route {
	PP_ROUTE_DIRECT,      /* as without podpool */
	PP_ROUTE_REDIRECTED,  /* to ret_sa */
	PP_ROUTE_BROKER_ONLY, /* to ret_sa, and if that fails nowhere else */
	PP_ROUTE_REFUSED, /* PODPOOL_FAIL=closed, or its TLS was to be the broker's: ECONNREFUSED */
};

/* The broker was asked for a route in this process, or before the fork() it comes from; exec forgets it. */
bool pp_route_was_asked(void);

/* Never touches errno, never writes anywhere but to its results. */
enum pp_route pp_route_find(int fd, const struct sockaddr *sa, socklen_t len,
			    struct sockaddr_storage *ret_sa, socklen_t *ret_len);

#endif
