#include "host/wish.h"

#include <stddef.h>
#include <string.h>

#include "host/str.h"

static void apply(struct pp_wish *wish, const struct pp_wish_option *options)
{
	for (; options && options->keyword; options++)
		pp_wish_set(wish, options->keyword, options->val);
}

void pp_wish_init(struct pp_wish *wish, const struct pp_wish_libpq *pq)
{
	memset(wish, 0, sizeof *wish);
	struct pp_wish_option *options = pq->defaults();
	for (struct pp_wish_option *o = options; o && o->keyword; o++)
		if (!pp_str_is_equal(o->keyword, "service")) /* PGSERVICE: libpq has read it */
			pp_wish_set(wish, o->keyword, o->val);
	if (options)
		pq->free(options);
}

/* A broker that ends TLS, or asks for the password itself, breaks these; and a service file read at
 * connect time may override what we see. */
static bool is_beyond_us(const char *keyword, const char *value)
{
	if (pp_str_is_equal(keyword, "service") || pp_str_is_equal(keyword, "sslcert") ||
	    pp_str_is_equal(keyword, "require_auth"))
		return true;
	return (pp_str_is_equal(keyword, "channel_binding") ||
		pp_str_is_equal(keyword, "gssencmode")) &&
	       pp_str_is_equal(value, "require");
}

void pp_wish_set(struct pp_wish *wish, const char *keyword, const char *value)
{
	char *to;
	size_t size;
	if (!value || !*value)
		return;
	wish->is_beyond_us |= is_beyond_us(keyword, value);
	if (pp_str_is_equal(keyword, "host"))
		to = wish->host, size = sizeof wish->host;
	else if (pp_str_is_equal(keyword, "hostaddr"))
		to = wish->hostaddr, size = sizeof wish->hostaddr;
	else if (pp_str_is_equal(keyword, "port"))
		to = wish->port, size = sizeof wish->port;
	else if (pp_str_is_equal(keyword, "sslmode"))
		to = wish->sslmode, size = sizeof wish->sslmode;
	else
		return;
	if (!pp_str_copy(to, size, value))
		wish->is_beyond_us = true;
}

/* libpq's own test for "is this a connection string" (documented at PQconnectdbParams). */
static bool is_conninfo(const char *text)
{
	if (pp_str_after(text, "postgresql://") || pp_str_after(text, "postgres://"))
		return true;
	for (; *text; text++)
		if (*text == '=')
			return true;
	return false;
}

void pp_wish_add_conninfo(struct pp_wish *wish, const struct pp_wish_libpq *pq,
			  const char *conninfo)
{
	if (!conninfo || !is_conninfo(conninfo))
		return;
	struct pp_wish_option *options = pq->parse(conninfo, NULL);
	apply(wish, options);
	if (options)
		pq->free(options);
}

static bool is_socket_path(const char *host)
{
	return *host == '/' || *host == '@';
}

bool pp_wish_is_tcp(const struct pp_wish *wish, unsigned *ret_port)
{
	unsigned port = 0;
	if (wish->is_beyond_us)
		return false;
	if (!*wish->hostaddr && (!*wish->host || is_socket_path(wish->host)))
		return false;
	for (const char *p = wish->port; *p >= '0' && *p <= '9' && port <= 65535; p++)
		port = port * 10 + (unsigned)(*p - '0');
	*ret_port = port;
	return true;
}

enum pp_ipc_sslmode pp_wish_sslmode(const struct pp_wish *wish)
{
	static const struct {
		const char *name;
		enum pp_ipc_sslmode mode;
	} modes[] = {{"disable", PP_IPC_SSL_DISABLE},	  {"allow", PP_IPC_SSL_ALLOW},
		     {"prefer", PP_IPC_SSL_PREFER},	  {"require", PP_IPC_SSL_REQUIRE},
		     {"verify-ca", PP_IPC_SSL_VERIFY_CA}, {"verify-full", PP_IPC_SSL_VERIFY_FULL}};
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (pp_str_is_equal(wish->sslmode, modes[i].name))
			return modes[i].mode;
	return PP_IPC_SSL_UNKNOWN;
}
