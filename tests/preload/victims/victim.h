/* tests/preload/victims/victim.h - what every victim needs: an address from argv, and words for
 * what it saw. Victims know nothing of podpool. */
#ifndef VICTIM_H
#define VICTIM_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct address {
	struct sockaddr_storage sa;
	socklen_t len;
};

static inline struct address address_from(const char *ip, const char *port)
{
	struct address a = {.len = 0};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
				   .sin6_port = htons((uint16_t)atoi(port))};
	if (strchr(ip, ':')) {
		inet_pton(AF_INET6, ip, &in6.sin6_addr);
		memcpy(&a.sa, &in6, a.len = sizeof in6);
	} else {
		inet_pton(AF_INET, ip, &in.sin_addr);
		memcpy(&a.sa, &in, a.len = sizeof in);
	}
	return a;
}

/* Prints "name=0" or "name=-1 errno=111". */
static inline int saw(const char *name, int r)
{
	int error = errno;
	if (r < 0)
		printf("%s=%d errno=%d\n", name, r, error);
	else
		printf("%s=%d\n", name, r);
	fflush(stdout);
	errno = error;
	return r;
}

static inline void saw_name(const char *name, int r, const struct sockaddr_storage *sa,
			    socklen_t len)
{
	char text[64] = "?";
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;
	if (saw(name, r) < 0)
		return;
	if (sa->ss_family == AF_INET)
		inet_ntop(AF_INET, &in->sin_addr, text, sizeof text);
	else
		inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof text);
	printf("%s family=%d ip=%s port=%d len=%d\n", name, sa->ss_family, text,
	       ntohs(in->sin_port), (int)len);
	fflush(stdout);
}

static inline void saw_peer(int fd)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof sa;
	int r = getpeername(fd, (struct sockaddr *)&sa, &len);
	saw_name("peer", r, &sa, len);
}

/* The greeting of whoever answered, up to the newline. */
static inline void saw_greeting(int fd)
{
	char line[128];
	size_t len = 0;
	struct pollfd pfd = {fd, POLLIN, 0};
	while (len + 1 < sizeof line && poll(&pfd, 1, 5000) == 1 && read(fd, line + len, 1) == 1 &&
	       line[len] != '\n')
		len++;
	line[len] = '\0';
	printf("greeting=%s\n", line);
	fflush(stdout);
}

static inline int dial(const struct address *to)
{
	int fd = socket(to->sa.ss_family, SOCK_STREAM, 0);
	errno = 77; /* success must not touch it */
	int r = saw("connect", connect(fd, (const struct sockaddr *)&to->sa, to->len));
	if (r == 0)
		printf("errno_kept=%d\n", errno == 77);
	return fd;
}

#endif
