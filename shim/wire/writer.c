#include "wire/writer.h"

#include <string.h>

static uint8_t *take(struct pp_writer *w, size_t len)
{
	if (w->failed || w->size - w->len < len) {
		w->failed = true;
		return NULL;
	}
	uint8_t *at = w->bytes + w->len;
	w->len += len;
	return at;
}

static void store_u32(uint8_t *at, uint32_t v)
{
	at[0] = (uint8_t)(v >> 24);
	at[1] = (uint8_t)(v >> 16);
	at[2] = (uint8_t)(v >> 8);
	at[3] = (uint8_t)v;
}

void pp_writer_init(struct pp_writer *w, void *bytes, size_t size)
{
	*w = (struct pp_writer){.bytes = bytes, .size = size};
}

void pp_writer_begin(struct pp_writer *w, uint8_t type)
{
	if (type)
		pp_writer_u8(w, type);
	w->length_at = w->len;
	pp_writer_u32(w, 0);
}

void pp_writer_end(struct pp_writer *w)
{
	/* "Length of message contents in bytes, including self" (55.7). */
	if (!w->failed)
		store_u32(w->bytes + w->length_at, (uint32_t)(w->len - w->length_at));
}

void pp_writer_u8(struct pp_writer *w, uint8_t v)
{
	uint8_t *at = take(w, 1);
	if (at)
		*at = v;
}

void pp_writer_u16(struct pp_writer *w, uint16_t v)
{
	uint8_t *at = take(w, 2);
	if (!at)
		return;
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

void pp_writer_u32(struct pp_writer *w, uint32_t v)
{
	uint8_t *at = take(w, 4);
	if (at)
		store_u32(at, v);
}

void pp_writer_str(struct pp_writer *w, const char *s)
{
	pp_writer_bytes(w, s, strlen(s) + 1);
}

void pp_writer_bytes(struct pp_writer *w, const void *bytes, size_t len)
{
	if (len == 0)
		return;
	uint8_t *at = take(w, len);
	if (at)
		memcpy(at, bytes, len);
}

bool pp_writer_failed(const struct pp_writer *w)
{
	return w->failed;
}
