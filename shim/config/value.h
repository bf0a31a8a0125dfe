/* shim/config/value.h - the types of options: text to value and back. Knows no option by name. */
#ifndef PP_CONFIG_VALUE_H
#define PP_CONFIG_VALUE_H

#include <stddef.h>

#include "base/err.h"

enum pp_value_type {
	PP_VALUE_BOOL,
	PP_VALUE_U32,
	PP_VALUE_DURATION,
	PP_VALUE_BYTES,
	PP_VALUE_TEXT,
	PP_VALUE_MODE,
	PP_VALUE_LEND,
	PP_VALUE_FAIL,
	PP_VALUE_CLIENT_TLS,
	PP_VALUE_SSLMODE,
	PP_VALUE_LOG,
};

#define PP_VALUE_U32_MAX 10000 /* of anything: PostgreSQL's max_connections is rarely above 1000 */

/* Writes the value into `field`, which has `size` bytes and is unchanged on failure. `name` begins
 * the sentence in err. */
PP_MUSTCHECK int pp_value_parse(enum pp_value_type type, const char *name, const char *text,
				void *field, size_t size, struct pp_errctx *err);

/* Text that pp_value_parse reads back as the same value. Returns the length as snprintf does. */
size_t pp_value_print(enum pp_value_type type, const void *field, char *text, size_t size);

#endif
