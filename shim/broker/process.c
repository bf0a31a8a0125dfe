#include "broker/process.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/broker.h"
#include "broker/client.h"
#include "broker/server.h"
#include "broker/tick.h"

/* pods hold hundreds of processes, not tens of thousands; each costs a descriptor. */
#define PP_PROCESS_MAX 10000
/* From its SIGTERM to its death, on a busy machine. Who lives longer has changed its mind. */
#define PP_PROCESS_DEATH_MS 2000
/* From a death to the end of its connections, which comes first but may be heard later. */
#define PP_PROCESS_FIN_MS    100
#define PP_PROCESS_GO_ON_MAX 100
/* From the answer to the connection. */
#define PP_PROCESS_ASKED_MS 1000

static struct pp_process *find(const struct pp_broker *b, pid_t pid)
{
	struct pp_process *p;
	HASH_FIND(hh, b->processes, &pid, sizeof pid, p);
	return p;
}

/* Containers of one pod may share a broker: that this one ends says nothing of the other. */
static bool is_shared(const struct pp_broker *b)
{
	PP_LIST_FOREACH (&b->clients, it)
		if (pp_list_entry(it, struct pp_client, link)->is_elsewhere)
			return true;
	return false;
}

/* Who lives longer than any pod had a handler for which it means something else. */
static bool is_leaving(const struct pp_process *p)
{
	const struct pp_broker *b = p->broker;
	return p->term_at && b->now - p->term_at < pp_drain_whole(&b->drain);
}

bool pp_process_all_leave(const struct pp_broker *b)
{
	struct pp_process *p, *next;
	HASH_ITER(hh, b->processes, p, next)
	if (!is_leaving(p))
		return false;
	return b->processes && !is_shared(b);
}

static void on_death(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct pp_process *p = arg;
	struct pp_broker *b = p->broker;
	pp_broker_now(b);
	bool held = p->waiting || p->released;
	p->waiting = false;
	while (p->clients.count) { /* its sockets close by themselves, or live on in a child */
		struct pp_client *c =
			pp_list_entry(pp_list_first(&p->clients), struct pp_client, process_link);
		c->orphaned_at = b->now;
		c->was_held = held;
		pp_process_leave(c);
	}
	HASH_DEL(b->processes, p);
	if (b->pid1 == p)
		b->pid1 = NULL;
	event_free(p->event);
	close(p->pidfd);
	free(p);
	pp_tick_drain(b, PP_DRAIN_EV_TICK);
}

static void add(struct pp_broker *b, pid_t pid)
{
	if (pid <= 0 || find(b, pid) || HASH_COUNT(b->processes) >= PP_PROCESS_MAX)
		return;
	struct pp_process *p = calloc(1, sizeof *p);
	if (!p)
		return;
	p->broker = b;
	p->pid = pid;
	p->window_at = b->now;
	pp_list_init(&p->clients);
	p->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (p->pidfd >= 0)
		p->event = event_new(b->base, p->pidfd, EV_READ, on_death, p);
	if (p->event && event_add(p->event, NULL) == 0)
		HASH_ADD(hh, b->processes, pid, sizeof p->pid, p);
	if (p->hh.tbl) {
		b->pid1 = pid == 1 ? p : b->pid1;
	} else { /* an old kernel, or it is dead already */
		if (p->event)
			event_free(p->event);
		if (p->pidfd >= 0)
			close(p->pidfd);
		free(p);
	}
}

void pp_process_note(struct pp_broker *b, pid_t pid)
{
	b->asked_at = b->now;
	b->awaited = false;
	add(b, pid);
}

bool pp_process_has_asked(const struct pp_broker *b)
{
	return b->asked_at && b->now - b->asked_at < PP_PROCESS_ASKED_MS;
}

void pp_process_join(struct pp_client *c, pid_t pid)
{
	struct pp_process *p = find(c->broker, pid);
	if (!p)
		return;
	c->process = p;
	pp_list_append(&p->clients, &c->process_link);
}

static bool is_busy(const struct pp_client *c)
{
	if (c->gone)
		return false;
	switch (c->state) {
	case PP_CLIENT_WAITING: return c->database && pp_client_is_greeted(c);
	case PP_CLIENT_LENT:
		/* A pinned server between transactions holds nothing open. */
		return c->server && (c->skip || !pp_tx_is_idle(&c->server->tx));
	case PP_CLIENT_CLOSING: return false;
	default: return pp_buf_len(&c->out) > 0;
	}
}

static bool is_anybody_busy(const struct pp_broker *b)
{
	PP_LIST_FOREACH (&b->clients, it)
		if (is_busy(pp_list_entry(it, struct pp_client, link)))
			return true;
	return false;
}

static bool has_open_work(const struct pp_process *p)
{
	if (p == p->broker->pid1)
		return is_anybody_busy(p->broker);
	PP_LIST_FOREACH (&p->clients, it)
		if (is_busy(pp_list_entry(it, struct pp_client, process_link)))
			return true;
	return false;
}

static void release(struct pp_process *p)
{
	p->waiting = false;
	p->released = true;
	p->released_at = p->broker->now;
	pp_log(PP_LOG_INFO, "process %d has finished its transactions: SIGTERM", (int)p->pid);
	syscall(SYS_pidfd_send_signal, p->pidfd, SIGTERM, NULL, 0);
}

static void settle(struct pp_process *p)
{
	if (p && p->waiting && !has_open_work(p))
		release(p);
}

void pp_process_leave(struct pp_client *c)
{
	struct pp_process *p = c->process;
	if (p)
		pp_list_remove(&p->clients, &c->process_link);
	c->process = NULL;
	settle(p);
	settle(c->broker->pid1);
}

/* A second SIGTERM, by whomever, is now, if it is not the first one come twice (PP_DRAIN_SAME_MS); and so is one that the
 * process sends to itself: what follows that call was not to run. But Node and PHP die of the first one by a handler that
 * gives the default action back and sends it again, Node whenever its loop comes to it: that is still the first, and the copy
 * may come before it or behind. */
static bool is_due(const struct pp_process *p, uint32_t flags, bool first)
{
	pp_ms since = p->broker->now - (p->waiting ? p->waiting_at : p->term_at);
	bool is_copy = since < PP_DRAIN_SAME_MS;
	if (p->released)
		return true;
	if (flags & PP_IPC_TERM_SELF)
		return !p->handled || (p->waiting && !is_copy);
	if (!p->waiting && flags & PP_IPC_TERM_PID1)
		return false; /* the kernel would have dropped them all */
	return !is_copy && (p->waiting || !first);
}

static bool is_told_to_leave(const struct pp_broker *b)
{
	return b->drain.state != PP_DRAIN_RUN && !b->drain.surmised;
}

enum pp_ipc_op pp_process_term(struct pp_broker *b, pid_t pid, uint32_t flags)
{
	bool dies = flags & PP_IPC_TERM_DEFAULT, inside = flags & PP_IPC_TERM_INSIDE;
	if (dies && inside && !is_told_to_leave(b))
		return PP_IPC_OK; /* the kernel would have dropped it */
	if (dies && pid == 1)
		add(b, pid); /* most have no connection of their own */
	struct pp_process *p = find(b, pid);
	bool first = !p || !is_leaving(p);
	if (p && first)
		p->term_at = b->now;
	if (p && flags & PP_IPC_TERM_HANDLER)
		p->handled = true;
	bool certain = pid == 1 && !inside;
	if (certain || (first && p && pp_process_all_leave(b))) {
		pp_log(PP_LOG_INFO, "process %d got SIGTERM: draining", (int)pid);
		pp_tick_drain(b, certain ? PP_DRAIN_EV_TERM : PP_DRAIN_EV_TICK);
	}
	if (!dies)
		return PP_IPC_OK;
	if (!p || is_due(p, flags, first) || !has_open_work(p) || b->orders.refuse_lending)
		return PP_IPC_NOW;
	if (!p->waiting)
		p->waiting_at = b->now; /* else who is told again and again would never be late */
	p->waiting = true;
	return PP_IPC_WAIT;
}

void pp_process_settle(struct pp_client *c)
{
	settle(c->process);
	settle(c->broker->pid1);
}

void pp_process_release_all(struct pp_broker *b)
{
	struct pp_process *p, *next;
	HASH_ITER(hh, b->processes, p, next)
	if (p->waiting)
		release(p);
}

static bool is_ending(const struct pp_process *p)
{
	return p && (p->waiting ||
		     (p->released && p->broker->now - p->released_at < PP_PROCESS_DEATH_MS));
}

bool pp_process_is_ending(const struct pp_client *c)
{
	return is_ending(c->process) || is_ending(c->broker->pid1);
}

void pp_process_give_up(struct pp_broker *b)
{
	struct pp_process *p, *next;
	pp_ms patience = pp_drain_patience(&b->drain);
	HASH_ITER(hh, b->processes, p, next)
	if (p->waiting && b->now - p->waiting_at >= patience)
		release(p);
}

/* What a dead process had said is not said any more; a child that goes on with its connection keeps that open. */
static bool was_orphaned_while_held(const struct pp_client *c)
{
	return c->was_held && !c->eof && c->broker->now - c->orphaned_at >= PP_PROCESS_FIN_MS;
}

static bool was_held_back(const struct pp_client *c)
{
	const struct pp_process *p = c->process, *pid1 = c->broker->pid1;
	bool held = (p && p->released) || (pid1 && pid1->released) || was_orphaned_while_held(c);
	return held && !pp_process_is_ending(c);
}

/* One, whose end may be that of others. False: there is none. */
static bool one_goes_on(struct pp_broker *b, pp_ms round)
{
	PP_LIST_FOREACH (&b->clients, it) {
		struct pp_client *c = pp_list_entry(it, struct pp_client, link);
		bool may_begin = c->state == PP_CLIENT_IDLE || c->state == PP_CLIENT_LENT;
		if (c->went_on_at != round && may_begin && was_held_back(c) &&
		    (pp_buf_len(&c->in) || !pp_client_is_greeted(c))) {
			c->was_held = false;
			c->went_on_at = round;
			pp_client_continue(c);
			return true;
		}
	}
	return false;
}

/* Each once, and not all of thousands in one round of the loop. */
void pp_process_go_on(struct pp_broker *b)
{
	pp_ms round = b->now;
	for (int left = PP_PROCESS_GO_ON_MAX; left && one_goes_on(b, round);)
		left--;
}

bool pp_process_is_nobody_but(const struct pp_broker *b, pid_t pid)
{
	return HASH_COUNT(b->processes) == (find(b, pid) ? 1 : 0);
}

uint32_t pp_process_count(const struct pp_broker *b)
{
	return HASH_COUNT(b->processes);
}
