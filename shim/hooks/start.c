/* shim/hooks/start.c - the constructor and the destructor: the loader calls them, nobody else. */
#include <stddef.h>

#include "host/host.h"
#include "host/term.h"

extern char **environ __attribute__((weak));

/* glibc passes the vectors; musl passes nothing, but has set environ. The link flag initfirst puts
 * this before other constructors, and then glibc's environ is still NULL. */
__attribute__((constructor)) static void start(int argc, char **argv, char **envp)
{
	(void)argc;
	(void)argv;
	pp_host_start(&environ && environ ? environ : envp);
}

/* exit() and the end of main(), not _exit() and not a signal. */
__attribute__((destructor)) static void end(void)
{
	pp_term_exit();
}
