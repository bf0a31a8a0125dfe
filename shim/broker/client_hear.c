/* What a client says: its bytes, as they come. */
#include "broker/client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "broker/edge.h"
#include "broker/relay.h"
#include "broker/stream.h"
#include "broker/tls.h"

void pp_client_pause(struct pp_client *c, bool paused)
{
	paused |= c->eof;
	if (c->read_paused == paused || c->gone)
		return;
	c->read_paused = paused;
	if (paused)
		event_del(&c->read_event);
	else
		event_add(&c->read_event, NULL);
}

static void keep(struct pp_client *c, const uint8_t *bytes, size_t len)
{
	if (pp_buf_append(&c->in, bytes, len, PP_CLIENT_IN_MAX + PP_READ_BUFFER) < 0) {
		pp_client_close(c, "no memory for its input");
		return;
	}
	pp_client_continue(c);
	if (!c->gone && pp_buf_len(&c->in) >= PP_CLIENT_IN_MAX)
		pp_client_pause(c, true);
}

/* As recv(2). A TLS record is smaller than the buffer: nothing stays inside the SSL object. */
static ssize_t receive(struct pp_client *c)
{
	if (!c->ssl)
		return recv(c->fd, c->broker->read_buffer, PP_READ_BUFFER, 0);
	ssize_t n = pp_tls_read(c->ssl, c->broker->read_buffer, PP_READ_BUFFER);
	if (n == PP_STREAM_AGAIN)
		errno = EAGAIN;
	return n == PP_STREAM_DEAD ? 0 : n;
}

/* True: there may be more. */
static bool hear_once(struct pp_client *c, short what)
{
	struct pp_broker *b = c->broker;
	ssize_t n = receive(c);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n < 0) {
		pp_client_close(c, "client lost");
		return false;
	}
	if (n == 0) {
		c->eof = true;
		pp_client_pause(c, true);
		pp_client_check_eof(c);
		return false;
	}
	bool more = pp_edge_has_more(c->ssl, n, what);
	bool streams = c->state == PP_CLIENT_IDLE || c->state == PP_CLIENT_LENT;
	if (streams && pp_buf_len(&c->in) == 0) {
		size_t used = pp_relay_front(c, b->read_buffer, (size_t)n);
		if (c->gone || c->state == PP_CLIENT_CLOSING || used == (size_t)n)
			return more;
		if (pp_buf_append(&c->in, b->read_buffer + used, (size_t)n - used,
				  PP_CLIENT_IN_MAX + PP_READ_BUFFER) < 0)
			pp_client_close(c, "no memory for its input");
		return more;
	}
	bool logs_in = c->state == PP_CLIENT_STARTUP || c->state == PP_CLIENT_PASSWORD;
	keep(c, b->read_buffer, (size_t)n);
	if (logs_in)
		explicit_bzero(b->read_buffer, (size_t)n); /* its password, perhaps */
	return more;
}

void pp_client_hear(struct pp_client *c, short what)
{
	for (int round = 0; round < PP_EDGE_ROUNDS; round++)
		if (!hear_once(c, what) || c->gone || c->read_paused)
			return;
	pp_edge_again(&c->read_event);
}
