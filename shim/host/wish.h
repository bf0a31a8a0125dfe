/* shim/host/wish.h - what a libpq connection string asks for, as far as the broker must know it.
 *
 * Parsed by the caller's own libpq (its rules, its service file, its environment), read here. Pure
 * but for the three libpq functions handed in.
 */
#ifndef PP_HOST_WISH_H
#define PP_HOST_WISH_H

#include <podpool/ipc.h>
#include <stdbool.h>

/* libpq-fe.h's PQconninfoOption, part of libpq's ABI since 7.0. */
struct pp_wish_option {
	char *keyword, *envvar, *compiled, *val, *label, *dispchar;
	int dispsize;
};

/* The caller's libpq. */
struct pp_wish_libpq {
	struct pp_wish_option *(*parse)(const char *conninfo, char **ret_error);
	struct pp_wish_option *(*defaults)(void);
	void (*free)(struct pp_wish_option *options);
};

struct pp_wish {
	char host[256]; /* "" none: then hostaddr, or a unix socket */
	char hostaddr[64];
	char port[64];
	char sslmode[16];
	bool is_beyond_us; /* a value we cannot read (a service file, too long), or a demand that only
			    * an untouched connection meets: nothing may be said */
};

/* Starts from libpq's defaults; then later settings override earlier ones. NULL and "" do not set. */
void pp_wish_init(struct pp_wish *wish, const struct pp_wish_libpq *pq);
void pp_wish_set(struct pp_wish *wish, const char *keyword, const char *value);

/* A connection string or URI: sets what it says. One without '=' and without "://" is a database name
 * where libpq would expand it; nothing is set then. */
void pp_wish_add_conninfo(struct pp_wish *wish, const struct pp_wish_libpq *pq,
			  const char *conninfo);

/* Does it go over TCP, and to one of which ports? `ret_port` in host order, of the first host. */
bool pp_wish_is_tcp(const struct pp_wish *wish, unsigned *ret_port);

enum pp_ipc_sslmode pp_wish_sslmode(const struct pp_wish *wish);

#endif
