#include "broker/congestion.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage storage;
};

/* The kernel picks the address it calls as its own when it calls itself. */
static bool is_within_host(int fd)
{
	union address own, peer;
	socklen_t own_len = sizeof own, peer_len = sizeof peer;
	if (getsockname(fd, &own.any, &own_len) < 0 || getpeername(fd, &peer.any, &peer_len) < 0 ||
	    own.any.sa_family != peer.any.sa_family)
		return false;
	switch (own.any.sa_family) {
	case AF_INET: return own.in.sin_addr.s_addr == peer.in.sin_addr.s_addr;
	case AF_INET6: return IN6_ARE_ADDR_EQUAL(&own.in6.sin6_addr, &peer.in6.sin6_addr);
	default: return false;
	}
}

void pp_congestion_none(int fd)
{
	setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", strlen("reno"));
}

void pp_congestion_none_if_local(int fd)
{
	if (is_within_host(fd))
		pp_congestion_none(fd);
}
