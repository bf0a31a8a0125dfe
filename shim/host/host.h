/* shim/host/host.h - what the constructor does.
 *
 * This room lives inside somebody else's process, below the exported symbols. It has no malloc, no
 * stdio, no lock, no thread-local storage and keeps no descriptor; what it remembers is written by
 * the constructor (conf.c, real.c) or is one word: the SIGTERM disposition (action.c), whether there was ever a
 * question (route.c). Its one law: after any failure the program sees exactly what libc would have shown, errno included.
 * Called by hooks/ only; calls ipc/ for the treaty and sys.h for the kernel.
 */
#ifndef PP_HOST_HOST_H
#define PP_HOST_HOST_H

/* Once, before the program's own code where the loader allows. */
void pp_host_start(char *const *envp);

#endif
