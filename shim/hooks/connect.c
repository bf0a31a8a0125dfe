/* shim/hooks/connect.c - the exported connect(). */
#include "host/connect.h"

#include "hooks/export.h"

PP_EXPORT int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	return pp_host_connect(fd, addr, len);
}
