#include "host/addr.h"

#include <string.h>

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

static bool is_mapped(const uint8_t ip[16])
{
	return memcmp(ip, mapped_prefix, sizeof mapped_prefix) == 0;
}

int pp_addr_from_sockaddr(const struct sockaddr *sa, socklen_t len, struct pp_ipc_addr *ret_addr)
{
	struct pp_ipc_addr addr = {0};
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	if (len >= sizeof in && sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof in);
		addr.family = PP_IPC_V4;
		addr.port_be = in.sin_port;
		memcpy(addr.ip, &in.sin_addr, 4);
	} else if (len >= sizeof in6 && sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof in6);
		if (in6.sin6_scope_id)
			return PP_ERR_INVALID;
		addr.port_be = in6.sin6_port;
		if (is_mapped(in6.sin6_addr.s6_addr)) {
			addr.family = PP_IPC_V4;
			memcpy(addr.ip, in6.sin6_addr.s6_addr + 12, 4);
		} else {
			addr.family = PP_IPC_V6;
			memcpy(addr.ip, in6.sin6_addr.s6_addr, 16);
		}
	} else {
		return PP_ERR_INVALID;
	}
	*ret_addr = addr;
	return 0;
}

int pp_addr_to_sockaddr(const struct pp_ipc_addr *addr, int family, struct sockaddr_storage *ret_sa,
			socklen_t *ret_len)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = addr->port_be};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = addr->port_be};
	if (family == AF_INET && addr->family == PP_IPC_V4) {
		memcpy(&in.sin_addr, addr->ip, 4);
		memcpy(ret_sa, &in, sizeof in);
		*ret_len = sizeof in;
		return 0;
	}
	if (family != AF_INET6)
		return PP_ERR_INVALID;
	if (addr->family == PP_IPC_V4) {
		memcpy(in6.sin6_addr.s6_addr, mapped_prefix, sizeof mapped_prefix);
		memcpy(in6.sin6_addr.s6_addr + 12, addr->ip, 4);
	} else {
		memcpy(in6.sin6_addr.s6_addr, addr->ip, 16);
	}
	memcpy(ret_sa, &in6, sizeof in6);
	*ret_len = sizeof in6;
	return 0;
}

bool pp_addr_may_reach_v4(const struct sockaddr *local)
{
	static const uint8_t unspecified[16];
	struct sockaddr_in6 in6;
	if (local->sa_family != AF_INET6)
		return local->sa_family == AF_INET;
	memcpy(&in6, local, sizeof in6);
	return is_mapped(in6.sin6_addr.s6_addr) ||
	       memcmp(in6.sin6_addr.s6_addr, unspecified, sizeof unspecified) == 0;
}
