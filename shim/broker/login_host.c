#include "broker/login_host.h"

#include <stdbool.h>
#include <string.h>

#include "broker/host_at.h"
#include "broker/login_words.h"

#define PP_HOST_MAX 256 /* a name in the DNS is shorter */

/* The n-th of a list, "" beyond its end. False: too long. */
static bool element(const char *list, unsigned n, char *to)
{
	for (; n > 0 && *list; list++)
		n -= *list == ',';
	size_t len = strcspn(list, ",");
	if (len >= PP_HOST_MAX)
		return false;
	memcpy(to, list, len);
	to[len] = '\0';
	return true;
}

static unsigned count(const char *list)
{
	unsigned n = 1;
	for (; *list; list++)
		n += *list == ',';
	return n;
}

/* One for all, one each, or none at all: libpq has seen to that. */
static bool is_port(const struct pp_login *l, unsigned n, const char *port)
{
	char mine[PP_HOST_MAX];
	const char *list = l->hosts.port ? l->hosts.port : "";
	if (!element(list, strchr(list, ',') ? n : 0, mine))
		return false;
	return strcmp(*mine ? mine : "5432", port) == 0;
}

void pp_login_host_settle(struct pp_login *l)
{
	char **hosts = pp_login_value(l, "host");
	const char *address = *pp_login_value(l, "hostaddr"), *port = *pp_login_value(l, "port");
	char host[PP_HOST_MAX], hostaddr[PP_HOST_MAX];
	unsigned n = 0, total = hosts ? count(*hosts) : 1;
	if (total == 1)
		return;
	l->follows_name = false; /* which of them is for the program's libpq to choose */
	for (; n < total; n++)
		if (is_port(l, n, port) && element(*hosts, n, host) &&
		    element(l->hosts.hostaddr ? l->hosts.hostaddr : "", n, hostaddr) &&
		    pp_host_at(host, hostaddr, address) > 0)
			break;
	if (n < total || element(*hosts, 0, host))
		strcpy(*hosts, host); /* it is shorter than the list */
}
