#include "host/peer.h"

#include <stdbool.h>
#include <string.h>

#include "host/addr.h"
#include "host/ask.h"
#include "host/conf.h"
#include "host/real.h"
#include "host/sys.h"
#include "ipc/codec.h"

#define ANSWER_WAIT_MS 500

static bool get_kernels(int fd, struct sockaddr_storage *ret_sa)
{
	socklen_t len = sizeof *ret_sa;
	struct pp_ipc_addr addr;
	return pp_sys3(SYS_getpeername, fd, ret_sa, &len) == 0 &&
	       pp_addr_from_sockaddr((struct sockaddr *)ret_sa, len, &addr) == 0 &&
	       pp_codec_is_ours(&addr);
}

/* The original destination in place of `sa`; its family, and so its length, stays. */
static bool translate(struct sockaddr_storage *sa, socklen_t *ret_len)
{
	struct pp_ipc_msg question, answer;
	int64_t deadline = pp_sys_now_ms() + ANSWER_WAIT_MS;
	pp_codec_init(&question, PP_IPC_PEER);
	if (pp_addr_from_sockaddr((struct sockaddr *)sa, sizeof *sa, &question.addr) < 0)
		return false;
	int broker = pp_ask_dial(deadline);
	if (broker < 0 || pp_ask_exchange(broker, &question, deadline, &answer) < 0)
		return false;
	return answer.op == PP_IPC_ROUTED &&
	       pp_addr_to_sockaddr(&answer.addr, sa->ss_family, sa, ret_len) == 0;
}

int pp_host_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
	struct sockaddr_storage kernels;
	socklen_t full, room;
	if (!pp_conf_get()->is_on || !get_kernels(fd, &kernels) ||
	    !pp_sys_is_readable(len, PP_SYS_SIGSET_BYTES))
		return pp_real_getpeername(fd, addr, len);
	room = *len;
	int r = pp_real_getpeername(fd, addr, len);
	if (r == 0 && translate(&kernels, &full)) {
		memcpy(addr, &kernels, room < full ? room : full);
		*len = full;
	}
	return r;
}
