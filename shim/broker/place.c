#include "broker/place.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/broker.h"
#include "broker/door.h"
#include "broker/publish.h"
#include "broker/start.h"
#include "broker/wishes.h"
#include "ipc/dir.h"

#define WHAT_TAKES_AWAY                                                                            \
	(IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW)

/* The rule of the shim: a directory of somebody else is a trap. */
static bool is_ours(const struct pp_broker *b)
{
	struct stat st;
	return lstat(b->dir, &st) == 0 && pp_dir_is_usable(st.st_mode, st.st_uid, b->uid);
}

static void say_once(struct pp_broker *b, const char *why)
{
	if (!b->displaced)
		pp_log(PP_LOG_WARNING, "%s was taken away: %s", b->dir, why);
	b->displaced = true;
}

/* Under the lock: whoever has it is the broker that programs find. */
static void settle_again(struct pp_broker *b)
{
	struct pp_errctx err;
	if (mkdir(b->dir, 0700) < 0 && errno != EEXIST) {
		say_once(b, strerror(errno));
		return;
	}
	if (!is_ours(b)) {
		say_once(b, "there is another one");
		return;
	}
	if (pp_start_lock(b->dir, &err) < 0) {
		say_once(b, err.text);
		return;
	}
	pp_door_close(b);
	pp_publish_close(b);
	pp_publish_open(b);
	b->plain = 0;
	pp_wishes_settle(b);
	if (pp_door_open(b, &err) < 0) {
		say_once(b, err.text);
		return;
	}
	pp_start_ready();
	pp_log(PP_LOG_WARNING, "%s was taken away, and is there again", b->dir);
	b->displaced = false;
	pp_place_close(b);
	pp_place_watch(b);
}

void pp_place_look(struct pp_broker *b)
{
	if (!b->finished && !pp_door_is_there(b))
		settle_again(b);
}

static void on_change(evutil_socket_t fd, short what, void *arg)
{
	char ignored[4096];
	struct pp_broker *b = arg;
	(void)what;
	while (read(fd, ignored, sizeof ignored) > 0)
		;
	pp_broker_now(b);
	pp_place_look(b);
}

void pp_place_watch(struct pp_broker *b)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (fd < 0)
		return; /* a user has few of them */
	b->watch_event = inotify_add_watch(fd, b->dir, WHAT_TAKES_AWAY) < 0
				 ? NULL
				 : event_new(b->base, fd, EV_READ | EV_PERSIST, on_change, b);
	if (!b->watch_event || event_add(b->watch_event, NULL) < 0) {
		if (b->watch_event)
			event_free(b->watch_event);
		b->watch_event = NULL;
		close(fd);
	}
}

void pp_place_close(struct pp_broker *b)
{
	if (!b->watch_event)
		return;
	int fd = event_get_fd(b->watch_event);
	event_free(b->watch_event);
	b->watch_event = NULL;
	close(fd);
}
