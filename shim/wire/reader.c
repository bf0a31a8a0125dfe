#include "wire/reader.h"

#include <string.h>

void pp_reader_init(struct pp_reader *r, const void *bytes, size_t len)
{
	r->at = bytes;
	r->end = len ? r->at + len : r->at; /* NULL + 0 is undefined in C17 */
	r->failed = false;
}

size_t pp_reader_left(const struct pp_reader *r)
{
	return r->failed ? 0 : (size_t)(r->end - r->at);
}

const uint8_t *pp_reader_bytes(struct pp_reader *r, size_t len)
{
	if (r->failed || (size_t)(r->end - r->at) < len) {
		r->failed = true;
		return NULL;
	}
	const uint8_t *bytes = r->at;
	if (len)
		r->at += len;
	return bytes;
}

uint8_t pp_reader_u8(struct pp_reader *r)
{
	const uint8_t *b = pp_reader_bytes(r, 1);
	return b ? b[0] : 0;
}

uint16_t pp_reader_u16(struct pp_reader *r)
{
	const uint8_t *b = pp_reader_bytes(r, 2);
	return b ? (uint16_t)(b[0] << 8 | b[1]) : 0;
}

uint32_t pp_reader_u32(struct pp_reader *r)
{
	const uint8_t *b = pp_reader_bytes(r, 4);
	if (!b)
		return 0;
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

const char *pp_reader_str(struct pp_reader *r)
{
	size_t left = pp_reader_left(r);
	const uint8_t *nul = left ? memchr(r->at, 0, left) : NULL;
	if (!nul) {
		r->failed = true;
		return NULL;
	}
	const char *s = (const char *)r->at;
	r->at = nul + 1;
	return s;
}
