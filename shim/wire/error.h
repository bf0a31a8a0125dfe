/* shim/wire/error.h - ErrorResponse and NoticeResponse bodies (docs 55.8). */
#ifndef PP_WIRE_ERROR_H
#define PP_WIRE_ERROR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/writer.h"

struct pp_error {
	const char *severity; /* FATAL, ERROR ...; the V field if there is one, else S */
	const char *sqlstate; /* five characters, or "" */
	const char *message;
	const char *detail; /* "" when absent, as hint */
	const char *hint;
	const char *position;		   /* in the text that was sent; "" when absent */
	const char *file, *line, *routine; /* of the server's source; "" when absent */
};

/* Reads the body (after the header). Pointers point into the bytes. PP_ERR_INVALID when fields are
 * not terminated. Missing fields are "" (a hostile server may leave out SQLSTATE). */
PP_MUSTCHECK int pp_error_read(const uint8_t *body, size_t len, struct pp_error *ret_error);

/* Appends one whole ErrorResponse with S, V, C, M and where given (not NULL, not "") D, H, F, L and R, in the server's
 * order; the position is the server's alone. */
void pp_error_write(struct pp_writer *w, const struct pp_error *error);

#endif
