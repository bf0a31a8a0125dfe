#include "broker/tunnel.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/client.h"
#include "broker/route.h"
#include "broker/stream.h"

struct pp_tunnel {
	int fd;
	struct event read_event, write_event;
	bool connected, paused;
};

static void lost(struct pp_client *c)
{
	pp_client_close_soon(c);
}

static void flush(struct pp_client *c)
{
	struct pp_tunnel *t = c->tunnel;
	struct pp_stream far = {.fd = t->fd};
	switch (pp_stream_flush(&far, &c->in)) {
	case PP_STREAM_AGAIN: event_add(&t->write_event, NULL); return;
	case PP_STREAM_DEAD: lost(c); return;
	}
	if (c->eof)
		shutdown(t->fd, SHUT_WR); /* the far side may still have much to say */
	pp_client_pause(c, false);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	struct pp_client *c = arg;
	struct pp_tunnel *t = c->tunnel;
	pp_broker_now(c->broker);
	int error = 0;
	socklen_t len = sizeof error;
	if (!t->connected && (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 || error)) {
		/* The far side cannot be reached: nothing was said yet, so the program sees a closed connection. */
		lost(c);
		return;
	}
	t->connected = true;
	event_del(&t->write_event);
	flush(c);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	struct pp_client *c = arg;
	struct pp_broker *b = c->broker;
	pp_broker_now(b);
	ssize_t n = recv(fd, b->read_buffer, PP_READ_BUFFER, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		lost(c);
		return;
	}
	pp_client_write(c, b->read_buffer, (size_t)n);
	if (!c->gone && c->tunnel && pp_buf_len(&c->out) >= PP_CLIENT_OUT_HIGH) {
		c->tunnel->paused = true;
		event_del(&c->tunnel->read_event);
	}
}

/* The program's own keepalives act between it and us, where somebody always answers: these keep its session in the tables of
 * whatever lies between (often 350 s), and end it where nobody answers for five minutes. */
static void keep_alive(int fd)
{
	int on = 1, idle_s = 30, interval_s = 10, count = 30;
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

static int connect_to(struct pp_client *c)
{
	struct sockaddr_storage to;
	socklen_t len = pp_route_sockaddr(c->route, (struct sockaddr *)&to, sizeof to);
	int one = 1;
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	keep_alive(fd);
	if (connect(fd, (struct sockaddr *)&to, len) == 0 || errno == EINPROGRESS)
		return fd;
	close(fd);
	return -1;
}

void pp_tunnel_open(struct pp_client *c)
{
	struct pp_broker *b = c->broker;
	struct pp_tunnel *t = calloc(1, sizeof *t);
	int fd = t ? connect_to(c) : -1;
	if (fd < 0) {
		free(t);
		pp_client_close_soon(c);
		return;
	}
	t->fd = fd;
	c->tunnel = t;
	pp_pools_count_tunnel(&b->pools, 1);
	pp_client_set_state(c, PP_CLIENT_TUNNEL);
	event_assign(&t->read_event, b->base, fd, EV_READ | EV_PERSIST, on_readable, c);
	event_assign(&t->write_event, b->base, fd, EV_WRITE | EV_PERSIST, on_writable, c);
	event_add(&t->read_event, NULL);
	event_add(&t->write_event, NULL);
}

void pp_tunnel_input(struct pp_client *c)
{
	if (c->tunnel->connected)
		flush(c);
}

void pp_tunnel_client_drained(struct pp_client *c)
{
	if (!c->tunnel->paused)
		return;
	c->tunnel->paused = false;
	event_add(&c->tunnel->read_event, NULL);
}

void pp_tunnel_close(struct pp_client *c)
{
	struct pp_tunnel *t = c->tunnel;
	c->tunnel = NULL;
	event_del(&t->read_event);
	event_del(&t->write_event);
	close(t->fd);
	free(t);
	pp_pools_count_tunnel(&c->broker->pools, -1);
}
