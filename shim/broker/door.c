#include "broker/door.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/broker.h"
#include "broker/door_wait.h"
#include "broker/identity.h"
#include "broker/process.h"
#include "broker/question.h"
#include "broker/reload.h"
#include "broker/route.h"
#include "broker/status.h"
#include "broker/tick.h"
#include "broker/wishes.h"
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

/* Of a container that shares our directory but not our end: once we leave, it is better off on its own, until a broker
 * starts in its own container. */
static bool should_go_alone(const struct pp_broker *b, pid_t pid)
{
	return pid <= 0 && b->drain.state != PP_DRAIN_RUN;
}

static void send_answer(int fd, const struct pp_ipc_msg *answer)
{
	/* 48 bytes into an empty socket buffer: it fits or the asker is gone. */
	ssize_t ignored = send(fd, answer, sizeof *answer, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)ignored;
}

static void send_op(int fd, enum pp_ipc_op op)
{
	struct pp_ipc_msg answer;
	pp_codec_init(&answer, op);
	send_answer(fd, &answer);
}

/* A destination of ours, but not now. */
static enum pp_ipc_op not_now(const struct pp_broker *b)
{
	return b->config.fail == PP_FAIL_CLOSED ? PP_IPC_REFUSE : PP_IPC_DIRECT;
}

void pp_door_answer_route(struct pp_route *route, int fd, const struct pp_ipc_msg *question,
			  pid_t pid)
{
	struct pp_broker *b = route->broker;
	struct pp_ipc_msg answer;
	if (route->reach == PP_ROUTE_DOWN) {
		send_op(fd, not_now(b));
		return;
	}
	pp_process_note(b, pid);
	pp_identity_expect(b, question->cookie, pid, question->flags);
	pp_codec_init(&answer, PP_IPC_ROUTED);
	answer.addr = route->listening;
	send_answer(fd, &answer);
}

/* True: it will be answered later, and fd is kept. */
static bool answer_route(struct pp_broker *b, int fd, const struct pp_ipc_msg *question, pid_t pid)
{
	struct pp_route *route;
	if (pp_targets_match(&b->targets, &question->addr) != PP_TARGET_YES) {
		send_op(fd, PP_IPC_DIRECT); /* not ours: FAIL=closed does not concern it */
		return false;
	}
	if (should_go_alone(b, pid)) {
		send_op(fd, not_now(b));
		return false;
	}
	int r = pp_route_get(b, &question->addr, &route);
	if (r < 0) {
		pp_log(PP_LOG_WARNING, "a destination is not pooled: %s",
		       r == PP_ERR_SYS ? strerror(errno) : pp_err_str(r));
		send_op(fd, not_now(b));
		return false;
	}
	if (pp_question_is_reach_open(route) && pp_door_wait(route, fd, question, pid))
		return true;
	pp_door_answer_route(route, fd, question, pid);
	return false;
}

static void answer_peer(struct pp_broker *b, const struct pp_ipc_msg *question,
			struct pp_ipc_msg *answer)
{
	struct pp_route *route = pp_route_by_listening(b, &question->addr);
	pp_codec_init(answer, route ? PP_IPC_ROUTED : PP_IPC_DIRECT);
	if (route)
		answer->addr = route->destination;
}

static void answer_wish(struct pp_broker *b, const struct pp_ipc_msg *question, const char *text,
			pid_t pid, struct pp_ipc_msg *answer)
{
	bool kept = !should_go_alone(b, pid) &&
		    pp_wishes_keep(b, question->flags, text, question->length);
	pp_codec_init(answer, kept ? PP_IPC_OK : PP_IPC_DIRECT);
}

static void answer_drain(struct pp_broker *b, pid_t pid, struct pp_ipc_msg *answer)
{
	pp_codec_init(answer, PP_IPC_NOW);
	if (pid <= 0) {
		pp_log(PP_LOG_INFO, "another container ends");
		return;
	}
	pp_log(PP_LOG_INFO, "process %d asks to drain", (int)pid);
	pp_codec_init(answer, PP_IPC_OK);
	pp_tick_drain(b, PP_DRAIN_EV_REQUEST);
}

static void answer_reload(struct pp_broker *b, int fd)
{
	char text[sizeof(struct pp_errctx) + 8];
	struct pp_errctx err;
	int r = pp_reload_now(b, &err);
	int n = snprintf(text, sizeof text, "%s%s%s", r == 0 ? "ok" : "",
			 r == 0 && *err.text ? ", but " : "", err.text);
	(void)!send(fd, text, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Only our own pid namespace ends with its PID 1; another container's may share the directory. */
static void hear_bye(struct pp_broker *b, int fd, pid_t pid)
{
	if (pid != 1)
		return;
	pp_log(PP_LOG_INFO, "PID 1 ends");
	(void)!fcntl(fd, F_DUPFD_CLOEXEC, 0); /* stays open until we are gone: that is the answer */
	pp_tick_drain(b, PP_DRAIN_EV_BYE);
}

/* `text` has as many bytes as the question says. True: it will be answered later, and fd is kept. */
static bool answer_question(struct pp_broker *b, int fd, const struct pp_ipc_msg *question,
			    const char *text, pid_t pid)
{
	struct pp_ipc_msg answer;
	switch (question->op) {
	case PP_IPC_ROUTE: return answer_route(b, fd, question, pid);
	case PP_IPC_PEER: answer_peer(b, question, &answer); break;
	case PP_IPC_TERM: pp_codec_init(&answer, pp_process_term(b, pid, question->flags)); break;
	case PP_IPC_STATUS: pp_status_send(b, fd); return false;
	case PP_IPC_WISH: answer_wish(b, question, text, pid, &answer); break;
	case PP_IPC_RELOAD: answer_reload(b, fd); return false;
	case PP_IPC_BYE: hear_bye(b, fd, pid); return false;
	case PP_IPC_DRAIN: answer_drain(b, pid, &answer); break;
	default: return false;
	}
	send_answer(fd, &answer);
	return false;
}

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
		if (answer_question(b, fd, &question, bytes.text, who->pid))
			return VISIT_KEPT;
	} else if (n > 0) {
		/* Another version speaks: it gets the one answer every version knows. */
		send_op(fd, PP_IPC_DIRECT);
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

void pp_door_close(struct pp_broker *b)
{
	char path[108];
	if (b->sock_fd < 0)
		return;
	pp_door_wait_close(b);
	pp_dir_join(b->dir, PP_IPC_SOCK, path);
	if (inode_of(b) == b->sock_inode)
		unlink(path); /* not another broker's */
	if (b->sock_event)
		event_free(b->sock_event);
	b->sock_event = NULL;
	close(b->sock_fd);
	b->sock_fd = -1;
}
