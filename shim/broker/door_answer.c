#include "broker/door_answer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "broker/broker.h"
#include "broker/door_wait.h"
#include "broker/identity.h"
#include "broker/process.h"
#include "broker/reach.h"
#include "broker/reload.h"
#include "broker/route.h"
#include "broker/status.h"
#include "broker/target_names.h"
#include "broker/tick.h"
#include "broker/wishes.h"
#include "ipc/codec.h"

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

void pp_door_answer_direct(int fd)
{
	send_op(fd, PP_IPC_DIRECT);
}

/* A destination of ours, but not now. */
static void send_not_now(struct pp_broker *b, int fd)
{
	send_op(fd, b->config.fail == PP_FAIL_CLOSED ? PP_IPC_REFUSE : PP_IPC_DIRECT);
}

void pp_door_answer_route(struct pp_route *route, int fd, const struct pp_ipc_msg *question,
			  pid_t pid)
{
	struct pp_broker *b = route->broker;
	struct pp_ipc_msg answer;
	if (route->reach == PP_ROUTE_DOWN) {
		send_not_now(b, fd);
		return;
	}
	pp_process_note(b, pid);
	pp_identity_expect(b, question->cookie, pid, question->flags);
	pp_wishes_routed(b, question->flags, pid);
	pp_codec_init(&answer, PP_IPC_ROUTED);
	answer.addr = route->listening;
	answer.cookie = b->netns;
	send_answer(fd, &answer);
}

bool pp_door_answer_target(struct pp_broker *b, int fd, const struct pp_ipc_msg *question,
			   pid_t pid, bool is_target)
{
	struct pp_route *route;
	if (!is_target) {
		send_op(fd, PP_IPC_DIRECT); /* not ours: FAIL=closed does not concern it */
		return false;
	}
	if (should_go_alone(b, pid)) {
		send_not_now(b, fd);
		return false;
	}
	int r = pp_route_get(b, &question->addr, &route);
	if (r < 0) {
		pp_log(PP_LOG_WARNING, "a destination is not pooled: %s",
		       r == PP_ERR_SYS ? strerror(errno) : pp_err_str(r));
		send_not_now(b, fd);
		return false;
	}
	if (pp_reach_is_open(route) && pp_door_wait(route, fd, question, pid))
		return true;
	pp_door_answer_route(route, fd, question, pid);
	return false;
}

/* True: it will be answered later, and fd is kept. */
static bool answer_route(struct pp_broker *b, int fd, const struct pp_ipc_msg *question, pid_t pid)
{
	enum pp_target_answer answer = pp_targets_match(&b->targets, &question->addr);
	/* Whose wish is kept has only hosts that are targets, by the same table as ours: its address is one of theirs. */
	if (answer == PP_TARGET_PERHAPS && pp_wishes_is_kept(b, question->flags))
		answer = PP_TARGET_YES;
	if (answer == PP_TARGET_PERHAPS)
		answer = pp_target_names_ask(b, fd, question, pid);
	return answer == PP_TARGET_PERHAPS ||
	       pp_door_answer_target(b, fd, question, pid, answer == PP_TARGET_YES);
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
	bool ok = question->length == 0
			  ? !pp_wishes_was_turned_away(b, question->flags, pid)
			  : !should_go_alone(b, pid) && pp_wishes_keep(b, question, text, pid);
	pp_codec_init(answer, ok ? PP_IPC_OK : PP_IPC_DIRECT);
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

bool pp_door_answer(struct pp_broker *b, int fd, const struct pp_ipc_msg *question,
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
