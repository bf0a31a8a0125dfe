#include "host/ask.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "host/place.h"
#include "host/sys.h"
#include "ipc/codec.h"

static void close_fd(int fd)
{
	pp_sys1(SYS_close, fd); /* never retried: on Linux the descriptor is gone after EINTR too */
}

/* EAGAIN is how a unix socket says "backlog full" (a TCP one would queue): try again shortly. */
static long connect_until(int fd, const struct sockaddr_un *to, int64_t deadline_ms)
{
	for (;;) {
		long r = pp_sys3(SYS_connect, fd, to, sizeof *to);
		if (r != -EAGAIN && r != -EINTR)
			return r;
		if (pp_sys_now_ms() >= deadline_ms)
			return -ETIMEDOUT;
		pp_sys_sleep_ms(1);
	}
}

/* What we say may hold a secret (WISH), and what we hear decides where the program's password goes: only to and from
 * a broker of our own user, whoever was able to put this socket here. */
static bool is_ours(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof peer;
	return pp_sys5(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       peer.uid == (uint32_t)pp_sys0(SYS_geteuid);
}

int pp_ask_dial_dir(const char *dir, int64_t deadline_ms)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	pp_dir_join(dir, PP_IPC_SOCK, to.sun_path);
	int fd = (int)pp_sys3(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	long r = connect_until(fd, &to, deadline_ms);
	if (r == 0 && !is_ours(fd))
		r = -EACCES;
	if (r == 0)
		return fd;
	close_fd(fd);
	return (int)r;
}

int pp_ask_dial(int64_t deadline_ms)
{
	char dir[PP_DIR_MAX];
	int fd = -ENOENT;
	for (unsigned i = 0; fd < 0; i++) {
		int err = pp_place_candidate(i, false, dir);
		if (err == PP_ERR_ABSENT)
			break;
		if (err == 0)
			fd = pp_ask_dial_dir(dir, deadline_ms);
	}
	return fd;
}

static int send_bytes(int fd, const void *bytes, size_t len)
{
	/* a page at most into an empty socket buffer: all or nothing */
	long r = pp_sys6(SYS_sendto, fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0);
	return r == (long)len ? 0 : PP_ERR_SYS;
}

static int receive_msg(int fd, int64_t deadline_ms, struct pp_ipc_msg *ret_msg)
{
	uint8_t bytes[sizeof *ret_msg];
	size_t have = 0;
	while (have < sizeof bytes) {
		if (!pp_sys_wait_fd(fd, POLLIN, deadline_ms))
			return PP_ERR_SYS;
		long r = pp_sys6(SYS_recvfrom, fd, bytes + have, sizeof bytes - have, MSG_DONTWAIT,
				 NULL, NULL);
		if (r == 0)
			return PP_ERR_SYS;
		if (r > 0)
			have += (size_t)r;
		else if (r != -EAGAIN && r != -EINTR)
			return PP_ERR_SYS;
	}
	return pp_codec_read_msg(bytes, sizeof bytes, ret_msg);
}

static int exchange(int fd, const void *question, size_t len, int64_t deadline_ms,
		    struct pp_ipc_msg *ret_answer)
{
	int err = send_bytes(fd, question, len);
	if (err == 0)
		err = receive_msg(fd, deadline_ms, ret_answer);
	close_fd(fd);
	return err;
}

int pp_ask_exchange(int fd, const struct pp_ipc_msg *question, int64_t deadline_ms,
		    struct pp_ipc_msg *ret_answer)
{
	return exchange(fd, question, sizeof *question, deadline_ms, ret_answer);
}

int pp_ask_wish(int fd, const struct pp_ipc_wish *question, int64_t deadline_ms,
		struct pp_ipc_msg *ret_answer)
{
	return exchange(fd, question, sizeof question->msg + question->msg.length, deadline_ms,
			ret_answer);
}

void pp_ask_tell(int fd, const struct pp_ipc_msg *message)
{
	(void)!send_bytes(fd, message, sizeof *message);
	close_fd(fd);
}
