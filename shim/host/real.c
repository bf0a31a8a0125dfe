#include "host/real.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "host/elf.h"
#include "host/sys.h"

/* In libc since glibc 2.34 and in musl; in libdl before, and NULL where a program has no libdl. */
extern __typeof__(dlsym) dlsym __attribute__((weak));

static struct {
	int (*connect)(int fd, const struct sockaddr *addr, socklen_t len);
	int (*getpeername)(int fd, struct sockaddr *addr, socklen_t *len);
	int (*sigaction)(int sig, const struct sigaction *act, struct sigaction *ret_old);
	pp_real_signal_fn signal;
} real; /* written by the constructor only */

void *pp_real_next(const char *name)
{
	if (!dlsym)
		return pp_elf_find_next(name);
	/* Not a tail call: RTLD_NEXT means "after the object of the return address". */
	void *volatile found = dlsym(RTLD_NEXT, name);
	return found;
}

void pp_real_resolve(void)
{
	*(void **)&real.connect = pp_real_next("connect");
	*(void **)&real.getpeername = pp_real_next("getpeername");
	*(void **)&real.sigaction = pp_real_next("sigaction");
	*(void **)&real.signal = pp_real_next("signal");
}

/* The C result of a system call. */
static int result(long r)
{
	if (r >= 0)
		return (int)r;
	pp_sys_set_errno((int)-r);
	return -1;
}

int pp_real_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	if (real.connect)
		return real.connect(fd, addr, len);
	return result(pp_sys3(SYS_connect, fd, addr, len));
}

int pp_real_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
	if (real.getpeername)
		return real.getpeername(fd, addr, len);
	return result(pp_sys3(SYS_getpeername, fd, addr, len));
}

/* The kernel's struct sigaction; x86-64 and aarch64 agree. */
struct kernel_sigaction {
	void (*handler)(int sig);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

#define KERNEL_SA_RESTORER 0x04000000UL

static int raw_sigaction(int sig, const struct sigaction *act, struct sigaction *ret_old)
{
	struct kernel_sigaction set = {0}, old = {0};
	if (act) {
		set.handler = act->sa_handler;
		set.flags = (unsigned long)act->sa_flags;
		memcpy(&set.mask, &act->sa_mask, sizeof set.mask);
		if (PP_SYS_HAS_RESTORER) {
			set.flags |= KERNEL_SA_RESTORER;
			set.restorer = pp_sys_restorer;
		}
	}
	int r = result(pp_sys4(SYS_rt_sigaction, sig, act ? &set : NULL, ret_old ? &old : NULL,
			       PP_SYS_SIGSET_BYTES));
	if (r == 0 && ret_old) {
		memset(ret_old, 0, sizeof *ret_old);
		ret_old->sa_handler = old.handler;
		ret_old->sa_flags = (int)old.flags;
		memcpy(&ret_old->sa_mask, &old.mask, sizeof old.mask);
	}
	return r;
}

int pp_real_sigaction(int sig, const struct sigaction *act, struct sigaction *ret_old)
{
	if (real.sigaction)
		return real.sigaction(sig, act, ret_old);
	return raw_sigaction(sig, act, ret_old);
}

pp_real_dlopen_fn pp_real_dlopen(void)
{
	return (pp_real_dlopen_fn)pp_real_next("dlopen");
}

/* signal() as both libcs define it, for a process in which nothing can be looked up. */
static pp_real_handler raw_signal(int sig, pp_real_handler handler)
{
	struct sigaction act = {.sa_handler = handler, .sa_flags = SA_RESTART}, old;
	return pp_real_sigaction(sig, &act, &old) < 0 ? SIG_ERR : old.sa_handler;
}

pp_real_signal_fn pp_real_signal(const char *name)
{
	pp_real_signal_fn found = name ? (pp_real_signal_fn)pp_real_next(name) : NULL;
	if (!found)
		found = real.signal;
	return found ? found : raw_signal;
}
