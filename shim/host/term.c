#include "host/term.h"

#include <podpool/ipc.h>
#include <stdbool.h>

#include "host/action.h"
#include "host/ask.h"
#include "host/conf.h"
#include "host/sys.h"
#include "ipc/codec.h"

#define ANSWER_WAIT_MS 200 /* of the program's 30 s of grace */
#define BYE_WAIT_MS    200
#define EXIT_STATUS    (128 + SIGTERM)

static struct pp_ipc_msg question(uint32_t flags)
{
	struct pp_ipc_msg msg;
	pp_codec_init(&msg, PP_IPC_TERM);
	msg.flags = flags;
	return msg;
}

static void tell(uint32_t flags)
{
	struct pp_ipc_msg msg = question(flags);
	int broker = pp_ask_dial(0); /* deadline passed: a full backlog is not waited for */
	if (broker >= 0)
		pp_ask_tell(broker, &msg);
}

/* Has the broker a transaction of this process to end first? */
static bool should_wait(uint32_t flags)
{
	struct pp_ipc_msg msg = question(flags), answer;
	int64_t deadline = pp_sys_now_ms() + ANSWER_WAIT_MS;
	int broker = pp_ask_dial(deadline);
	return broker >= 0 && pp_ask_exchange(broker, &msg, deadline, &answer) == 0 &&
	       answer.op == PP_IPC_WAIT;
}

/* The signal is blocked while its handler runs; delivered at the unblocking. */
static void die_of(int sig)
{
	uint64_t set = UINT64_C(1) << (sig - 1);
	pp_action_let_die();
	pp_sys3(SYS_tgkill, pp_sys0(SYS_getpid), pp_sys0(SYS_gettid), sig);
	pp_sys4(SYS_rt_sigprocmask, SIG_UNBLOCK, &set, NULL, PP_SYS_SIGSET_BYTES);
}

/* raise(), kill(getpid()). The kernel translates si_pid: 0 for a sender of a pid namespace outside. */
static bool is_from_itself(const siginfo_t *info)
{
	return info->si_code <= 0 && info->si_pid == pp_sys0(SYS_getpid);
}

static void act_by_default(int sig, const siginfo_t *info)
{
	bool is_pid1 = pp_sys0(SYS_getpid) == 1;
	if (is_pid1 && !pp_conf_get()->is_pid1_exit) {
		tell(PP_IPC_TERM_PID1);
		return;
	}
	/* a PID 1 that exits takes the broker along: it asks like everybody else who dies */
	uint32_t more = is_pid1 ? PP_IPC_TERM_PID1 : is_from_itself(info) ? PP_IPC_TERM_SELF : 0;
	if (should_wait(PP_IPC_TERM_DEFAULT | more))
		return;
	if (is_pid1) {
		pp_term_exit();
		pp_sys1(SYS_exit_group, EXIT_STATUS);
	}
	die_of(sig);
}

void pp_term_default(int sig, siginfo_t *info, void *context)
{
	int before = pp_sys_get_errno();
	(void)context;
	act_by_default(sig, info);
	pp_sys_set_errno(before);
}

void pp_term_handler(int sig, siginfo_t *info, void *context)
{
	int before = pp_sys_get_errno();
	struct pp_action action = pp_action_take();
	if (action.handler == SIG_IGN)
		return;
	if (action.handler == SIG_DFL) { /* two threads took an SA_RESETHAND handler at once */
		pp_term_default(sig, info, context);
		return;
	}
	tell(PP_IPC_TERM_HANDLER);
	pp_sys_set_errno(before);
	if (action.flags & SA_SIGINFO)
		((void (*)(int, siginfo_t *, void *))(void *)action.handler)(sig, info, context);
	else
		action.handler(sig);
}

void pp_term_exit(void)
{
	struct pp_ipc_msg msg, answer;
	if (pp_sys0(SYS_getpid) != 1 || !pp_conf_get()->is_on)
		return;
	int64_t deadline = pp_sys_now_ms() + BYE_WAIT_MS;
	int broker = pp_ask_dial(deadline);
	if (broker < 0)
		return;
	pp_codec_init(&msg, PP_IPC_BYE);
	(void)!pp_ask_exchange(broker, &msg, deadline, &answer); /* there is none but the end */
}
