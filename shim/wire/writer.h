/* shim/wire/writer.h - builds messages into a caller's buffer and back-fills their lengths. Sticky
 * overflow.
 *
 * Usage: init; begin(type) ... puts ... end(); more messages; then pp_writer_failed() once.
 * Startup-like packets without a letter: begin with type 0. */
#ifndef PP_WIRE_WRITER_H
#define PP_WIRE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pp_writer {
	uint8_t *bytes; /* borrowed */
	size_t size, len, length_at;
	bool failed;
};

void pp_writer_init(struct pp_writer *w, void *bytes, size_t size);
void pp_writer_begin(struct pp_writer *w, uint8_t type);
void pp_writer_end(struct pp_writer *w);
void pp_writer_u8(struct pp_writer *w, uint8_t v);
void pp_writer_u16(struct pp_writer *w, uint16_t v);
void pp_writer_u32(struct pp_writer *w, uint32_t v);
void pp_writer_str(struct pp_writer *w, const char *s); /* with its NUL */
void pp_writer_bytes(struct pp_writer *w, const void *bytes, size_t len);
bool pp_writer_failed(const struct pp_writer *w);

#endif
