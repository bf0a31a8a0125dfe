#include "broker/credentials.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker/broker.h"
#include "ipc/dir.h"

int pp_credentials_socket(const char *dir, const char *name)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int one = 1;
	pp_dir_join(dir, name, at.sun_path);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	unlink(at.sun_path);
	mode_t old = umask(0177);
	int r = bind(fd, (struct sockaddr *)&at, sizeof at);
	umask(old);
	if (r == 0 && setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof one) == 0)
		return fd;
	int saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

ssize_t pp_credentials_receive(struct pp_broker *b, int fd, void *bytes, size_t size,
			       pid_t *ret_pid)
{
	char control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec iov = {bytes, size};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof control};
	struct ucred who;
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);
	if (n < 0)
		return -1;
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS)
		return 0;
	memcpy(&who, CMSG_DATA(c), sizeof who);
	if (who.uid != b->uid)
		return 0;
	*ret_pid = who.pid;
	return n;
}
