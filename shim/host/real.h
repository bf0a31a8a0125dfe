/* shim/host/real.h - the functions we stand in front of.
 *
 * "The real connect" is the next one in symbol order (dlsym RTLD_NEXT), not the system call: other
 * preloads behind us keep working, and connect() stays the cancellation point it is in libc. The
 * raw system call is the fallback where there is no libc and before the constructor has run. Without
 * dlsym (glibc before 2.34 in a program without libdl) elf.c looks the name up.
 *
 * The constructor resolves what exists in every libc. The rest is resolved when first called: a
 * program that could bind to such a function calls it, so a look-up of libc's seldom fails (a failing dlsym allocates:
 * wolfcw/libfaketime#130). That of libpq's does where it was loaded locally; next.h has a way.
 */
#ifndef PP_HOST_REAL_H
#define PP_HOST_REAL_H

#include <signal.h>
#include <sys/socket.h>

typedef void (*pp_real_handler)(int sig);
typedef pp_real_handler (*pp_real_signal_fn)(int sig, pp_real_handler handler);
typedef void *(*pp_real_dlopen_fn)(const char *file, int mode);

void pp_real_resolve(void);

int pp_real_connect(int fd, const struct sockaddr *addr, socklen_t len);
int pp_real_getpeername(int fd, struct sockaddr *addr, socklen_t *len);
int pp_real_sigaction(int sig, const struct sigaction *act, struct sigaction *ret_old);

/* NULL when there is none. */
void *pp_real_next(const char *name);
pp_real_dlopen_fn pp_real_dlopen(void);

/* signal() (safe in a signal handler) for NULL, else its relative of this name, else signal(). */
pp_real_signal_fn pp_real_signal(const char *name);

#endif
