/* shim/hooks/getpeername.c - the exported getpeername(). */
#include "host/peer.h"

#include "hooks/export.h"

PP_EXPORT int getpeername(int fd, struct sockaddr *restrict addr, socklen_t *restrict len)
{
	return pp_host_getpeername(fd, addr, len);
}
