/* shim/host/sys.h - the system calls the guest makes, and no others.
 *
 * Raw, because the file must load where there is no libc, another libc or an old one, must never
 * write errno behind the program's back, and must be safe in signal handlers and vfork children.
 * Everything returns the kernel's answer: a result, or a negative errno.
 */
#ifndef PP_HOST_SYS_H
#define PP_HOST_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#include "host/sys_x86_64.h"
#elif defined(__aarch64__)
#include "host/sys_aarch64.h"
#else
#error "podpool's shim knows x86-64 and aarch64"
#endif

#define pp_sys0(nr)		pp_sys_call(nr, 0, 0, 0, 0, 0, 0)
#define pp_sys1(nr, a)		pp_sys_call(nr, (long)(a), 0, 0, 0, 0, 0)
#define pp_sys2(nr, a, b)	pp_sys_call(nr, (long)(a), (long)(b), 0, 0, 0, 0)
#define pp_sys3(nr, a, b, c)	pp_sys_call(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define pp_sys4(nr, a, b, c, d) pp_sys_call(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define pp_sys5(nr, a, b, c, d, e)                                                                 \
	pp_sys_call(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define pp_sys6(nr, a, b, c, d, e, f)                                                              \
	pp_sys_call(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

#define PP_SYS_SIGSET_BYTES 8 /* the kernel's sigset_t */

long pp_sys_clone(int (*fn)(void *arg), void *arg, void *stack_top, unsigned long flags);
void pp_sys_restorer(void);

/* Monotonic milliseconds. */
int64_t pp_sys_now_ms(void);
void pp_sys_sleep_ms(unsigned ms);

/* Waits until fd has `events` (poll(2)) or the deadline; signals do not end the wait. */
bool pp_sys_wait_fd(int fd, short events, int64_t deadline_ms);

/* Can `len` bytes (at least 8) at `at` be read? A program may pass connect() a bad pointer and is
 * owed EFAULT from the kernel, not a crash from us. */
bool pp_sys_is_readable(const void *at, size_t len);

/* errno of the calling thread; nothing happens where there is no libc. */
void pp_sys_set_errno(int value);
int pp_sys_get_errno(void);

#endif
