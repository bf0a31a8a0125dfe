/* shim/session/label.h - the settings of a session, as far as they differ from a fresh login's.
 *
 * Bytes "name\0value\0name\0value\0...", names in lower case and in order, so that equal settings are
 * equal bytes and the broker may intern them: equal label, nothing to do. Values are what
 * current_setting() says, which SET takes back (docs 9.27.1), as bytes of the database's encoding in the
 * "escape" format of encode() (docs 9.5): they mean the same under any client_encoding. Only that of
 * application_name, which servers keep to ASCII, is as it is. Two names are no settings like the
 * others: "session_authorization" and "role", there while they are not the login's (whose role may be "none", or the
 * default that ALTER ROLE gave it).
 *
 * Custom names (with a dot) never leave a session once they were there: after RESET they are '', not
 * absent (PostgreSQL has no way to undefine one). So a server may only be lent to a client that has
 * all the custom names the server has: pp_label_covers().
 */
#ifndef PP_SESSION_LABEL_H
#define PP_SESSION_LABEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define PP_LABEL_MAX 8192 /* bytes; more settings than that pin */

struct pp_label {
	const char *bytes; /* borrowed */
	size_t len;
};

/* NULL: not there. */
const char *pp_label_get(struct pp_label label, const char *name);

/* One setting more, another value, or (value NULL) one less, into `bytes`. PP_ERR_FULL. */
PP_MUSTCHECK int pp_label_with(struct pp_label label, const char *name, const char *value,
			       char bytes[PP_LABEL_MAX], size_t *ret_len);

/* After RESET ALL: the custom names are left, with no value. Never longer than before. */
size_t pp_label_reset(struct pp_label label, char bytes[PP_LABEL_MAX]);

bool pp_label_is_custom(const char *name);

/* Ends with the transaction, whatever the way in which it was set (SET TRANSACTION, docs): never in a label. */
bool pp_label_ends_with_transaction(const char *name);

/* Is `value` what this label keeps for `raw`, in the database's encoding? */
bool pp_label_is_value_of(const char *value, const char *raw);

/* Has `wide` every custom name of `narrow`? */
bool pp_label_covers(struct pp_label wide, struct pp_label narrow);

/* In how many settings they differ. */
uint32_t pp_label_distance(struct pp_label a, struct pp_label b);

#endif
