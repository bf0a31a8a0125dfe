/* shim/host/term.h - what runs when SIGTERM arrives: the broker hears of it, then happens what would
 * have happened without podpool. Who never asked for a route asks nothing here either, but for PID 1.
 *
 * Both run as signal handlers: system calls and the words of host/action.h and host/route.h, nothing else; errno kept.
 * Neither ever starts a broker.
 */
#ifndef PP_HOST_TERM_H
#define PP_HOST_TERM_H

#include <signal.h>

/* The program's own handler is behind it. Tells the broker without waiting, calls the handler last:
 * it may never return. */
void pp_term_handler(int sig, siginfo_t *info, void *context);

/* The default action. Dies of it as the kernel would have let it ("killed by 15"), unless the broker
 * asks for the time to end a transaction; it then sends SIGTERM once more.
 * As PID 1, where the kernel drops it: returns, or exits with 143 under PODPOOL_PID1_EXIT, as late: the others of its
 * pid namespace end with it. What a process of the pod sends to PID 1 (`kill 0` in a script of its group) does not end
 * the pod without podpool: it is no news for the broker, and that setting counts for it only once the pod has been told to
 * leave from outside (Node's way to die is to send itself what it got). */
void pp_term_default(int sig, siginfo_t *info, void *context);

/* The process exits, or is about to. As PID 1 it takes the broker along, so that one says goodbye to the server first:
 * waited for 200 ms at most. Any other process: nothing. */
void pp_term_exit(void);

#endif
