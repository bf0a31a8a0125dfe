/* shim/session/rowless.h - does a statement certainly return no rows, and which parameters does it speak of?
 *
 * What Describe says of such a statement is known without a server: no rows (pquery.c, ChoosePortalStrategy), and the
 * types it was prepared with, if they are as many as its highest parameter symbol asks for.
 */
#ifndef PP_SESSION_ROWLESS_H
#define PP_SESSION_ROWLESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* False whenever in doubt. `text`, one statement, ends at its NUL or after len bytes. *ret_symbols: the highest n of the
 * $n in it. */
bool pp_rowless_is_sure(const uint8_t *text, size_t len, uint32_t *ret_symbols);

#endif
