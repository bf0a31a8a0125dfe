#include "host/action.h"

#include <stddef.h>
#include <sys/types.h>

#include "host/conf.h"
#include "host/sys.h"
#include "host/term.h"

/* libc adds it on x86-64, and a query shows it: part of what the program would have seen. */
#define KERNEL_SA_RESTORER (PP_SYS_HAS_RESTORER ? 0x04000000 : 0)

#define FLAG_COUNT  5
#define FLAGS_SHIFT (64 - FLAG_COUNT)

static const int packed_flags[FLAG_COUNT] = {SA_SIGINFO, SA_RESETHAND, SA_RESTART, SA_ONSTACK,
					     KERNEL_SA_RESTORER};

/* Written only by a process that may_write(). */
static _Atomic uint64_t program_action;

/* The process that may write the word; 0 is nobody. Written before main() and in fork children. */
static _Atomic pid_t owner_pid;

/* glibc's name and musl's; neither runs for vfork. Registering allocates nothing in glibc. */
int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *dso)
	__attribute__((weak));
int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
	__attribute__((weak));

static pid_t get_pid(void)
{
	return (pid_t)pp_sys0(SYS_getpid); /* never a cached one: see vfork */
}

static void own(void)
{
	owner_pid = get_pid();
}

static bool may_write(void)
{
	return owner_pid == get_pid();
}

uint64_t pp_action_pack(struct pp_action action)
{
	uint64_t word = (uint64_t)(uintptr_t)action.handler;
	for (int i = 0; i < FLAG_COUNT; i++)
		if (action.flags & packed_flags[i])
			word |= UINT64_C(1) << (FLAGS_SHIFT + i);
	return word;
}

struct pp_action pp_action_unpack(uint64_t word)
{
	struct pp_action action = {NULL, 0};
	uintptr_t address = (uintptr_t)(word & ((UINT64_C(1) << FLAGS_SHIFT) - 1));
	action.handler = (void (*)(int))address;
	for (int i = 0; i < FLAG_COUNT; i++)
		if (word >> (FLAGS_SHIFT + i) & 1)
			action.flags |= packed_flags[i];
	return action;
}

static bool is_handler(void (*handler)(int))
{
	return handler != SIG_DFL && handler != SIG_IGN;
}

/* What goes into the kernel for the program's `act`. SIGTERM's default has no frame of the program
 * on it, so it may use the alternate stack and restart what it interrupts. */
static struct sigaction kernels_for(const struct sigaction *act)
{
	struct sigaction ours = *act;
	if (act->sa_handler == SIG_IGN)
		return ours;
	ours.sa_flags = (act->sa_flags & ~SA_RESETHAND) | SA_SIGINFO;
	if (is_handler(act->sa_handler)) {
		ours.sa_sigaction = pp_term_handler;
	} else {
		ours.sa_flags |= SA_RESTART | SA_ONSTACK;
		ours.sa_sigaction = pp_term_default;
	}
	return ours;
}

/* Turns the kernel's entry into the one the program set. */
static void show_programs(struct sigaction *act, uint64_t word)
{
	struct pp_action action = pp_action_unpack(word);
	int kept = SA_SIGINFO | SA_RESETHAND;
	if (act->sa_sigaction == pp_term_default) {
		kept |= SA_RESTART | SA_ONSTACK | KERNEL_SA_RESTORER;
		action.handler = SIG_DFL;
	} else if (act->sa_sigaction != pp_term_handler) {
		return;
	}
	act->sa_handler = action.handler;
	act->sa_flags = (act->sa_flags & ~kept) | (action.flags & kept);
}

static bool is_ours(const struct sigaction *act)
{
	return act->sa_sigaction == pp_term_default || act->sa_sigaction == pp_term_handler;
}

/* Goes before whatever the program has in the kernel; SIG_IGN stays. */
static void take_over(void)
{
	struct sigaction now;
	if (pp_real_sigaction(SIGTERM, NULL, &now) < 0 || now.sa_handler == SIG_IGN ||
	    is_ours(&now))
		return;
	struct sigaction ours = kernels_for(&now);
	program_action = pp_action_pack((struct pp_action){now.sa_handler, now.sa_flags});
	pp_real_sigaction(SIGTERM, &ours, NULL);
}

void pp_action_start(void)
{
	own();
	if (__register_atfork)
		__register_atfork(NULL, NULL, own, NULL);
	else if (pthread_atfork)
		pthread_atfork(NULL, NULL, own);
	take_over();
}

int pp_action_set(const struct sigaction *act, struct sigaction *ret_old)
{
	uint64_t before = program_action;
	struct sigaction ours;
	int r;
	if (act && may_write()) {
		ours = kernels_for(act);
		if (act->sa_handler != SIG_IGN)
			program_action = pp_action_pack((struct pp_action){
				act->sa_handler, act->sa_flags | KERNEL_SA_RESTORER});
		r = pp_real_sigaction(SIGTERM, &ours, ret_old);
	} else {
		r = pp_real_sigaction(SIGTERM, act, ret_old);
	}
	if (r == 0 && ret_old)
		show_programs(ret_old, before);
	return r;
}

static pp_real_handler programs_handler(void)
{
	struct sigaction act;
	if (pp_action_set(NULL, &act) < 0)
		return SIG_ERR;
	return act.sa_handler;
}

pp_real_handler pp_action_signal(pp_real_signal_fn real, pp_real_handler handler)
{
	pp_real_handler before = programs_handler(), r = real(SIGTERM, handler);
	if (r != SIG_ERR && may_write())
		take_over();
	return r == SIG_ERR || r == SIG_HOLD ? r : before;
}

/* The kernel's SA_RESETHAND: the disposition is SIG_DFL from here on, mask and flags stay. */
static void reset_to_default(uint64_t word)
{
	struct pp_action action = pp_action_unpack(word);
	struct sigaction now;
	if (!may_write()) {
		pp_action_let_die();
		return;
	}
	action.handler = SIG_DFL;
	if (pp_real_sigaction(SIGTERM, NULL, &now) < 0 || now.sa_sigaction != pp_term_handler)
		return;
	program_action = pp_action_pack(action);
	now.sa_handler = SIG_DFL;
	struct sigaction ours = kernels_for(&now);
	pp_real_sigaction(SIGTERM, &ours, NULL);
}

struct pp_action pp_action_take(void)
{
	uint64_t word = program_action;
	struct pp_action action = pp_action_unpack(word);
	if (action.flags & SA_RESETHAND && is_handler(action.handler))
		reset_to_default(word);
	return action;
}

void pp_action_let_die(void)
{
	struct sigaction act = {0};
	act.sa_handler = SIG_DFL;
	pp_real_sigaction(SIGTERM, &act, NULL);
}
