#include "host/connect.h"

#include <errno.h>
#include <netinet/in.h>
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

/* Once a v6 socket has tried a v4-mapped address, the kernel sends through IPv4 whatever comes next:
 * a connect to a real v6 address then hangs, also after connect(AF_UNSPEC) (tried, Linux 6.18). Such
 * a program gets the error; the broker had answered a moment ago, so it is a rare one. */
static bool may_try_again(const struct sockaddr *original)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)original;
	return original->sa_family != AF_INET6 || IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr);
}

static int connect_redirected(int fd, const struct sockaddr_storage *broker, socklen_t broker_len,
			      const struct sockaddr *addr, socklen_t len)
{
	int before = pp_sys_get_errno();
	int r = pp_real_connect(fd, (const struct sockaddr *)broker, broker_len);
	if (r == 0 || is_under_way(pp_sys_get_errno()) || !may_try_again(addr))
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
	case PP_ROUTE_BROKER_ONLY:
		return pp_real_connect(fd, (struct sockaddr *)&broker, broker_len);
	case PP_ROUTE_REFUSED: pp_sys_set_errno(ECONNREFUSED); return -1;
	case PP_ROUTE_DIRECT: break;
	}
	return pp_real_connect(fd, addr, len);
}
