/* victim: connects to argv[2]:argv[3] in the way named by argv[1] and prints what it saw. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "victim.h"

static struct address to;

static void once(void)
{
	int fd = dial(&to);
	saw_peer(fd);
	saw_greeting(fd);
}

static int nonblocking_socket(void)
{
	return socket(to.sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
}

static int begin(int fd)
{
	return connect(fd, (struct sockaddr *)&to.sa, to.len);
}

static void wait_writable(int fd)
{
	struct pollfd pfd = {fd, POLLOUT, 0};
	poll(&pfd, 1, 5000);
	int error = -1;
	socklen_t len = sizeof error;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	printf("so_error=%d\n", error);
}

/* A reactor registers first and connects then; the registration must survive. */
static void epoll_first(void)
{
	int fd = nonblocking_socket(), ep = epoll_create1(0), yes = 1;
	struct epoll_event ev = {EPOLLOUT | EPOLLET, {.fd = fd}};
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	saw("epoll_add", epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	struct epoll_event drop;
	epoll_wait(ep, &drop, 1, 0); /* EPOLLHUP of the unconnected socket */
	saw("connect", begin(fd));
	saw("epoll_wait", epoll_wait(ep, &ev, 1, 5000));
	printf("writable=%d\n", !!(ev.events & EPOLLOUT));
	wait_writable(fd);
	yes = 0;
	socklen_t len = sizeof yes;
	getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, &len);
	printf("nodelay=%d nonblock=%d\n", yes, !!(fcntl(fd, F_GETFL) & O_NONBLOCK));
	saw("epoll_mod", epoll_ctl(ep, EPOLL_CTL_MOD, fd, &ev));
	saw_greeting(fd);
}

/* Ruby's Socket.tcp and perl's IO::Socket ask by a second connect(). */
static void twice(void)
{
	int fd = nonblocking_socket();
	saw("connect", begin(fd));
	wait_writable(fd);
	saw("again", begin(fd));
	saw("third", begin(fd));
	saw_peer(fd);
	saw_greeting(fd);
}

static void before_connect(void)
{
	saw_peer(socket(to.sa.ss_family, SOCK_STREAM, 0));
}

static void in_fork(void)
{
	pid_t pid = fork();
	int status = 0;
	if (pid == 0) {
		once();
		_exit(3);
	}
	saw("waited", waitpid(pid, &status, 0) == pid);
	printf("status=%d\n", WEXITSTATUS(status));
	once();
}

static void over_dup(void)
{
	int fd = dial(&to), copy = dup(fd), other = dup2(fd, 100);
	close(fd);
	saw_peer(copy);
	saw_peer(other);
	close(copy);
	saw_greeting(other);
}

static void *thread(void *result)
{
	int fd = socket(to.sa.ss_family, SOCK_STREAM, 0);
	*(int *)result = begin(fd);
	char byte;
	if (*(int *)result == 0 && read(fd, &byte, 1) == 1)
		*(int *)result = byte;
	close(fd);
	return NULL;
}

static void threads(void)
{
	pthread_t id[16];
	int result[16], sum = 0;
	for (int i = 0; i < 16; i++)
		pthread_create(&id[i], NULL, thread, &result[i]);
	for (int i = 0; i < 16; i++) {
		pthread_join(id[i], NULL);
		sum += result[i] == result[0];
	}
	printf("alike=%d first=%d\n", sum, result[0]);
}

static void short_name(void)
{
	int fd = dial(&to);
	unsigned char sa[32];
	memset(sa, 0xee, sizeof sa);
	socklen_t len = 6;
	saw("peer", getpeername(fd, (struct sockaddr *)sa, &len));
	printf("len=%d ip=%d.%d rest=%02x\n", (int)len, sa[4], sa[5], sa[6]);
	saw("null", getpeername(fd, NULL, &len));
	saw("badlen", getpeername(fd, (struct sockaddr *)sa, (socklen_t *)8));
}

static void bad_pointer(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	saw("null", connect(fd, NULL, 16));
	saw("bad", connect(fd, (struct sockaddr *)page, 16));
	saw("short", connect(fd, (struct sockaddr *)&to.sa, 3));
	saw("badfd", connect(-1, (struct sockaddr *)&to.sa, to.len));
	saw("pipe", connect(0, (struct sockaddr *)&to.sa, to.len));
	struct sockaddr unspec = {.sa_family = AF_UNSPEC};
	saw("unspec", connect(fd, &unspec, sizeof unspec));
}

/* A v4 address in v6 clothes, as the JVM does; and what cannot reach a v4 loopback. */
static void v6only(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM, 0), yes = 1;
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
	saw("connect", begin(fd));
	saw_peer(fd);
	saw_greeting(fd);
}

static void bound6(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	struct address me = address_from("::1", "0");
	saw("bind", bind(fd, (struct sockaddr *)&me.sa, me.len));
	saw("connect", begin(fd));
	saw_peer(fd);
	saw_greeting(fd);
}

static void datagram(void)
{
	int fd = socket(to.sa.ss_family, SOCK_DGRAM, 0);
	saw("connect", begin(fd));
	saw_peer(fd);
}

/* Descriptors, children and environment must look untouched afterwards. */
static void tidy(void)
{
	int first = dup(0);
	close(first);
	int fd = dial(&to), next = dup(0), status;
	printf("fds=%d\n", fd == first && next == first + 1);
	saw("waitpid", waitpid(-1, &status, WNOHANG));
	saw_greeting(fd);
}

static volatile int children;

static void on_child(int sig)
{
	(void)sig;
	children++;
}

static void no_sigchld(void)
{
	signal(SIGCHLD, on_child);
	tidy();
	printf("sigchld=%d\n", children);
}

/* Looks at the name only after it has been told to. */
static void held(void)
{
	int fd = dial(&to);
	char line[8];
	saw_greeting(fd);
	if (fgets(line, sizeof line, stdin))
		saw_peer(fd);
}

static void cleared(void)
{
	clearenv();
	once();
}

static void execs(void)
{
	int pipefd[2], status;
	char line[4096];
	ssize_t len;
	if (pipe(pipefd) < 0)
		return;
	pid_t pid = vfork();
	if (pid == 0) {
		dup2(pipefd[1], 1);
		char port[8];
		snprintf(port, sizeof port, "%d", ntohs(((struct sockaddr_in *)&to.sa)->sin_port));
		execl("/proc/self/exe", "connect", "once", "127.0.0.1", port, (char *)NULL);
		_exit(127);
	}
	close(pipefd[1]);
	while ((len = read(pipefd[0], line, sizeof line)) > 0)
		fwrite(line, 1, (size_t)len, stdout);
	waitpid(pid, &status, 0);
	printf("status=%d\n", status);
	once();
}

static const struct {
	const char *name;
	void (*run)(void);
} ways[] = {{"once", once},
	    {"epoll_first", epoll_first},
	    {"twice", twice},
	    {"before", before_connect},
	    {"in_fork", in_fork},
	    {"over_dup", over_dup},
	    {"threads", threads},
	    {"short_name", short_name},
	    {"bad_pointer", bad_pointer},
	    {"v6only", v6only},
	    {"bound6", bound6},
	    {"datagram", datagram},
	    {"tidy", tidy},
	    {"no_sigchld", no_sigchld},
	    {"held", held},
	    {"cleared", cleared},
	    {"execs", execs}};

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	to = address_from(argv[2], argv[3]);
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		if (strcmp(ways[i].name, argv[1]) == 0) {
			ways[i].run();
			return 0;
		}
	}
	return 2;
}
