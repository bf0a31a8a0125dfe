#include "broker/host_at.h"

#include <netdb.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

static bool is_same(const struct addrinfo *a, const char *address)
{
	char text[NI_MAXHOST];
	if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) != 0)
		return false;
	bool is_mapped = strncmp(text, "::ffff:", 7) == 0 && strchr(text, '.');
	return strcmp(text + (is_mapped ? 7 : 0), address) == 0;
}

int pp_host_at(const char *host, const char *hostaddr, const char *address)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
	if (*hostaddr)
		hints.ai_flags = AI_NUMERICHOST;
	if (getaddrinfo(*hostaddr ? hostaddr : host, NULL, &hints, &found) != 0)
		return PP_ERR_SYS;
	bool is_found = false;
	for (struct addrinfo *a = found; a && !is_found; a = a->ai_next)
		is_found = is_same(a, address);
	freeaddrinfo(found);
	return is_found;
}
