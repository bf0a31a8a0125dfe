#include "broker/last_fd.h"

#include <fcntl.h>
#include <unistd.h>

int pp_last_fd(int fd, int least)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, least);
	if (high < 0)
		return fd;
	close(fd);
	return high;
}
