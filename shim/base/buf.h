/* shim/base/buf.h - a byte queue with a hard cap: append at the end, consume at the front.
 *
 * An empty buffer owns no memory (an idle client costs nothing), so consume-to-empty frees. */
#ifndef PP_BASE_BUF_H
#define PP_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct pp_buf {
	uint8_t *mem; /* owned */
	size_t start, end, size;
};

/* A zeroed struct is a valid empty buffer. finish() leaves one behind. */
void pp_buf_finish(struct pp_buf *buf);

static inline size_t pp_buf_len(const struct pp_buf *buf)
{
	return buf->end - buf->start;
}

/* Valid until the next append or consume. NULL: it is empty. */
static inline const uint8_t *pp_buf_bytes(const struct pp_buf *buf)
{
	return buf->mem ? buf->mem + buf->start : NULL;
}

/* Appends all or nothing; PP_ERR_FULL when the length would exceed `cap_bytes`, PP_ERR_NOMEM. */
PP_MUSTCHECK int pp_buf_append(struct pp_buf *buf, const void *bytes, size_t len, size_t cap_bytes);

/* Drops `len` bytes from the front; len must not exceed pp_buf_len(). */
void pp_buf_consume(struct pp_buf *buf, size_t len);

#endif
