#include "broker/sip.h"

#include <sys/socket.h>

#include "base/log.h"
#include "broker/client.h"
#include "broker/lend.h"
#include "broker/relay.h"
#include "broker/server.h"

bool pp_sip_is_due(const struct pp_server *s)
{
	return s->read_paused && s->client && s->sipped < PP_CLIENT_SIPS_MAX &&
	       s->broker->now - s->paused_at >= PP_SIP_MS;
}

/* The kernel announces room only when a sixteenth of its buffer is free. */
static size_t sip_size(const struct pp_server *s)
{
	int buffer = 0;
	socklen_t len = sizeof buffer;
	getsockopt(s->stream.fd, SOL_SOCKET, SO_RCVBUF, &buffer, &len);
	return PP_READ_BUFFER + (size_t)buffer / 16;
}

void pp_sip(struct pp_server *s)
{
	struct pp_broker *b = s->broker;
	s->paused_at = b->now;
	for (size_t left = sip_size(s); left > 0 && s->read_paused && s->client;) {
		if (s->sipped + PP_READ_BUFFER > PP_CLIENT_SIPS_MAX) {
			pp_log(PP_LOG_WARNING,
			       "client %u reads nothing: its server may take it for dead",
			       s->client->id);
			s->sipped = PP_CLIENT_SIPS_MAX;
			return;
		}
		ssize_t n = pp_stream_read(&s->stream, b->read_buffer, PP_READ_BUFFER);
		if (n == PP_STREAM_DEAD)
			pp_lend_server_lost(s, "server closed the connection");
		if (n <= 0)
			return;
		s->sipped += (size_t)n;
		left -= left < (size_t)n ? left : (size_t)n;
		pp_relay_back(s, b->read_buffer, (size_t)n);
		if (s->gone)
			return;
	}
}
