/* shim/hooks/dlopen.c - the exported dlopen(): the program's own, minus RTLD_DEEPBIND.
 *
 * PHP up to 8.4 loads its extensions with it, and then neither connect() nor PQconnectdb() of an
 * extension can be interposed. PHP 8.5 dropped the flag itself (php/php-src#18612).
 *
 * The real function must be reached by a jump, not a call: it takes the caller's RUNPATH from its
 * return address. scripts/check-exports looks at the instruction.
 */
#include <dlfcn.h>
#include <stddef.h>

#include "host/conf.h"
#include "host/real.h"

#include "hooks/export.h"

PP_EXPORT void *dlopen(const char *file, int mode)
{
	if (pp_conf_get()->is_on)
		mode &= ~RTLD_DEEPBIND;
	pp_real_dlopen_fn real = pp_real_dlopen();
	return real ? real(file, mode) : NULL;
}
