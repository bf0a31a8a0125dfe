#include "broker/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/broker.h"
#include "broker/credentials.h"
#include "broker/identity.h"
#include "broker/last_fd.h"
#include "broker/process.h"
#include "broker/route.h"
#include "broker/wishes.h"
#include "ipc/codec.h"
#include "ipc/dir.h"

static void remove_file(struct pp_broker *b, const char *name)
{
	char path[108];
	pp_dir_join(b->dir, name, path);
	unlink(path);
}

void pp_publish_open(struct pp_broker *b)
{
	remove_file(b, PP_IPC_ROUTES);
	b->tell_fd = pp_credentials_socket(b->dir, PP_IPC_TELL);
	if (b->tell_fd < 0)
		pp_log(PP_LOG_WARNING, "no socket %s: %s", PP_IPC_TELL, strerror(errno));
	else
		b->tell_fd = pp_last_fd(b->tell_fd, PP_LAST_FD_TELL);
	pp_publish_routes(b);
}

static bool write_routes(struct pp_broker *b, int fd)
{
	struct pp_route *route, *next;
	struct pp_ipc_pulse pulse = {.netns = b->netns, .at_ms = b->clock};
	if (write(fd, &pulse, sizeof pulse) != sizeof pulse)
		return false;
	HASH_ITER(hh, b->routes, route, next)
	{
		struct pp_ipc_route line = {route->destination, route->listening};
		if (route->reach == PP_ROUTE_UP && write(fd, &line, sizeof line) != sizeof line)
			return false;
	}
	return true;
}

static void replace_routes_fd(struct pp_broker *b, int fd)
{
	if (b->routes_fd >= 0)
		close(b->routes_fd);
	b->routes_fd = fd;
}

static int write_new(struct pp_broker *b, const char *fresh, const char *path)
{
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || (write_routes(b, fd) && rename(fresh, path) == 0))
		return fd;
	unlink(fresh);
	close(fd);
	return -1;
}

void pp_publish_routes(struct pp_broker *b)
{
	char path[108], fresh[108];
	if (b->tell_fd < 0 || b->displaced || b->orders.ask)
		return;
	pp_dir_join(b->dir, PP_IPC_ROUTES, path);
	pp_dir_join(b->dir, "routes.new", fresh);
	int fd = write_new(b, fresh, path);
	if (fd < 0) /* a full disk: they ask, and do not find what is no longer true */
		unlink(path);
	replace_routes_fd(b, fd);
}

void pp_publish_pulse(struct pp_broker *b)
{
	if (b->clock - b->pulse_at < PP_IPC_PULSE_MS / 2)
		return;
	int64_t at = b->clock;
	b->pulse_at = at;
	if (b->routes_fd >= 0)
		(void)!pwrite(b->routes_fd, &at, sizeof at, offsetof(struct pp_ipc_pulse, at_ms));
	else
		pp_publish_routes(b); /* there was no room, or no place */
}

void pp_publish_withdraw(struct pp_broker *b)
{
	remove_file(b, PP_IPC_ROUTES);
}

bool pp_publish_hear(struct pp_broker *b)
{
	struct pp_ipc_msg told;
	uint8_t bytes[sizeof told + 1];
	pid_t pid;
	ssize_t n = b->tell_fd < 0
			    ? -1
			    : pp_credentials_receive(b, b->tell_fd, bytes, sizeof bytes, &pid);
	if (n < 0)
		return false;
	if (n > 0 && pp_codec_read_msg(bytes, (size_t)n, &told) == 0 && told.op == PP_IPC_ROUTE) {
		pp_process_note(b, pid);
		pp_identity_expect(b, told.cookie, pid, told.flags);
		pp_wishes_routed(b, told.flags, pid);
	}
	return true;
}

void pp_publish_close(struct pp_broker *b)
{
	if (!b->displaced) {
		remove_file(b, PP_IPC_ROUTES);
		remove_file(b, PP_IPC_TELL);
	}
	if (b->tell_fd >= 0)
		close(b->tell_fd);
	b->tell_fd = -1;
	replace_routes_fd(b, -1);
}
