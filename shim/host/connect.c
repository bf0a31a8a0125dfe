#include "host/connect.h"

#include <errno.h>
#include <stdbool.h>

#include "host/real.h"
#include "host/route.h"
#include "host/sys.h"

/* The answers of a connection that is on its way or there. Anything else at once means that the
 * broker went away since it answered; the socket is as good as new (only a non-blocking one learns
 * that later, and keeps the error). */
static bool is_under_way(int error)
{
	return error == EINPROGRESS || error == EALREADY || error == EISCONN || error == EINTR ||
	       error == EAGAIN;
}

static int connect_redirected(int fd, const struct sockaddr_storage *broker, socklen_t broker_len,
			      const struct sockaddr *addr, socklen_t len)
{
	int before = pp_sys_get_errno();
	int r = pp_real_connect(fd, (const struct sockaddr *)broker, broker_len);
	if (r == 0 || is_under_way(pp_sys_get_errno()))
		return r;
	pp_sys_set_errno(before);
	return pp_real_connect(fd, addr, len);
}

/* The real call without a frame of ours below it wherever possible: a thread cancelled inside it,
 * or a profiler, sees the program's own stack. */
int pp_host_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_storage broker;
	socklen_t broker_len;
	switch (pp_route_find(fd, addr, len, &broker, &broker_len)) {
	case PP_ROUTE_REDIRECTED: return connect_redirected(fd, &broker, broker_len, addr, len);
	case PP_ROUTE_REFUSED: pp_sys_set_errno(ECONNREFUSED); return -1;
	case PP_ROUTE_DIRECT: break;
	}
	return pp_real_connect(fd, addr, len);
}
