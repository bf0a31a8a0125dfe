/* victim: sets SIGTERM up in the way named by argv[1], shows what it can ask about it, raises it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "victim.h"

static volatile sig_atomic_t calls, last_code, was_blocked;

static const char *name_of(void (*handler)(int));

static void on_term(int sig)
{
	sigset_t now;
	sigprocmask(SIG_SETMASK, NULL, &now);
	was_blocked = sigismember(&now, SIGUSR1);
	calls += sig == SIGTERM;
	errno = 5;
}

static void on_info(int sig, siginfo_t *info, void *context)
{
	calls += sig == SIGTERM && context;
	last_code = info->si_code;
}

static void on_leave(int sig)
{
	(void)sig;
	_exit(9);
}

static const char *name_of(void (*handler)(int))
{
	if (handler == on_term)
		return "on_term";
	if (handler == (void (*)(int))(void *)on_info)
		return "on_info";
	if (handler == SIG_DFL)
		return "default";
	if (handler == SIG_IGN)
		return "ignore";
	if (handler == SIG_ERR)
		return "error";
	if (handler == SIG_HOLD)
		return "hold";
	return "stranger";
}

static void show(const char *when)
{
	struct sigaction act;
	memset(&act, 0x55, sizeof act);
	int r = sigaction(SIGTERM, NULL, &act);
	printf("%s: r=%d %s flags=%x usr1=%d calls=%d\n", when, r, name_of(act.sa_handler),
	       (unsigned)act.sa_flags, sigismember(&act.sa_mask, SIGUSR1), calls);
	fflush(stdout);
}

static void set(void (*handler)(int), int flags)
{
	struct sigaction act = {.sa_handler = handler, .sa_flags = flags}, old;
	sigaddset(&act.sa_mask, SIGUSR1);
	sigaction(SIGTERM, &act, &old);
	printf("was %s flags=%x\n", name_of(old.sa_handler), (unsigned)old.sa_flags);
	show("set");
}

static void do_default(void)
{
	show("start");
	raise(SIGTERM);
}

static void do_handler(void)
{
	show("start");
	set(on_term, SA_RESTART);
	errno = 3;
	raise(SIGTERM);
	printf("errno=%d blocked=%d\n", errno, was_blocked);
	show("after");
	set(on_term, SA_NODEFER | SA_ONSTACK);
	set((void (*)(int))(void *)on_info, SA_SIGINFO);
	raise(SIGTERM);
	printf("code=%d\n", last_code);
	set(SIG_DFL, 0);
	show("default again");
	raise(SIGTERM);
}

static void do_once(void)
{
	set(on_term, (int)SA_RESETHAND);
	raise(SIGTERM);
	show("after");
	raise(SIGTERM);
}

static void do_ignore(void)
{
	printf("was %s\n", name_of(signal(SIGTERM, SIG_IGN)));
	raise(SIGTERM);
	show("ignored");
	sigignore(SIGTERM);
	show("ignored");
	printf("was %s\n", name_of(signal(SIGTERM, on_leave)));
	raise(SIGTERM);
}

extern void (*bsd_signal(int sig, void (*handler)(int)))(int);
extern void (*sysv_signal(int sig, void (*handler)(int)))(int);

static void do_family(void)
{
	printf("signal %s\n", name_of(signal(SIGTERM, on_term)));
	show("signal");
	raise(SIGTERM);
	siginterrupt(SIGTERM, 1);
	show("siginterrupt");
	printf("signal %s\n", name_of(signal(SIGTERM, on_term)));
	show("signal, interrupting");
	siginterrupt(SIGTERM, 0);
	printf("ssignal %s\n", name_of(ssignal(SIGTERM, on_term)));
	show("ssignal");
	printf("sysv_signal %s\n", name_of(sysv_signal(SIGTERM, on_term)));
	show("sysv_signal");
	raise(SIGTERM);
	show("sysv_signal, raised");
	printf("sigset %s\n", name_of(sigset(SIGTERM, on_term)));
	show("sigset");
	printf("sigset hold %s\n", name_of(sigset(SIGTERM, SIG_HOLD)));
	raise(SIGTERM);
	show("sigset, held");
	printf("sigset again %s\n", name_of(sigset(SIGTERM, on_term)));
	show("sigset, released");
	printf("signal %s\n", name_of(signal(SIGTERM, SIG_ERR)));
	printf("signal 99 %s\n", name_of(signal(99, on_term)));
	printf("signal usr2 %s\n", name_of(signal(SIGUSR2, on_term)));
	printf("signal default %s\n", name_of(signal(SIGTERM, SIG_DFL)));
	show("default");
}

static void in_child(pid_t pid, void (*handler)(int))
{
	int status;
	if (pid == 0) {
		signal(SIGTERM, handler);
		kill(getpid(), SIGTERM);
		_exit(4);
	}
	waitpid(pid, &status, 0);
	printf("child exit=%d signal=%d\n", WEXITSTATUS(status), WTERMSIG(status));
}

/* What children do to their disposition must not reach the parent, whose memory a vfork child
 * shares. The second round is in a fork child, where vfork matters as much. */
static void do_children(void)
{
	signal(SIGTERM, on_term);
	for (int round = 0; round < 2; round++) {
		in_child(vfork(), SIG_DFL);
		in_child(vfork(), on_leave);
		in_child(fork(), SIG_DFL);
		in_child(fork(), on_leave);
		show("parent");
		raise(SIGTERM);
		printf("calls=%d\n", calls);
		fflush(stdout);
		if (round == 0) {
			pid_t pid = fork();
			if (pid) {
				waitpid(pid, NULL, 0);
				return;
			}
		}
	}
	_exit(0);
}

static void do_exec(void)
{
	signal(SIGTERM, on_term);
	execl("/proc/self/exe", "signals", "default", (char *)NULL);
}

static void do_blocked(void)
{
	sigset_t set;
	int sig;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGTERM);
	sigwait(&set, &sig);
	printf("sigwait %d\n", sig);
}

/* SIGTERM is let in only while waiting: none is lost between "ready" and the wait. */
static void do_pause(void)
{
	sigset_t term, before;
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &before);
	printf("ready\n");
	alarm(20);
	for (;;) {
		int r = sigsuspend(&before);
		printf("paused %d errno=%d\n", r, errno);
	}
}

static void do_pause_handler(void)
{
	signal(SIGTERM, on_leave);
	do_pause();
}

/* Gives SIGTERM its default action for ever. */
static void do_restore(void)
{
	printf("ready\n");
	alarm(20);
	for (;;)
		signal(SIGTERM, SIG_DFL);
}

static void show_mask(void)
{
	sigset_t now;
	sigprocmask(SIG_SETMASK, NULL, &now);
	for (int sig = 1; sig <= SIGSYS; sig++)
		printf("%d", sigismember(&now, sig));
	printf("\n");
}

static void do_mask(void)
{
	sigset_t set;
	sigemptyset(&set);
	for (int round = 0; round < 2; round++) {
		signal(SIGTERM, on_term);
		show_mask();
		signal(SIGTERM, SIG_DFL);
		show_mask();
		printf("sigset %s\n", name_of(sigset(SIGTERM, on_term)));
		show_mask();
		sigaddset(&set, round ? SIGUSR1 : SIGTERM);
		sigprocmask(SIG_BLOCK, &set, NULL);
	}
}

static void do_pause_child(void)
{
	pid_t pid = fork();
	if (pid == 0) {
		printf("%d\n", getpid());
		do_pause();
	}
	waitpid(pid, NULL, 0);
}

static const struct {
	const char *name;
	void (*run)(void);
} ways[] = {{"default", do_default},
	    {"handler", do_handler},
	    {"once", do_once},
	    {"ignore", do_ignore},
	    {"family", do_family},
	    {"children", do_children},
	    {"exec", do_exec},
	    {"blocked", do_blocked},
	    {"pause", do_pause},
	    {"pause_handler", do_pause_handler},
	    {"restore", do_restore},
	    {"mask", do_mask},
	    {"pause_child", do_pause_child}};

/* argv[2]: a port to connect to before. */
int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc > 2) {
		struct address to = address_from("127.0.0.1", argv[2]);
		if (connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&to.sa, to.len) != 0)
			return 3;
	}
	for (size_t i = 0; argc > 1 && i < sizeof ways / sizeof *ways; i++) {
		if (strcmp(ways[i].name, argv[1]) == 0) {
			ways[i].run();
			return 0;
		}
	}
	return 2;
}
