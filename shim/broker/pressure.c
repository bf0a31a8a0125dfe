#include "broker/pressure.h"

#include <sys/socket.h>

#include "base/log.h"
#include "broker/client.h"
#include "broker/server.h"

/* Enough for a round trip of 2 ms at 1 Gbit/s; a pod under pressure has slower worries. */
#define BUFFER_BYTES (256 * 1024)

/* A larger size would be set as readily as a smaller one: what is small stays. */
static void bound(int fd, int option)
{
	int now = 0, wanted = BUFFER_BYTES;
	socklen_t len = sizeof now;
	if (getsockopt(fd, SOL_SOCKET, option, &now, &len) == 0 && now > 2 * wanted)
		setsockopt(fd, SOL_SOCKET, option, &wanted, sizeof wanted);
}

void pp_pressure_obey(struct pp_broker *b)
{
	if (!b->verdict.pressed)
		return;
	PP_LIST_FOREACH (&b->pools.all, it) {
		struct pp_pool *pool = pp_list_entry(it, struct pp_pool, link);
		PP_LIST_FOREACH (&pool->conns[PP_CONN_LENT], at) {
			struct pp_server *s = pp_server_of(pp_list_entry(at, struct pp_conn, link));
			bound(s->stream.fd, SO_RCVBUF);
			if (s->client)
				bound(s->client->fd, SO_SNDBUF);
		}
	}
}

void pp_pressure_note_kills(struct pp_broker *b, uint64_t events)
{
	if (events > b->kill_events)
		pp_log(PP_LOG_WARNING,
		       "out of memory: the kernel has killed a process of this pod");
	b->kill_events = events;
}
