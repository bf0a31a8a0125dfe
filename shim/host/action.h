/* shim/host/action.h - the program's SIGTERM disposition, kept while ours is in the kernel.
 *
 * The kernel's own entry tells most of the state; only what the program's handler is must be kept:
 *
 *   kernel has             the program's disposition is
 *   pp_term_default        SIG_DFL
 *   pp_term_handler        the handler in the word below
 *   anything else          just that (SIG_IGN, or set behind our back)
 *
 * The word is one atomic 64-bit value, handler address and a few flags, so handlers and threads read
 * it whole without a lock. Mask and all other flags are in the kernel, where siginterrupt() and
 * sigignore() may change them without us.
 *
 * A vfork child shares the word but not the dispositions: it must never write. A process may write
 * only if the constructor or the fork() handler ran in it; every other one (vfork, raw clone) sets the
 * kernel's entry directly, which is right for it and forgotten at exec. MADV_WIPEONFORK would not do:
 * it cannot tell a fork child from that child's own vfork child.
 */
#ifndef PP_HOST_ACTION_H
#define PP_HOST_ACTION_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/real.h"

struct pp_action {
	void (*handler)(int sig); /* SIG_DFL, SIG_IGN or the program's, with or without siginfo */
	int flags; /* what the program said of SA_SIGINFO, SA_RESETHAND, SA_RESTART, SA_ONSTACK */
};

/* Handler and flags in one word and back. Pure. User addresses end below 2^57. */
uint64_t pp_action_pack(struct pp_action action);
struct pp_action pp_action_unpack(uint64_t word);

/* Installs pp_term_default where the program was started with SIG_DFL, pp_term_handler where a constructor before ours has
 * set a handler; SIG_IGN (nohup) stays. */
void pp_action_start(void);

/* sigaction(SIGTERM, ...) as the program means it. */
int pp_action_set(const struct sigaction *act, struct sigaction *ret_old);

/* signal(SIGTERM, ...) and its relatives: the libc function chooses flags and mask, and we follow a moment later. Until
 * then the program's own entry is in the kernel, and a SIGTERM does what it does without us. Ours must not be: these
 * functions set it without SA_SIGINFO, and it would read a siginfo that is not there. Nor may SIGTERM be blocked
 * meanwhile: sigset() tells what it found. */
pp_real_handler pp_action_signal(pp_real_signal_fn real, pp_real_handler handler);

/* For pp_term_handler: the action to run now; SA_RESETHAND takes effect here. */
struct pp_action pp_action_take(void);

/* Puts SIG_DFL into the kernel: the next SIGTERM of this process kills it. */
void pp_action_let_die(void);

#endif
