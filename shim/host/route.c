#include "host/route.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "host/addr.h"
#include "host/ask.h"
#include "host/conf.h"
#include "host/known.h"
#include "host/launch.h"
#include "host/start.h"
#include "host/sys.h"
#include "ipc/codec.h"
#include "ipc/mark.h"
#include "ipc/stamp.h"

#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif
#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62
#endif

#define KERNEL_TCP_CLOSE 7 /* tcpi_state of a socket that has not begun to connect */

/* Only ever set, so whoever shares this memory (vfork, threads) may set it. */
static _Atomic bool was_asked;

bool pp_route_was_asked(void)
{
	return was_asked;
}

static bool get_option(int fd, int level, int name, void *ret_value, socklen_t size)
{
	return pp_sys5(SYS_getsockopt, fd, level, name, ret_value, &size) == 0;
}

static int get_int(int fd, int level, int name, int otherwise)
{
	int value = otherwise;
	return get_option(fd, level, name, &value, sizeof value) ? value : otherwise;
}

/* A second connect() on the same socket (Ruby, perl: after EINPROGRESS) only asks how the first one
 * is doing; the kernel ignores its address, so there is nothing to route. */
static bool is_fresh(int fd)
{
	uint8_t state = 0; /* tcpi_state is the first byte of struct tcp_info */
	return get_option(fd, IPPROTO_TCP, TCP_INFO, &state, sizeof state) &&
	       state == KERNEL_TCP_CLOSE;
}

/* 127.66.0.0/16 is out of reach (ENETUNREACH) for a v6-only socket and for one bound to a v6
 * address, and means something else to one bound to an interface. */
static bool may_reach_broker(int fd, int family)
{
	struct sockaddr_storage local = {0};
	socklen_t len = sizeof local;
	if (get_int(fd, SOL_SOCKET, SO_BINDTOIFINDEX, 0) != 0)
		return false;
	if (family == AF_INET)
		return true;
	if (get_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) != 0)
		return false;
	return pp_sys3(SYS_getsockname, fd, &local, &len) == 0 &&
	       pp_addr_may_reach_v4((struct sockaddr *)&local);
}

/* Plain TCP only: SCTP and MPTCP are stream sockets too. The address is read last, and only once
 * the kernel has said that it can be. */
static bool is_tcp(int fd, const struct sockaddr *sa, socklen_t len)
{
	if (!pp_conf_get()->is_on || !sa || len < (socklen_t)sizeof(struct sockaddr_in))
		return false;
	return get_int(fd, SOL_SOCKET, SO_PROTOCOL, -1) == IPPROTO_TCP &&
	       pp_sys_is_readable(
		       sa, len > sizeof(struct sockaddr_in6) ? sizeof(struct sockaddr_in6) : len);
}

static enum pp_target_answer match_of(int fd, const struct sockaddr *sa, socklen_t len,
				      struct pp_ipc_addr *ret_addr)
{
	if (pp_addr_from_sockaddr(sa, len, ret_addr) < 0 ||
	    get_int(fd, SOL_SOCKET, SO_DOMAIN, -1) != sa->sa_family)
		return PP_TARGET_NO;
	return pp_targets_match(&pp_conf_get()->targets, ret_addr);
}

/* No other socket has a mark: so most are not asked for it. */
static bool is_to_a_targets_port(const struct sockaddr *sa)
{
	uint16_t port_be; /* in both families at the same place */
	memcpy(&port_be, (const char *)sa + offsetof(struct sockaddr_in, sin_port), sizeof port_be);
	return (sa->sa_family == AF_INET || sa->sa_family == AF_INET6) &&
	       pp_targets_have_port(&pp_conf_get()->targets, port_be);
}

/* Put there by our own PQconnectdb hook (ipc/mark.h); 0 none. */
static uint32_t mark_of(int fd)
{
	uint32_t value = (uint32_t)get_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 0);
	return pp_mark_is_mark(value) ? value : 0;
}

/* Failure: no broker that can be reached from here. */
static int ask(int fd, const struct pp_ipc_addr *addr, uint32_t mark, struct pp_ipc_msg *ret_answer)
{
	struct pp_ipc_msg question;
	was_asked = true;
	pp_codec_init(&question, PP_IPC_ROUTE);
	question.addr = *addr;
	question.flags = mark;
	if (!get_option(fd, SOL_SOCKET, SO_COOKIE, &question.cookie, sizeof question.cookie))
		question.cookie = 0; /* before Linux 4.12: served, identity unknown */
	switch (pp_known_route(&question, &ret_answer->addr)) {
	case PP_KNOWN_TOLD: ret_answer->op = PP_IPC_ROUTED; return 0;
	case PP_KNOWN_ELSEWHERE: return PP_ERR_ABSENT;
	case PP_KNOWN_DOUBTFUL: break;
	}
	int64_t deadline = pp_sys_now_ms() + PP_LAUNCH_WAIT_MS;
	int broker = pp_start_dial(&deadline);
	if (broker < 0)
		return PP_ERR_SYS;
	int err = pp_ask_exchange(broker, &question, deadline, ret_answer);
	if (err == 0 && ret_answer->op == PP_IPC_ROUTED &&
	    pp_stamp_is_elsewhere(ret_answer->cookie, pp_conf_get()->netns))
		err = PP_ERR_ABSENT;
	return err;
}

/* PODPOOL_FAIL=closed refuses what is certainly pooled. Whether a name entry means this address
 * only the broker could have said, and it may be no database at all: direct. */
static enum pp_route without_broker(enum pp_target_answer match)
{
	return pp_conf_get()->is_fail_closed && match == PP_TARGET_YES ? PP_ROUTE_REFUSED
								       : PP_ROUTE_DIRECT;
}

static enum pp_route find(int fd, const struct sockaddr *sa, enum pp_target_answer match,
			  const struct pp_ipc_addr *addr, uint32_t mark,
			  struct sockaddr_storage *ret_sa, socklen_t *ret_len)
{
	struct pp_ipc_msg answer;
	if (!may_reach_broker(fd, sa->sa_family))
		return PP_ROUTE_DIRECT;
	if (ask(fd, addr, mark, &answer) < 0)
		return without_broker(match);
	if (answer.op == PP_IPC_REFUSE && pp_conf_get()->is_fail_closed)
		return PP_ROUTE_REFUSED;
	/* Its libpq goes in clear text, to us: not to a server that the broker cannot reach now, and that may demand TLS
	 * once it can. */
	if (answer.op != PP_IPC_ROUTED || !pp_codec_is_ours(&answer.addr))
		return mark ? PP_ROUTE_REFUSED : PP_ROUTE_DIRECT;
	if (pp_addr_to_sockaddr(&answer.addr, sa->sa_family, ret_sa, ret_len) < 0)
		return PP_ROUTE_DIRECT;
	return PP_ROUTE_REDIRECTED;
}

enum pp_route pp_route_find(int fd, const struct sockaddr *sa, socklen_t len,
			    struct sockaddr_storage *ret_sa, socklen_t *ret_len)
{
	struct pp_ipc_addr addr;
	if (!is_tcp(fd, sa, len))
		return PP_ROUTE_DIRECT;
	enum pp_target_answer match = match_of(fd, sa, len, &addr);
	if ((match == PP_TARGET_NO && !is_to_a_targets_port(sa)) || !is_fresh(fd))
		return PP_ROUTE_DIRECT;
	uint32_t mark = mark_of(fd);
	enum pp_route route = PP_ROUTE_DIRECT;
	if (match != PP_TARGET_NO)
		route = find(fd, sa, match, &addr, mark, ret_sa, ret_len);
	/* Also where a name has led to an address that is never pooled: one with a scope, one of the broker's own. */
	bool is_broker_only = mark && pp_mark_is_demand(mark);
	if (is_broker_only && route == PP_ROUTE_DIRECT)
		return PP_ROUTE_REFUSED;
	return is_broker_only && route == PP_ROUTE_REDIRECTED ? PP_ROUTE_BROKER_ONLY : route;
}
