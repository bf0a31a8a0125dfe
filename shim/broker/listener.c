#include "broker/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/congestion.h"

/* Other brokers (other users, other DIRs) may live in this network namespace: try on. */
#define PP_LISTENER_TRIES   64
#define PP_LISTENER_BACKLOG 4096

static void set_options(int fd)
{
	int one = 1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
		   sizeof one); /* accepted sockets inherit it */
	/* PostgreSQL's clients speak first: hand a connection over with its first bytes, one wake-up instead of two. Who
	 * stays silent is handed over after a second (tcp(7)). */
	setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &one, sizeof one);
	pp_congestion_none(fd);
}

static int listen_at(uint32_t ip, struct pp_ipc_addr *ret_listening)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(ip)};
	socklen_t len = sizeof in;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	set_options(fd);
	/* Where somebody else has bound, too, and listens first, listen() is what fails. */
	if (bind(fd, (struct sockaddr *)&in, sizeof in) == 0 &&
	    listen(fd, PP_LISTENER_BACKLOG) == 0 &&
	    getsockname(fd, (struct sockaddr *)&in, &len) == 0) {
		*ret_listening = (struct pp_ipc_addr){.family = PP_IPC_V4, .port_be = in.sin_port};
		memcpy(ret_listening->ip, &in.sin_addr, 4);
		return fd;
	}
	int saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* x.y starts from a hash of the broker's pid and counts up: addresses of a dead broker are not soon reused. */
int pp_listener_open(uint32_t salt, struct pp_ipc_addr *ret_listening)
{
	uint32_t seed = (uint32_t)getpid() * UINT32_C(2654435761);
	for (uint32_t i = 0; i < PP_LISTENER_TRIES; i++) {
		uint32_t host = ((seed >> 16) + salt + i * 257) & 0xffff;
		if ((host & 0xff) == 0 || (host & 0xff) == 0xff)
			continue;
		int fd = listen_at(PP_IPC_NET | host, ret_listening);
		if (fd >= 0 || errno != EADDRINUSE)
			return fd;
	}
	return -1;
}
