/* What the codec accepts must be what it says: a message that re-reads to itself. */
#include "ipc/codec.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pp_ipc_msg msg, again;
	if (pp_codec_read_msg(data, size, &msg) == 0) {
		if (size != sizeof msg || memcmp(&msg, data, size) != 0)
			abort();
		if (pp_codec_read_msg(&msg, sizeof msg, &again) != 0)
			abort();
		(void)pp_codec_is_ours(&msg.addr);
	}
	return 0;
}
