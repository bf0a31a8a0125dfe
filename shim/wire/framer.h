/* shim/wire/framer.h - where does the next protocol message end?
 *
 * Knows: the five-byte header of protocol 3, which letters each side may send, and the length rule
 * of each. Stateless: the relay streams bodies it need not see by counting down `total`.
 */
#ifndef PP_WIRE_FRAMER_H
#define PP_WIRE_FRAMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/msg.h"

enum pp_frame {
	PP_FRAME_WHOLE,	 /* the whole message is in the bytes */
	PP_FRAME_PART,	 /* the header is, the body not yet all */
	PP_FRAME_MORE,	 /* not even the header: at least PP_MSG_HEADER bytes are needed */
	PP_FRAME_BROKEN, /* final: unknown letter or impossible length; the stream cannot be
			    resynchronised */
};

struct pp_frame_head {
	uint8_t type;
	uint32_t total; /* bytes of the whole message, header included; never more than
			   PP_MSG_LENGTH_MAX + 1 */
};

/* Looks at the bytes not yet consumed. ret_head is set for WHOLE and PART. */
PP_MUSTCHECK enum pp_frame pp_framer_front(const uint8_t *bytes, size_t len,
					   struct pp_frame_head *ret_head);
PP_MUSTCHECK enum pp_frame pp_framer_back(const uint8_t *bytes, size_t len,
					  struct pp_frame_head *ret_head);

#endif
