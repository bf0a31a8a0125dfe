/* Somebody else's preload: stands in front of connect() too, and says when it was passed. */
#include <dlfcn.h>
#include <sys/socket.h>
#include <unistd.h>

int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	int (*next)(int, const struct sockaddr *, socklen_t) =
		(int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "connect");
	if (write(2, "passed\n", 7) < 0)
		return -1;
	return next(fd, addr, len);
}
