/* shim/broker/route.h - destinations and the loopback addresses that stand for them (DESIGN 3.3).
 *
 * One listener per route on 127.66.x.y, at any port (listener.h), for as long as the broker lives: a program may reconnect
 * at any time to an address it was once given.
 */
#ifndef PP_BROKER_ROUTE_H
#define PP_BROKER_ROUTE_H

#include <podpool/ipc.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/hash.h"
#include "broker/broker.h"

/* Destinations come from what programs connect to; each costs a descriptor. */
#define PP_ROUTE_MAX 1000

enum pp_route_says { PP_ROUTE_SAYS_UNKNOWN, PP_ROUTE_SAYS_NO, PP_ROUTE_SAYS_YES };

/* What the server answers to SSLRequest or GSSENCRequest (question.h). */
struct pp_route_fact {
	enum pp_route_says says;
	pp_ms asked_at;
	bool asking;
	bool guessed; /* the last time there was no answer */
	bool unsure;  /* nor was there one before: `says` is a guess (question.h) */
};

/* What a connect() of ours last came to. UNKNOWN: none yet, or its servers were lost since. */
enum pp_route_reach { PP_ROUTE_UNKNOWN, PP_ROUTE_UP, PP_ROUTE_DOWN };

struct pp_route {
	UT_hash_handle hh; /* broker.routes, by destination */
	struct pp_broker *broker;
	struct pp_ipc_addr destination, listening;
	int fd;
	struct event *event;
	char address[64], port[8];
	struct pp_route_fact tls, gss;
	enum pp_route_reach reach;
	bool trying; /* a connect() is to find out */
	bool silent; /* DOWN: nobody said so */
	pp_ms reach_at;
	uint32_t logins; /* reach.h: under way; the latest began at */
	pp_ms login_at;
	bool awaits_login; /* its visitors wait for what those will tell */
	bool tunnel_logged;
	pp_ms lost_at;		 /* a server of it was last lost */
	uint32_t guards_refused; /* guards.h: the server ends logins that ask for these */
	bool takes_no_options;	 /* so startup settings cannot be said in our login: unpooled.h */
};

/* There is room for one more: places and, as far as we know, descriptors. */
bool pp_route_may_make(const struct pp_broker *b);
/* Finds or makes it. PP_ERR_FULL, PP_ERR_SYS (no address could be bound), PP_ERR_NOMEM. */
PP_MUSTCHECK int pp_route_get(struct pp_broker *b, const struct pp_ipc_addr *destination,
			      struct pp_route **ret_route);
/* By the broker's own address; NULL unknown. */
struct pp_route *pp_route_by_listening(struct pp_broker *b, const struct pp_ipc_addr *listening);

const char *pp_route_address(const struct pp_route *route);
const char *pp_route_port(const struct pp_route *route);
/* The destination as a socket address; returns its length. */
struct sockaddr;
unsigned pp_route_sockaddr(const struct pp_route *route, struct sockaddr *to, unsigned size);

/* The one door for its reach: what is UP is published, programs find it without asking. */
void pp_route_set_reach(struct pp_route *route, enum pp_route_reach reach);

/* accept() failed for want of descriptors or memory: without a pause the loop would turn on it for ever. Connections
 * wait in the backlog until the next tick. Other errors are the visitor's own. */
void pp_route_accept_failed(struct pp_broker *b, int error);
void pp_route_accept_again(struct pp_broker *b);

/* Stops listening everywhere. */
void pp_route_close_all(struct pp_broker *b);

#endif
