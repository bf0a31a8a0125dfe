/* shim/cli/ask.h - one question to the broker that serves this environment. */
#ifndef PP_CLI_ASK_H
#define PP_CLI_ASK_H

#include <stddef.h>

#include "base/err.h"

#define PP_ASK_ANSWER_MAX (16 << 20) /* some 50000 clients; beyond that something is wrong */

/* The status as JSON text, NUL-terminated, the caller frees it. PP_ERR_ABSENT: no broker runs in
 * any directory that this environment leads to. */
PP_MUSTCHECK int pp_ask_status(char **ret_text, size_t *ret_len, struct pp_errctx *err);

/* Tells the broker that the pod will end. 0: it drains; 1: it is another container's and stays. PP_ERR_ABSENT as above; PP_ERR_INVALID: it is too old to know the word. */
PP_MUSTCHECK int pp_ask_drain(struct pp_errctx *err);

/* Has the broker read its settings again; its words ("ok", perhaps with a remark, or the reason why not), which the
 * caller frees. PP_ERR_ABSENT as above. */
PP_MUSTCHECK int pp_ask_reload(char **ret_text, struct pp_errctx *err);

#endif
