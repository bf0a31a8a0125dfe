#include "wire/shape.h"

#include "wire/reader.h"

/* FNV-1a. */
#define BASIS 0xcbf29ce484222325u
#define PRIME 0x100000001b3u

static uint64_t add(uint64_t shape, uint32_t value)
{
	for (int i = 0; i < 4; i++, value >>= 8)
		shape = (shape ^ (value & 0xff)) * PRIME;
	return shape;
}

/* One that depends on client_encoding is left out. */
static uint64_t add_name(uint64_t shape, const char *name)
{
	uint64_t with = shape;
	for (const char *at = name; *at; at++) {
		if (*at & 0x80)
			return shape;
		with = (with ^ (uint8_t)*at) * PRIME;
	}
	return with * PRIME;
}

uint64_t pp_shape_of(const uint8_t *body, size_t len)
{
	struct pp_reader r;
	pp_reader_init(&r, body, len);
	uint32_t count = pp_reader_u16(&r);
	uint64_t shape = add(BASIS, count);
	for (uint32_t i = 0; i < count && !r.failed; i++) {
		const char *name = pp_reader_str(&r);
		(void)pp_reader_bytes(&r, 4 + 2); /* table, column */
		uint32_t type = pp_reader_u32(&r);
		(void)pp_reader_u16(&r); /* size: the type's */
		uint32_t modifier = pp_reader_u32(&r);
		(void)pp_reader_u16(&r); /* format */
		if (!r.failed)
			shape = add(add(add_name(shape, name), type), modifier);
	}
	if (r.failed || pp_reader_left(&r))
		return 0;
	return shape > PP_SHAPE_NO_ROWS ? shape : BASIS;
}
