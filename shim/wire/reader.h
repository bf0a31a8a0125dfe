/* shim/wire/reader.h - cursor over received bytes with a sticky error: do a long sequence of gets,
 * test once.
 *
 * After the first failure every get returns 0 or NULL and the cursor stands still. Returned
 * pointers point into the caller's bytes and live as long as those. */
#ifndef PP_WIRE_READER_H
#define PP_WIRE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pp_reader {
	const uint8_t *at, *end; /* borrowed */
	bool failed;
};

void pp_reader_init(struct pp_reader *r, const void *bytes, size_t len);
uint8_t pp_reader_u8(struct pp_reader *r);
uint16_t pp_reader_u16(struct pp_reader *r);
uint32_t pp_reader_u32(struct pp_reader *r);
/* A NUL-terminated string inside the bytes; NULL and failed when no NUL comes. */
const char *pp_reader_str(struct pp_reader *r);
const uint8_t *pp_reader_bytes(struct pp_reader *r, size_t len);
size_t pp_reader_left(const struct pp_reader *r);

#endif
