#include "wire/framer.h"

/* Bounds of a whole message, header included. min 0: the letter is not allowed in this direction. */
struct bounds {
	uint32_t min, max;
};

#define LARGE (PP_MSG_LENGTH_MAX + 1)
#define SMALL (PP_MSG_SMALL_MAX + 1)
#define EMPTY                                                                                      \
	{                                                                                          \
		PP_MSG_HEADER, PP_MSG_HEADER                                                       \
	}

/* The server's own limits (which of them are "small" is decided by its reader of messages). Bodies
 * are the server's to judge: one that is too short gets its ErrorResponse and costs nobody the
 * connection. Flush and Sync are held to the documented length, because the tracker relies on them
 * not failing by themselves. */
static const struct bounds front_bounds[256] = {
	[PP_FRONT_QUERY] = {PP_MSG_HEADER, LARGE},
	[PP_FRONT_PARSE] = {PP_MSG_HEADER, LARGE},
	[PP_FRONT_BIND] = {PP_MSG_HEADER, LARGE},
	[PP_FRONT_FUNCTION_CALL] = {PP_MSG_HEADER, LARGE},
	[PP_FRONT_COPY_DATA] = {PP_MSG_HEADER, LARGE},
	[PP_FRONT_CLOSE] = {PP_MSG_HEADER, SMALL},
	[PP_FRONT_DESCRIBE] = {PP_MSG_HEADER, SMALL},
	[PP_FRONT_EXECUTE] = {PP_MSG_HEADER, SMALL},
	[PP_FRONT_COPY_FAIL] = {PP_MSG_HEADER, SMALL},
	[PP_FRONT_COPY_DONE] = {PP_MSG_HEADER, SMALL},
	[PP_FRONT_TERMINATE] = {PP_MSG_HEADER, SMALL},
	[PP_FRONT_FLUSH] = EMPTY,
	[PP_FRONT_SYNC] = EMPTY,
	/* PG_MAX_AUTH_TOKEN_LENGTH */
	[PP_FRONT_PASSWORD] = {PP_MSG_HEADER, UINT32_C(65535) + 1},
};

/* Docs 55.7: the fixed part of each body; counts are Int16, so at most 65535 columns. */
static const struct bounds back_bounds[256] = {
	[PP_BACK_AUTHENTICATION] = {PP_MSG_HEADER + 4, LARGE},
	[PP_BACK_KEY_DATA] = {PP_MSG_HEADER + 8, PP_MSG_HEADER + 4 + 256},
	[PP_BACK_BIND_COMPLETE] = EMPTY,
	[PP_BACK_CLOSE_COMPLETE] = EMPTY,
	[PP_BACK_PARSE_COMPLETE] = EMPTY,
	[PP_BACK_NO_DATA] = EMPTY,
	[PP_BACK_PORTAL_SUSPENDED] = EMPTY,
	[PP_BACK_EMPTY_QUERY] = EMPTY,
	[PP_BACK_COPY_DONE] = EMPTY,
	[PP_BACK_READY] = {PP_MSG_HEADER + 1, PP_MSG_HEADER + 1},
	[PP_BACK_COMMAND_COMPLETE] = {PP_MSG_HEADER + 1, LARGE},
	[PP_BACK_COPY_DATA] = {PP_MSG_HEADER, LARGE},
	[PP_BACK_COPY_IN] = {PP_MSG_HEADER + 3, PP_MSG_HEADER + 3 + 2 * 65535},
	[PP_BACK_COPY_OUT] = {PP_MSG_HEADER + 3, PP_MSG_HEADER + 3 + 2 * 65535},
	[PP_BACK_COPY_BOTH] = {PP_MSG_HEADER + 3, PP_MSG_HEADER + 3 + 2 * 65535},
	[PP_BACK_DATA_ROW] = {PP_MSG_HEADER + 2, LARGE},
	[PP_BACK_ERROR] = {PP_MSG_HEADER + 1, LARGE},
	[PP_BACK_NOTICE] = {PP_MSG_HEADER + 1, LARGE},
	[PP_BACK_FUNCTION_RESULT] = {PP_MSG_HEADER + 4, LARGE},
	[PP_BACK_NEGOTIATE_VERSION] = {PP_MSG_HEADER + 8, LARGE},
	[PP_BACK_NOTIFICATION] = {PP_MSG_HEADER + 6, LARGE},
	[PP_BACK_PARAMETER_DESCRIPTION] = {PP_MSG_HEADER + 2, PP_MSG_HEADER + 2 + 4 * 65535},
	[PP_BACK_PARAMETER_STATUS] = {PP_MSG_HEADER + 2, LARGE},
	[PP_BACK_ROW_DESCRIPTION] = {PP_MSG_HEADER + 2, LARGE},
};

static inline enum pp_frame look(const struct bounds *table, const uint8_t *bytes, size_t len,
				 struct pp_frame_head *ret_head)
{
	if (len == 0)
		return PP_FRAME_MORE;
	const struct bounds *b = &table[bytes[0]];
	if (b->min == 0) /* said at the first byte: nothing that follows could mend it */
		return PP_FRAME_BROKEN;
	if (len < PP_MSG_HEADER)
		return PP_FRAME_MORE;
	uint32_t length = (uint32_t)bytes[1] << 24 | (uint32_t)bytes[2] << 16 |
			  (uint32_t)bytes[3] << 8 | bytes[4];
	/* "Length of message contents in bytes, including self" (55.7): the letter is not in it. */
	uint32_t total = length + 1;
	if (length > PP_MSG_LENGTH_MAX || total < b->min || total > b->max)
		return PP_FRAME_BROKEN;
	ret_head->type = bytes[0];
	ret_head->total = total;
	return len >= total ? PP_FRAME_WHOLE : PP_FRAME_PART;
}

enum pp_frame pp_framer_front(const uint8_t *bytes, size_t len, struct pp_frame_head *ret_head)
{
	return look(front_bounds, bytes, len, ret_head);
}

enum pp_frame pp_framer_back(const uint8_t *bytes, size_t len, struct pp_frame_head *ret_head)
{
	return look(back_bounds, bytes, len, ret_head);
}
