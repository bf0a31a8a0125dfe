#include "broker/door.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/broker.h"
#include "broker/door_answer.h"
#include "broker/door_wait.h"
#include "broker/last_fd.h"
#include "broker/route.h"
#include "broker/target_names.h"
#include "ipc/codec.h"
#include "ipc/dir.h"

#define PP_DOOR_BACKLOG 4096
/* A question is one small message sent at once; who dawdles has no broker. */
#define PP_DOOR_TIMEOUT_S 2

struct visitor {
	struct pp_broker *broker;
	int fd;
	struct ucred who;
	struct event event;
};

enum visit {
	VISIT_OVER,   /* answered, or not worth waiting for */
	VISIT_SILENT, /* nothing was asked yet */
	VISIT_KEPT,   /* the answer comes later: fd is no longer ours */
};

static enum visit serve(struct pp_broker *b, int fd, const struct ucred *who)
{
	struct pp_ipc_msg question;
	struct pp_ipc_wish bytes; /* the longest question there is */
	ssize_t n = recv(fd, &bytes, sizeof bytes, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return VISIT_SILENT;
	size_t len = n > (ssize_t)sizeof question ? sizeof question : (size_t)n;
	size_t text_len = (size_t)n - len;
	if (n > 0 && pp_codec_read_msg(&bytes, len, &question) == 0 &&
	    text_len == (question.op == PP_IPC_WISH ? question.length : 0)) {
		if (pp_door_answer(b, fd, &question, bytes.text, who->pid))
			return VISIT_KEPT;
	} else if (n > 0) {
		/* Another version speaks: it gets the one answer every version knows. */
		pp_door_answer_direct(fd);
	}
	return VISIT_OVER;
}

static void on_question(evutil_socket_t fd, short what, void *arg)
{
	struct visitor *v = arg;
	pp_broker_now(v->broker);
	enum visit visit = what & EV_TIMEOUT ? VISIT_OVER : serve(v->broker, fd, &v->who);
	if (visit == VISIT_SILENT)
		return;
	event_del(&v->event);
	if (visit == VISIT_OVER)
		close(fd);
	free(v);
}

static void wait_for_question(struct pp_broker *b, int fd, const struct ucred *who)
{
	struct visitor *v = calloc(1, sizeof *v);
	struct timeval limit = {.tv_sec = PP_DOOR_TIMEOUT_S};
	if (v) {
		*v = (struct visitor){.broker = b, .fd = fd, .who = *who};
		event_assign(&v->event, b->base, fd, EV_READ | EV_PERSIST, on_question, v);
		if (event_add(&v->event, &limit) == 0)
			return;
	}
	free(v);
	close(fd);
}

static void visit(struct pp_broker *b, int fd)
{
	struct ucred who;
	socklen_t len = sizeof who;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0 || who.uid != b->uid) {
		close(fd);
		return;
	}
	/* The shim sends right after its connect: most of the time the question is there already. */
	switch (serve(b, fd, &who)) {
	case VISIT_OVER: close(fd); break;
	case VISIT_SILENT: wait_for_question(b, fd, &who); break;
	case VISIT_KEPT: break;
	}
}

void pp_door_spare(struct pp_broker *b)
{
	if (b->spare_fd < 0)
		b->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Out of descriptors: the program hears at once that we have nothing for it, and does without. */
static void send_away(struct pp_broker *b)
{
	close(b->spare_fd);
	int visitor = accept4(b->sock_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (visitor >= 0)
		close(visitor);
	b->spare_fd = -1;
	pp_door_spare(b);
}

static void on_visit(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	struct pp_broker *b = arg;
	pp_broker_now(b);
	/* One a round: asking accept until it says no would cost every lone visitor a system call more. */
	int visitor = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (visitor >= 0)
		visit(b, visitor);
	else if ((errno == EMFILE || errno == ENFILE) && b->spare_fd >= 0)
		send_away(b);
	else
		pp_route_accept_failed(b, errno);
}

static uint64_t inode_of(const struct pp_broker *b)
{
	char path[108];
	struct stat st;
	pp_dir_join(b->dir, PP_IPC_SOCK, path);
	return lstat(path, &st) == 0 ? st.st_ino : 0;
}

int pp_door_open(struct pp_broker *b, struct pp_errctx *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	pp_dir_join(b->dir, PP_IPC_SOCK, at.sun_path);
	b->sock_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (b->sock_fd < 0)
		return pp_err_set(err, PP_ERR_SYS, "no unix socket: %s", strerror(errno));
	b->sock_fd = pp_last_fd(b->sock_fd, PP_LAST_FD_SOCK);
	unlink(at.sun_path);
	mode_t old = umask(0177);
	int r = bind(b->sock_fd, (struct sockaddr *)&at, sizeof at);
	umask(old);
	if (r < 0 || listen(b->sock_fd, PP_DOOR_BACKLOG) < 0)
		return pp_err_set(err, PP_ERR_SYS, "cannot listen at %s: %s", at.sun_path,
				  strerror(errno));
	b->sock_event = event_new(b->base, b->sock_fd, EV_READ | EV_PERSIST, on_visit, b);
	if (!b->sock_event || event_add(b->sock_event, NULL) < 0)
		return pp_err_set(err, PP_ERR_NOMEM, "no event for %s", at.sun_path);
	b->sock_inode = inode_of(b);
	pp_door_spare(b);
	return 0;
}

bool pp_door_is_there(const struct pp_broker *b)
{
	return b->sock_event && inode_of(b) == b->sock_inode;
}

bool pp_door_has_visitor(const struct pp_broker *b)
{
	struct pollfd p = {.fd = b->sock_fd, .events = POLLIN};
	return poll(&p, 1, 0) == 1;
}

void pp_door_close(struct pp_broker *b)
{
	char path[108];
	if (b->sock_fd < 0)
		return;
	pp_door_wait_close(b);
	pp_target_names_close(b);
	pp_dir_join(b->dir, PP_IPC_SOCK, path);
	if (inode_of(b) == b->sock_inode)
		unlink(path); /* not another broker's */
	if (b->sock_event)
		event_free(b->sock_event);
	b->sock_event = NULL;
	close(b->sock_fd);
	b->sock_fd = -1;
}
