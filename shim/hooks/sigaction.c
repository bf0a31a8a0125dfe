/* shim/hooks/sigaction.c - the exported sigaction() and glibc's __sigaction(): SIGTERM only. */
#include <signal.h>

#include "host/action.h"
#include "host/conf.h"

#include "hooks/export.h"

int __sigaction(int sig, const struct sigaction *act, struct sigaction *ret_old);

PP_EXPORT int sigaction(int sig, const struct sigaction *restrict act,
			struct sigaction *restrict ret_old)
{
	if (sig == SIGTERM && pp_conf_get()->is_on)
		return pp_action_set(act, ret_old);
	return pp_real_sigaction(sig, act, ret_old);
}

PP_EXPORT int __sigaction(int sig, const struct sigaction *act, struct sigaction *ret_old)
{
	return sigaction(sig, act, ret_old);
}
