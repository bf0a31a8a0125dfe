#include "broker/login_name.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "broker/login_words.h"

static bool write_address(const struct addrinfo *at, char *to, size_t size)
{
	return getnameinfo(at->ai_addr, at->ai_addrlen, to, (socklen_t)size, NULL, 0,
			   NI_NUMERICHOST) == 0;
}

static bool is_one_of(const char *address, const struct addrinfo *all)
{
	char text[PP_LOGIN_ADDRESS_MAX];
	for (const struct addrinfo *at = all; at; at = at->ai_next)
		if (write_address(at, text, sizeof text) && strcmp(text, address) == 0)
			return true;
	return false;
}

bool pp_login_name_follow(struct pp_login *l)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all;
	char text[PP_LOGIN_ADDRESS_MAX], *fresh = NULL;
	char **name = pp_login_value(l, "host"), **address = pp_login_value(l, "hostaddr");
	if (!l->follows_name || !name || getaddrinfo(*name, NULL, &hints, &all) != 0)
		return true;
	bool moved = !is_one_of(*address, all) && write_address(all, text, sizeof text);
	freeaddrinfo(all);
	if (!moved)
		return true;
	fresh = strdup(text);
	if (!fresh)
		return false;
	free(*address);
	*address = fresh;
	return true;
}
