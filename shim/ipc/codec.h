/* shim/ipc/codec.h - include/podpool/ipc.h in C: build and check messages.
 *
 * Pure and freestanding: the shim links it inside other people's programs (no libc call but
 * memcpy/memset, which the shim supplies). Knows the layout; must not know sockets. Fuzzed.
 */
#ifndef PP_IPC_CODEC_H
#define PP_IPC_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <podpool/ipc.h>

#include "base/err.h"

/* Fills magic, version and op, zeroes the rest. */
void pp_codec_init(struct pp_ipc_msg *msg, enum pp_ipc_op op);

/* Copies `len` bytes into ret_msg if they are exactly one valid message: magic, version, known op,
 * family and reserved bytes where an address is required. PP_ERR_INVALID otherwise; *ret_msg then
 * unchanged. */
PP_MUSTCHECK int pp_codec_read_msg(const void *bytes, size_t len, struct pp_ipc_msg *ret_msg);

/* Is this one of the broker's own addresses (127.66.0.0/16)? */
bool pp_codec_is_ours(const struct pp_ipc_addr *addr);

#endif
