/* shim/broker/identity.h - who is behind an accepted connection, without a byte in-band (DESIGN 3.4).
 *
 * ROUTE told us a socket's SO_COOKIE over the unix socket, whose SO_PEERCRED cannot lie. NETLINK_SOCK_DIAG gives
 * the cookie and the uid of the socket at the other end of an accepted connection (sock_diag(7)). Together: this
 * connection belongs to that process. Without sock_diag connections are served, identity unknown.
 */
#ifndef PP_BROKER_IDENTITY_H
#define PP_BROKER_IDENTITY_H

#include <netinet/in.h>
#include <podpool/ipc.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct pp_broker;
struct pp_client;

enum pp_identity_kind {
	PP_IDENTITY_UNKNOWN, /* the kernel could not be asked */
	PP_IDENTITY_GONE,    /* there is no such socket any more: it was reset */
	PP_IDENTITY_CLOSED, /* its process has closed it: the kernel says uid 0 whoever that was, the cookie is true */
	PP_IDENTITY_OPEN, /* uid (of who made the socket) and cookie are true */
};

struct pp_identity {
	enum pp_identity_kind kind;
	uint32_t uid;
	uint64_t cookie;
};

/* Opens the netlink socket and asks it about ourselves; a failure is logged once and means unknown identities. */
void pp_identity_open(struct pp_broker *b);

/* Without it, nobody can be told from anybody. */
bool pp_identity_is_open(const struct pp_broker *b);

/* The socket that connected from `peer` to our listening address. */
void pp_identity_find(struct pp_broker *b, const struct sockaddr_in *peer,
		      const struct pp_ipc_addr *listening, struct pp_identity *ret_who);

/* Is this one of our user's connections, as far as can be known? `fd` is our end of it, and pp_identity_find was
 * asked before. From a socket that is closed by now, or that somebody else has made (root, who then became our user), it
 * is taken only if it was announced: that only our user can. From one that was reset, not at all: its address may be
 * another's already. */
bool pp_identity_is_welcome(struct pp_broker *b, int fd, const struct pp_identity *who);

/* A ROUTE came: remembers the cookie and the socket's mark (ipc/mark.h) for the connection that follows. */
void pp_identity_expect(struct pp_broker *b, uint64_t cookie, pid_t pid, uint32_t mark);

/* Gives the client its process and mark, if a ROUTE announced its cookie. */
void pp_identity_claim(struct pp_broker *b, const struct pp_identity *who, struct pp_client *c);

#endif
