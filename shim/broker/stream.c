#include "broker/stream.h"

#include <errno.h>
#include <sys/socket.h>

#include "broker/tls.h"

static ssize_t verdict(ssize_t n)
{
	if (n > 0)
		return n;
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return PP_STREAM_AGAIN;
	return PP_STREAM_DEAD;
}

ssize_t pp_stream_read(const struct pp_stream *s, void *bytes, size_t len)
{
	return s->ssl ? pp_tls_read(s->ssl, bytes, len) : verdict(recv(s->fd, bytes, len, 0));
}

ssize_t pp_stream_write(const struct pp_stream *s, const void *bytes, size_t len)
{
	return s->ssl ? pp_tls_write(s->ssl, bytes, len)
		      : verdict(send(s->fd, bytes, len, MSG_NOSIGNAL));
}

int pp_stream_flush(const struct pp_stream *s, struct pp_buf *out)
{
	while (pp_buf_len(out)) {
		ssize_t n = pp_stream_write(s, pp_buf_bytes(out), pp_buf_len(out));
		if (n < 0)
			return (int)n;
		pp_buf_consume(out, (size_t)n);
	}
	return 0;
}
