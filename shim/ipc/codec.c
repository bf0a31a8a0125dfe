#include "ipc/codec.h"

#include <string.h>

void pp_codec_init(struct pp_ipc_msg *msg, enum pp_ipc_op op)
{
	memset(msg, 0, sizeof *msg);
	msg->magic = PP_IPC_MAGIC;
	msg->version = PP_IPC_VERSION;
	msg->op = (uint16_t)op;
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

static bool is_addr_valid(const struct pp_ipc_addr *addr)
{
	if (addr->reserved)
		return false;
	if (addr->family == PP_IPC_V4)
		return is_zero(addr->ip + 4, sizeof addr->ip - 4);
	return addr->family == PP_IPC_V6;
}

static bool is_msg_valid(const struct pp_ipc_msg *msg)
{
	if (msg->magic != PP_IPC_MAGIC || msg->version != PP_IPC_VERSION)
		return false;
	if (!is_zero(msg->reserved, sizeof msg->reserved))
		return false;
	switch (msg->op) {
	case PP_IPC_ROUTE:
	case PP_IPC_PEER:
	case PP_IPC_ROUTED: return is_addr_valid(&msg->addr);
	case PP_IPC_WISH: return msg->length <= PP_IPC_WISH_MAX;
	case PP_IPC_TERM:
	case PP_IPC_STATUS:
	case PP_IPC_DRAIN:
	case PP_IPC_BYE:
	case PP_IPC_RELOAD:
	case PP_IPC_DIRECT:
	case PP_IPC_OK:
	case PP_IPC_WAIT:
	case PP_IPC_NOW:
	case PP_IPC_REFUSE: return true;
	default: return false;
	}
}

int pp_codec_read_msg(const void *bytes, size_t len, struct pp_ipc_msg *ret_msg)
{
	struct pp_ipc_msg msg; /* a copy: `bytes` need not be aligned */
	if (len != sizeof msg)
		return PP_ERR_INVALID;
	memcpy(&msg, bytes, sizeof msg);
	if (!is_msg_valid(&msg))
		return PP_ERR_INVALID;
	*ret_msg = msg;
	return 0;
}

bool pp_codec_is_ours(const struct pp_ipc_addr *addr)
{
	uint32_t ip = (uint32_t)addr->ip[0] << 24 | (uint32_t)addr->ip[1] << 16 |
		      (uint32_t)addr->ip[2] << 8 | addr->ip[3];
	return addr->family == PP_IPC_V4 && (ip & PP_IPC_MASK) == PP_IPC_NET;
}
