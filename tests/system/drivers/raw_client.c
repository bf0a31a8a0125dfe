/* The smallest client there is: startup (trust), one query, its first column. Built with musl-gcc by test_musl.py: no
 * library of the system's is in the process but musl's libc. usage: raw_client PORT QUERY */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void put32(unsigned char *to, uint32_t value)
{
	value = htonl(value);
	memcpy(to, &value, 4);
}

static uint32_t get32(const unsigned char *from)
{
	uint32_t value;
	memcpy(&value, from, 4);
	return ntohl(value);
}

static void read_all(int fd, unsigned char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = read(fd, bytes, len);
		if (n <= 0)
			exit(3);
		bytes += n;
		len -= (size_t)n;
	}
}

/* Reads messages up to ReadyForQuery; prints the first column of each DataRow and the message of an error. */
static void until_ready(int fd)
{
	static unsigned char body[65536];
	for (;;) {
		unsigned char head[5];
		read_all(fd, head, sizeof head);
		uint32_t len = get32(head + 1) - 4;
		if (len >= sizeof body)
			exit(4);
		read_all(fd, body, len);
		body[len] = 0;
		if (head[0] == 'D')
			printf("%.*s\n", (int)get32(body + 2), body + 6);
		if (head[0] == 'E')
			printf("error %s\n", body + 1);
		if (head[0] == 'Z')
			return;
	}
}

int main(int argc, char **argv)
{
	static const char params[] = "user\0app\0database\0app\0";
	unsigned char out[1024];
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (argc != 3 || strlen(argv[2]) > 1000)
		return 2;
	to.sin_port = htons((uint16_t)atoi(argv[1]));
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
		return 1;
	put32(out, 8 + sizeof params);
	put32(out + 4, 196608);
	memcpy(out + 8, params, sizeof params);
	if (write(fd, out, 8 + sizeof params) < 0)
		return 1;
	until_ready(fd);
	uint32_t len = (uint32_t)strlen(argv[2]) + 5;
	out[0] = 'Q';
	put32(out + 1, len);
	memcpy(out + 5, argv[2], len - 4);
	if (write(fd, out, len + 1) < 0)
		return 1;
	until_ready(fd);
	struct sockaddr_in peer;
	socklen_t peer_len = sizeof peer;
	getpeername(fd, (struct sockaddr *)&peer, &peer_len);
	printf("peer %s:%d\n", inet_ntoa(peer.sin_addr),
	       ntohs(peer.sin_port) == ntohs(to.sin_port));
	return 0;
}
