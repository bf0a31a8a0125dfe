#include "broker/hints.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/broker.h"
#include "broker/credentials.h"
#include "broker/route.h"
#include "ipc/codec.h"
#include "ipc/dir.h"

/* Hints are used within moments; older ones are overwritten. */
#define PP_HINTS 256

struct pp_hint {
	pid_t pid;
	uint32_t tid;
	uint8_t sslmode;
	uint32_t next; /* element 0 only: where the next one goes */
};

static void keep(struct pp_broker *b, pid_t pid, const struct pp_ipc_hint *hint)
{
	uint32_t at = b->hints[0].next++ % PP_HINTS;
	b->hints[at].pid = pid;
	b->hints[at].tid = hint->tid;
	b->hints[at].sslmode = hint->sslmode;
}

static void take_all(struct pp_broker *b)
{
	struct pp_ipc_hint hint;
	char bytes[sizeof hint + 1];
	for (int i = 0; i < PP_HINTS; i++) {
		pid_t pid;
		ssize_t n = pp_credentials_receive(b, b->hint_fd, bytes, sizeof bytes, &pid);
		if (n < 0)
			return;
		if (n > 0 && pp_codec_read_hint(bytes, (size_t)n, &hint) == 0)
			keep(b, pid, &hint);
	}
}

static void on_hint(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	take_all(arg);
}

enum pp_ipc_sslmode pp_hints_sslmode(struct pp_broker *b, pid_t pid, uint32_t tid)
{
	if (b->hint_fd < 0 || pid <= 0)
		return PP_IPC_SSL_UNKNOWN;
	take_all(b);
	uint32_t end = b->hints[0].next;
	for (uint32_t i = 1; i <= PP_HINTS && i <= end; i++) {
		const struct pp_hint *h = &b->hints[(end - i) % PP_HINTS];
		if (h->pid == pid && h->tid == tid)
			return h->sslmode;
	}
	return PP_IPC_SSL_UNKNOWN;
}

static void open_hints(struct pp_broker *b)
{
	if (!b->hints)
		b->hints = calloc(PP_HINTS, sizeof *b->hints);
	b->hint_fd = b->hints ? pp_credentials_socket(b->dir, PP_IPC_HINT) : -1;
	if (b->hint_fd >= 0)
		b->hint_event = event_new(b->base, b->hint_fd, EV_READ | EV_PERSIST, on_hint, b);
	if (!b->hint_event || event_add(b->hint_event, NULL) < 0)
		pp_log(PP_LOG_WARNING, "no hints from libpq: TLS wishes are not known");
}

void pp_hints_close(struct pp_broker *b)
{
	char path[108];
	if (b->hint_fd < 0)
		return;
	pp_dir_join(b->dir, PP_IPC_HINT, path);
	unlink(path);
	event_free(b->hint_event);
	b->hint_event = NULL;
	close(b->hint_fd);
	b->hint_fd = -1;
}

static bool are_wanted(const struct pp_broker *b)
{
	struct pp_route *route, *next;
	HASH_ITER(hh, b->routes, route, next)
	if (route->tls != PP_ROUTE_TLS_NO)
		return true;
	return b->routes == NULL;
}

void pp_hints_settle(struct pp_broker *b)
{
	bool wanted = are_wanted(b);
	if (wanted && b->hint_fd < 0)
		open_hints(b);
	else if (!wanted)
		pp_hints_close(b);
}
