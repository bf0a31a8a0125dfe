/* shim/host/ask.h - one question to the broker, one answer.
 *
 * A fresh socket each time: nothing to keep across fork, exec, close-all loops or threads. Safe in
 * signal handlers. Every wait has a deadline (monotonic milliseconds).
 */
#ifndef PP_HOST_ASK_H
#define PP_HOST_ASK_H

#include <podpool/ipc.h>
#include <stdint.h>

#include "base/err.h"

/* A connected socket to the broker in `dir`, or the negative errno of the attempt: -ENOENT and
 * -ECONNREFUSED mean that no broker listens there, -EACCES that one of another user does. */
PP_MUSTCHECK int pp_ask_dial_dir(const char *dir, int64_t deadline_ms);

/* The same for the first directory where one listens; never starts one. */
PP_MUSTCHECK int pp_ask_dial(int64_t deadline_ms);

/* Sends `question` and waits for the answer; closes fd in any case. */
PP_MUSTCHECK int pp_ask_exchange(int fd, const struct pp_ipc_msg *question, int64_t deadline_ms,
				 struct pp_ipc_msg *ret_answer);

/* The same for a WISH with its text. */
PP_MUSTCHECK int pp_ask_wish(int fd, const struct pp_ipc_wish *question, int64_t deadline_ms,
			     struct pp_ipc_msg *ret_answer);

/* Sends without waiting, not even for room in the socket; closes fd. */
void pp_ask_tell(int fd, const struct pp_ipc_msg *message);

#endif
