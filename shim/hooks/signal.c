/* shim/hooks/signal.c - the exported signal() and its relatives: SIGTERM only.
 *
 * Inside libc they call a hidden sigaction, so each must be hooked. Not hooked, because what they
 * do to the kernel's entry needs no help: sigignore (it becomes SIG_IGN, which is never ours) and
 * siginterrupt (it flips SA_RESTART, which for a handler lives in the kernel only).
 */
#include <signal.h>
#include <stddef.h>

#include "host/action.h"
#include "host/conf.h"

#include "hooks/export.h"

static pp_real_handler call(const char *name, int sig, pp_real_handler handler)
{
	pp_real_signal_fn real = pp_real_signal(name);
	if (sig == SIGTERM && pp_conf_get()->is_on)
		return pp_action_signal(real, handler);
	return real(sig, handler);
}

#define EXPORT_SIGNAL(name, real_name)                                                             \
	pp_real_handler name(int sig, pp_real_handler handler);                                    \
	PP_EXPORT pp_real_handler name(int sig, pp_real_handler handler)                           \
	{                                                                                          \
		return call(real_name, sig, handler);                                              \
	}

EXPORT_SIGNAL(signal, NULL)	/* one function in libc */
EXPORT_SIGNAL(bsd_signal, NULL) /* one function in libc */
EXPORT_SIGNAL(ssignal, NULL)	/* one function in libc */
EXPORT_SIGNAL(sysv_signal, "sysv_signal")
EXPORT_SIGNAL(__sysv_signal, "__sysv_signal")
EXPORT_SIGNAL(sigset, "sigset")
