/* shim/ipc/stamp.h - do a program and the broker mean the same destinations, in the same network? Pure, freestanding.
 *
 * They may share a directory and not that: PODPOOL_TARGETS set only in the broker's file, two containers with other
 * settings, a reload; and unix sockets are reached from every network namespace, 127.66.0.0/16 only from its own. What a
 * libpq program wants of TLS is moved to the broker only where it is certain that the connection goes there, too.
 */
#ifndef PP_IPC_STAMP_H
#define PP_IPC_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/target.h"

#define PP_STAMP_TEXT_MAX 17 /* hexadecimal, always as long */

/* Equal for equal settings, however spelt, in one network: `netns` is the inode of /proc/self/ns/net, 0 unknown. Never 0. */
uint64_t pp_stamp_make(uint64_t netns, const struct pp_targets *targets);

/* What the link `plain` says. */
void pp_stamp_write(uint64_t stamp, char ret_text[PP_STAMP_TEXT_MAX]);

/* For certain: both are known. */
static inline bool pp_stamp_is_elsewhere(uint64_t netns, uint64_t other)
{
	return netns && other && netns != other;
}

#endif
