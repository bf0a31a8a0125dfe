#include "host/sys.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

__asm__(PP_SYS_CLONE_ASM);
__asm__(PP_SYS_RESTORER_ASM);

/* Present in glibc and musl; the only way to errno without thread-local storage of our own. */
int *__errno_location(void) __attribute__((weak));

int64_t pp_sys_now_ms(void)
{
	struct timespec now = {0, 0};
	pp_sys2(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void pp_sys_sleep_ms(unsigned ms)
{
	struct timespec wait = {ms / 1000, (long)(ms % 1000) * 1000000};
	pp_sys2(SYS_nanosleep, &wait, NULL);
}

bool pp_sys_wait_fd(int fd, short events, int64_t deadline_ms)
{
	for (;;) {
		int64_t left = deadline_ms - pp_sys_now_ms();
		if (left < 0)
			left = 0;
		struct timespec wait = {left / 1000, (long)(left % 1000) * 1000000};
		struct pollfd pfd = {fd, events, 0};
		long r = pp_sys5(SYS_ppoll, &pfd, 1, &wait, NULL, PP_SYS_SIGSET_BYTES);
		if (r > 0)
			return true;
		if (r != -EINTR || left == 0)
			return false;
	}
}

#define PAGE 4096 /* the smallest there is: protection changes nowhere else */

/* rt_sigprocmask copies the set in before it looks at `how`: EFAULT tells that the bytes cannot be
 * read, EINVAL that they can, and nothing has changed. */
static bool is_word_readable(const char *at)
{
	return pp_sys4(SYS_rt_sigprocmask, -1, at, NULL, PP_SYS_SIGSET_BYTES) != -EFAULT;
}

bool pp_sys_is_readable(const void *at, size_t len)
{
	const char *bytes = at, *last = bytes + len - PP_SYS_SIGSET_BYTES;
	bool is_one_page = (uintptr_t)bytes / PAGE == ((uintptr_t)bytes + len - 1) / PAGE;
	return is_word_readable(last) && (is_one_page || is_word_readable(bytes));
}

void pp_sys_set_errno(int value)
{
	if (__errno_location)
		*__errno_location() = value;
}

int pp_sys_get_errno(void)
{
	return __errno_location ? *__errno_location() : 0;
}
