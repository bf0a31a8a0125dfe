/* shim/wire/shape.h - RowDescription (docs 55.7), as far as a client decodes rows by it. */
#ifndef PP_WIRE_SHAPE_H
#define PP_WIRE_SHAPE_H

#include <stddef.h>
#include <stdint.h>

/* What NoData stands for. */
#define PP_SHAPE_NO_ROWS 1

/* Names, types and type modifiers of the columns, as a number that is another one for others: what the server compares
 * before it says "cached plan must not change result type". Not which table they are of: it may be made again. A name in
 * other characters than ASCII does not count: its bytes depend on client_encoding.
 * 0: the body is none. */
uint64_t pp_shape_of(const uint8_t *body, size_t len);

#endif
