#include "host/term.h"

#include <podpool/ipc.h>
#include <stdbool.h>

#include "host/action.h"
#include "host/ask.h"
#include "host/conf.h"
#include "host/route.h"
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

/* What the broker says to a death: WAIT for the end of a transaction, NOW; 0 when it says nothing. */
static uint16_t ask(uint32_t flags)
{
	struct pp_ipc_msg msg = question(PP_IPC_TERM_DEFAULT | flags), answer;
	int64_t deadline = pp_sys_now_ms() + ANSWER_WAIT_MS;
	int broker = pp_ask_dial(deadline);
	if (broker < 0 || pp_ask_exchange(broker, &msg, deadline, &answer) < 0)
		return 0;
	return answer.op;
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

static bool is_pid1(void)
{
	return pp_sys0(SYS_getpid) == 1;
}

/* A broker that was never asked for a route knows nothing of this process and would say NOW. Asked all the same, a program
 * in a sandbox of its own (seccomp) would die of the question. With PID 1 everything ends. */
static bool is_known(void)
{
	return is_pid1() || pp_route_was_asked();
}

/* From a pid namespace above, as a container runtime sends it, or from no process. */
static bool is_from_outside(const siginfo_t *info)
{
	return info->si_code == SI_KERNEL || (info->si_code == SI_USER && info->si_pid == 0);
}

static uint32_t inside(const siginfo_t *info)
{
	return is_pid1() && !is_from_outside(info) ? PP_IPC_TERM_INSIDE : 0;
}

/* It takes everybody along, the broker as well: so it asks like all who die. The broker's own SIGTERM, after a WAIT, comes
 * from inside, too. */
static void leave_as_pid1(const siginfo_t *info)
{
	uint32_t where = inside(info);
	uint16_t answer = ask(PP_IPC_TERM_PID1 | where);
	if (where ? answer != PP_IPC_NOW : answer == PP_IPC_WAIT)
		return;
	pp_term_exit();
	pp_sys1(SYS_exit_group, EXIT_STATUS);
}

static void act_as_pid1(const siginfo_t *info)
{
	if (pp_conf_get()->is_pid1_exit)
		leave_as_pid1(info);
	else if (is_from_outside(info))
		tell(PP_IPC_TERM_PID1);
}

static void act_by_default(int sig, const siginfo_t *info)
{
	if (is_pid1())
		act_as_pid1(info);
	else if (!is_known() || ask(is_from_itself(info) ? PP_IPC_TERM_SELF : 0) != PP_IPC_WAIT)
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
	if (is_known())
		tell(PP_IPC_TERM_HANDLER | inside(info));
	pp_sys_set_errno(before);
	if (action.flags & SA_SIGINFO)
		((void (*)(int, siginfo_t *, void *))(void *)action.handler)(sig, info, context);
	else
		action.handler(sig);
}

void pp_term_exit(void)
{
	struct pp_ipc_msg msg, answer;
	if (!is_pid1() || !pp_conf_get()->is_on)
		return;
	int64_t deadline = pp_sys_now_ms() + BYE_WAIT_MS;
	int broker = pp_ask_dial(deadline);
	if (broker < 0)
		return;
	pp_codec_init(&msg, PP_IPC_BYE);
	(void)!pp_ask_exchange(broker, &msg, deadline, &answer); /* there is none but the end */
}
