#include "broker/edge.h"

#include <poll.h>

#include "broker/broker.h"
#include "broker/client.h"
#include "broker/server.h"

#define PP_EDGE_BATCH 64

struct batch {
	nfds_t count;
	struct pollfd sockets[PP_EDGE_BATCH];
	struct event *events[PP_EDGE_BATCH];
};

bool pp_edge_has_more(const void *ssl, ssize_t n, short what)
{
	return ssl || n == PP_READ_BUFFER || what & EV_CLOSED;
}

void pp_edge_again(struct event *event)
{
	/* One EPOLL_CTL_MOD before the loop waits, which looks at the socket as if it were new. */
	event_del(event);
	event_add(event, NULL);
}

static void look(struct batch *batch)
{
	if (poll(batch->sockets, batch->count, 0) > 0)
		for (nfds_t i = 0; i < batch->count; i++)
			if (batch->sockets[i].revents)
				event_active(batch->events[i], EV_READ | EV_CLOSED, 0);
	batch->count = 0;
}

static void add(struct batch *batch, int fd, struct event *event)
{
	batch->sockets[batch->count] = (struct pollfd){.fd = fd, .events = POLLIN | POLLRDHUP};
	batch->events[batch->count++] = event;
	if (batch->count == PP_EDGE_BATCH)
		look(batch);
}

static void add_servers(struct batch *batch, struct pp_pool *pool)
{
	for (size_t state = 0; state < PP_CONN__COUNT; state++)
		PP_LIST_FOREACH (&pool->conns[state], it) {
			struct pp_server *s = pp_server_of(pp_list_entry(it, struct pp_conn, link));
			if (s->session && !s->read_paused)
				add(batch, s->stream.fd, &s->read_event);
		}
}

void pp_edge_look(struct pp_broker *b)
{
	struct batch batch;
	batch.count = 0;
	PP_LIST_FOREACH (&b->clients, it) {
		struct pp_client *c = pp_list_entry(it, struct pp_client, link);
		if (!c->read_paused)
			add(&batch, c->fd, &c->read_event);
	}
	PP_LIST_FOREACH (&b->pools.all, it)
		add_servers(&batch, pp_list_entry(it, struct pp_pool, link));
	look(&batch);
}
