/* shim/broker/stream.h - non-blocking bytes to and from a logged-in server, plain or through libpq's own SSL object. */
#ifndef PP_BROKER_STREAM_H
#define PP_BROKER_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

struct pp_stream {
	int fd;	   /* borrowed from the PGconn */
	void *ssl; /* borrowed from the PGconn (SSL *), NULL: plain */
};

#define PP_STREAM_AGAIN (-1) /* would block: wait for the event */
#define PP_STREAM_DEAD	(-2) /* EOF or error: the connection is over */

/* > 0 bytes, or one of the above. */
ssize_t pp_stream_read(const struct pp_stream *s, void *bytes, size_t len);
ssize_t pp_stream_write(const struct pp_stream *s, const void *bytes, size_t len);
/* Writes from the front of `out` until it is empty: 0; or what stopped it. */
int pp_stream_flush(const struct pp_stream *s, struct pp_buf *out);

#endif
