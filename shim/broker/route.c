#include "broker/route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/client.h"
#include "broker/identity.h"
#include "broker/listener.h"
#include "broker/publish.h"
#include "broker/wishes.h"

/* A client costs a descriptor and under 1 KiB; the descriptor limit is raised at start. */
#define PP_CLIENTS_MAX 20000

const char *pp_route_address(const struct pp_route *route)
{
	return route->address;
}

const char *pp_route_port(const struct pp_route *route)
{
	return route->port;
}

unsigned pp_route_sockaddr(const struct pp_route *route, struct sockaddr *to, unsigned size)
{
	const struct pp_ipc_addr *d = &route->destination;
	memset(to, 0, size);
	if (d->family == PP_IPC_V6) {
		struct sockaddr_in6 *in6 = (void *)to;
		in6->sin6_family = AF_INET6;
		in6->sin6_port = d->port_be;
		memcpy(&in6->sin6_addr, d->ip, 16);
		return sizeof *in6;
	}
	struct sockaddr_in *in = (void *)to;
	in->sin_family = AF_INET;
	in->sin_port = d->port_be;
	memcpy(&in->sin_addr, d->ip, 4);
	return sizeof *in;
}

static void refuse(const struct pp_route *route, int fd, const struct pp_identity *who)
{
	char why[48];
	close(fd);
	if (who->kind != PP_IDENTITY_OPEN || who->uid == route->broker->uid)
		return; /* nobody is there any more */
	snprintf(why, sizeof why, "it belongs to uid %u", who->uid);
	pp_refusal_note(route, why);
}

static void accept_one(struct pp_route *route, int fd, const struct sockaddr_in *peer)
{
	struct pp_broker *b = route->broker;
	struct pp_identity who;
	pp_identity_find(b, peer, &route->listening, &who);
	if (!pp_identity_is_welcome(b, fd, &who)) {
		refuse(route, fd, &who);
		return;
	}
	struct pp_client *c = pp_client_new(b, fd, route);
	if (!c)
		return;
	pp_identity_claim(b, &who, c);
	pp_client_hear(c, EV_READ); /* what made the kernel hand it over */
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	struct pp_route *route = arg;
	pp_broker_now(route->broker);
	struct sockaddr_in peer;
	socklen_t len = sizeof peer;
	/* One a round, as at the door. */
	int client = accept4(fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (client < 0) {
		pp_route_accept_failed(route->broker, errno);
		return;
	}
	if (route->broker->clients.count < PP_CLIENTS_MAX) {
		accept_one(route, client, &peer);
		return;
	}
	pp_refusal_note(route, "there are too many clients");
	close(client);
}

static void name_it(struct pp_route *route)
{
	const struct pp_ipc_addr *d = &route->destination;
	inet_ntop(d->family == PP_IPC_V6 ? AF_INET6 : AF_INET, d->ip, route->address,
		  sizeof route->address);
	snprintf(route->port, sizeof route->port, "%u", ntohs(d->port_be));
}

static int make(struct pp_broker *b, const struct pp_ipc_addr *destination,
		struct pp_route **ret_route)
{
	if (HASH_COUNT(b->routes) >= PP_ROUTE_MAX)
		return PP_ERR_FULL;
	struct pp_route *route = calloc(1, sizeof *route);
	if (!route)
		return PP_ERR_NOMEM;
	route->broker = b;
	route->destination = *destination;
	name_it(route);
	route->fd = pp_listener_open(HASH_COUNT(b->routes), &route->listening);
	if (route->fd < 0) {
		free(route);
		return PP_ERR_SYS;
	}
	route->event = event_new(b->base, route->fd, EV_READ | EV_PERSIST, on_accept, route);
	if (route->event && event_add(route->event, NULL) == 0)
		HASH_ADD(hh, b->routes, destination, sizeof route->destination, route);
	if (!route->hh.tbl) {
		if (route->event)
			event_free(route->event);
		close(route->fd);
		free(route);
		return PP_ERR_NOMEM;
	}
	char listening[INET_ADDRSTRLEN];
	inet_ntop(AF_INET, route->listening.ip, listening, sizeof listening);
	pp_log(PP_LOG_INFO, "pooling %s:%s (as %s:%u)", route->address, route->port, listening,
	       ntohs(route->listening.port_be));
	pp_wishes_settle(b);
	*ret_route = route;
	return 0;
}

bool pp_route_may_make(const struct pp_broker *b)
{
	return HASH_COUNT(b->routes) < PP_ROUTE_MAX && !b->accept_paused;
}

int pp_route_get(struct pp_broker *b, const struct pp_ipc_addr *destination,
		 struct pp_route **ret_route)
{
	struct pp_route *route;
	HASH_FIND(hh, b->routes, destination, sizeof *destination, route);
	if (!route)
		return make(b, destination, ret_route);
	*ret_route = route;
	return 0;
}

struct pp_route *pp_route_by_listening(struct pp_broker *b, const struct pp_ipc_addr *listening)
{
	struct pp_route *route, *next;
	HASH_ITER(hh, b->routes, route, next)
	if (memcmp(&route->listening, listening, sizeof *listening) == 0)
		return route;
	return NULL;
}

void pp_route_set_reach(struct pp_route *route, enum pp_route_reach reach)
{
	bool was_up = route->reach == PP_ROUTE_UP;
	route->reach = reach;
	route->reach_at = route->broker->now;
	if (was_up != (reach == PP_ROUTE_UP))
		pp_publish_routes(route->broker);
}

void pp_route_accept_failed(struct pp_broker *b, int error)
{
	struct pp_route *route, *next;
	if (error != EMFILE && error != ENFILE && error != ENOMEM && error != ENOBUFS)
		return;
	if (!b->accept_paused)
		pp_log(PP_LOG_WARNING, "cannot accept: %s; trying again shortly", strerror(error));
	b->accept_paused = true;
	if (b->sock_event && b->spare_fd < 0)
		event_del(b->sock_event);
	HASH_ITER(hh, b->routes, route, next)
	event_del(route->event);
}

void pp_route_accept_again(struct pp_broker *b)
{
	struct pp_route *route, *next;
	if (!b->accept_paused)
		return;
	b->accept_paused = false;
	if (b->sock_event)
		event_add(b->sock_event, NULL);
	HASH_ITER(hh, b->routes, route, next)
	event_add(route->event, NULL);
}

void pp_route_close_all(struct pp_broker *b)
{
	struct pp_route *route, *next;
	HASH_ITER(hh, b->routes, route, next)
	{
		if (route->fd < 0)
			continue;
		event_free(route->event);
		close(route->fd);
		route->fd = -1;
	}
}
