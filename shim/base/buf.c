#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

void pp_buf_finish(struct pp_buf *buf)
{
	free(buf->mem);
	memset(buf, 0, sizeof *buf);
}

static int reserve(struct pp_buf *buf, size_t len)
{
	if (buf->size - buf->end >= len)
		return 0;
	size_t used = pp_buf_len(buf);
	if (buf->size >= used + len && buf->start >= used) {
		memmove(buf->mem, buf->mem + buf->start, used);
	} else {
		size_t size = buf->size ? buf->size : 256;
		while (size < used + len)
			size *= 2;
		uint8_t *mem = malloc(size);
		if (!mem)
			return PP_ERR_NOMEM;
		if (used)
			memcpy(mem, buf->mem + buf->start, used);
		free(buf->mem);
		buf->mem = mem;
		buf->size = size;
	}
	buf->start = 0;
	buf->end = used;
	return 0;
}

int pp_buf_append(struct pp_buf *buf, const void *bytes, size_t len, size_t cap_bytes)
{
	if (len == 0)
		return 0;
	if (len > cap_bytes || pp_buf_len(buf) > cap_bytes - len)
		return PP_ERR_FULL;
	int r = reserve(buf, len);
	if (r < 0)
		return r;
	memcpy(buf->mem + buf->end, bytes, len);
	buf->end += len;
	return 0;
}

void pp_buf_consume(struct pp_buf *buf, size_t len)
{
	pp_assert(len <= pp_buf_len(buf));
	buf->start += len;
	if (buf->start == buf->end)
		pp_buf_finish(buf);
}
