#include "broker/silence.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "broker/broker.h"
#include "broker/lend.h"
#include "broker/server.h"

#define PP_SILENCE_MS (60 * 1000)

/* The kernel sends again, or asks whether anybody is there, and nothing comes back. A server that does not read (a closed
 * window) is asked as well, and answers. */
static bool is_unheard(const struct pp_server *s)
{
	struct tcp_info info;
	socklen_t len = sizeof info;
	return getsockopt(s->stream.fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	       (info.tcpi_retransmits > 0 || info.tcpi_probes > 0);
}

/* False: it is lost, and its end may be that of others. */
static bool look_at(struct pp_server *s)
{
	struct pp_broker *b = s->broker;
	if (!is_unheard(s))
		s->unheard_since = 0;
	else if (!s->unheard_since)
		s->unheard_since = b->now;
	if (!s->unheard_since || b->now - s->unheard_since < PP_SILENCE_MS)
		return true;
	pp_lend_server_lost(s, "nothing has been heard of it for a minute");
	return false;
}

/* False: one was given up. */
static bool look_at_all(struct pp_broker *b)
{
	static const enum pp_conn_state speaking[] = {PP_CONN_LENT, PP_CONN_SCRUB, PP_CONN_CANCEL};
	PP_LIST_FOREACH (&b->pools.all, it) {
		struct pp_pool *pool = pp_list_entry(it, struct pp_pool, link);
		for (size_t i = 0; i < sizeof speaking / sizeof *speaking; i++)
			PP_LIST_FOREACH (&pool->conns[speaking[i]], at)
				if (!look_at(pp_server_of(pp_list_entry(at, struct pp_conn, link))))
					return false;
	}
	return true;
}

/* Behind a host that vanished they are all given up at once, and from the beginning again after each: none is given up
 * twice. */
void pp_silence_look(struct pp_broker *b)
{
	for (uint32_t left = b->pools.open; left && !look_at_all(b);)
		left--;
}
