#include "broker/door_wait.h"

#include <event2/event_struct.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/door_answer.h"
#include "broker/reach.h"

/* Longer than a try at the connection, shorter than the shim's patience. */
#define PP_DOOR_WAIT_MS 1500
/* An address that swallows packets must not cost an event loop a second at each of its tries; if it answers again, it does
 * so at once. */
#define PP_DOOR_WAIT_SILENT_MS 50
#define PP_DOOR_WAIT_MAX       1000

struct waiting {
	struct pp_link link; /* broker.door_waiting */
	struct pp_route *route;
	int fd; /* owned */
	struct pp_ipc_msg question;
	pid_t pid;
	struct event timer;
};

static void end(struct waiting *w)
{
	event_del(&w->timer);
	pp_list_remove(&w->route->broker->door_waiting, &w->link);
	close(w->fd);
	free(w);
}

static void answer(struct waiting *w)
{
	pp_door_answer_route(w->route, w->fd, &w->question, w->pid);
	end(w);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct waiting *w = arg;
	struct pp_route *route = w->route;
	pp_broker_now(route->broker);
	if (!pp_reach_wait_over(route)) /* that answers all of them */
		answer(w);
}

bool pp_door_wait(struct pp_route *route, int fd, const struct pp_ipc_msg *question, pid_t pid)
{
	struct pp_broker *b = route->broker;
	long ms = pp_reach_is_silent(route) ? PP_DOOR_WAIT_SILENT_MS : PP_DOOR_WAIT_MS;
	struct timeval limit = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
	if (b->door_waiting.count >= PP_DOOR_WAIT_MAX)
		return false;
	struct waiting *w = calloc(1, sizeof *w);
	if (!w)
		return false;
	w->route = route;
	w->fd = fd;
	w->question = *question;
	w->pid = pid;
	evtimer_assign(&w->timer, b->base, on_timer, w);
	if (evtimer_add(&w->timer, &limit) < 0) {
		free(w);
		return false;
	}
	pp_list_append(&b->door_waiting, &w->link);
	return true;
}

void pp_door_wait_over(struct pp_route *route)
{
	PP_LIST_FOREACH_SAFE (&route->broker->door_waiting, it) {
		struct waiting *w = pp_list_entry(it, struct waiting, link);
		if (w->route == route)
			answer(w);
	}
}

void pp_door_wait_close(struct pp_broker *b)
{
	PP_LIST_FOREACH_SAFE (&b->door_waiting, it)
		end(pp_list_entry(it, struct waiting, link));
}
