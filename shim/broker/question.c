#include "broker/question.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/client.h"
#include "broker/door_wait.h"
#include "broker/lend.h"
#include "broker/reach.h"
#include "broker/wishes.h"
#include "broker/workers.h"

/* docs 55.7: 80877103 SSLRequest, 80877104 GSSENCRequest; the last byte */
#define PP_QUESTION_TLS	     0x2f
#define PP_QUESTION_GSS	     0x30
#define PP_QUESTION_VALID_MS (10 * 60 * 1000)
#define PP_QUESTION_LIMIT_MS 10000

/* Two errands of one job: connects, and then asks. Who waits for no more than the first is told after it. */
struct question {
	struct pp_job job;
	struct pp_link link;	/* broker.questions, while it waits for a place */
	pp_ms since;		/* it does */
	struct pp_route *route; /* borrowed; routes live as long as the broker */
	int fd;			/* owned; -1: not connected */
	int connect_ms;
	bool silent;
	struct sockaddr_storage to;
	socklen_t to_len;
	struct pp_route_fact *fact; /* of that route; NULL: only connects */
	uint8_t code;		    /* last byte of the request's code */
	char yes;
	enum pp_route_says answer;
	bool answered;
};

static bool wait_for(int fd, short events, int ms)
{
	struct pollfd p = {.fd = fd, .events = events};
	return poll(&p, 1, ms) == 1;
}

static bool connect_to(int fd, struct question *q)
{
	int error = 0;
	socklen_t len = sizeof error;
	if (connect(fd, (const struct sockaddr *)&q->to, q->to_len) < 0 && errno != EINPROGRESS)
		return false;
	q->silent = !wait_for(fd, POLLOUT, q->connect_ms);
	return !q->silent && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0;
}

static void connect_run(struct pp_job *job)
{
	struct question *q = (struct question *)job;
	q->fd = socket(q->to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (q->fd < 0 || connect_to(q->fd, q))
		return;
	close(q->fd);
	q->fd = -1;
}

static bool hear(const struct question *q, char *ret_byte)
{
	return wait_for(q->fd, POLLIN, PP_QUESTION_LIMIT_MS) && recv(q->fd, ret_byte, 1, 0) == 1;
}

/* An error is no answer: the server may be out of memory, or of processes, and speak TLS all the same (docs 55.2.10). But
 * one that is older than GSSAPI encryption (12) knows no such request, and says so in the words of protocol 3: their length
 * begins with 0, where those of a server in need are plain text. */
static void take_answer(struct question *q)
{
	char answer = 0, next = 1;
	if (!hear(q, &answer))
		return;
	bool is_old = q->code == PP_QUESTION_GSS && answer == 'E' && hear(q, &next) && next == 0;
	q->answered = answer == q->yes || answer == 'N' || is_old;
	if (q->answered && answer != q->yes)
		q->answer = PP_ROUTE_SAYS_NO;
}

static void ask_run(struct pp_job *job)
{
	struct question *q = (struct question *)job;
	const uint8_t request[] = {0, 0, 0, 8, 0x04, 0xd2, 0x16, q->code};
	q->answer = PP_ROUTE_SAYS_YES; /* a tunnel is always right */
	if (send(q->fd, request, sizeof request, MSG_NOSIGNAL) == sizeof request)
		take_answer(q);
	close(q->fd);
}

/* Its connection is closed. */
static void end(struct question *q)
{
	struct pp_broker *b = q->route->broker;
	free(q);
	b->asking--;
	pp_pools_count_other(&b->pools, -1);
	pp_lend_settle(b);
}

static void continue_clients(struct pp_route *route, const char *failure)
{
	PP_LIST_FOREACH_SAFE (&route->broker->clients, it) {
		struct pp_client *c = pp_list_entry(it, struct pp_client, link);
		if (c->route != route || c->state != PP_CLIENT_PROBE)
			continue;
		pp_client_set_state(c, PP_CLIENT_STARTUP);
		if (failure)
			pp_client_fail(c, "FATAL", "53300", failure);
		else
			pp_client_continue(c);
	}
}

static void answered(struct pp_job *job)
{
	struct question *q = (struct question *)job;
	struct pp_route *route = q->route;
	struct pp_broker *b = route->broker;
	if (q->answered || q->fact->unsure || q->fact->says == PP_ROUTE_SAYS_UNKNOWN) {
		q->fact->says = q->answer;
		q->fact->unsure = !q->answered;
	}
	q->fact->asking = false;
	q->fact->guessed = !q->answered;
	/* No answer is not remembered: the clients waiting now go on, the next one asks again. */
	q->fact->asked_at = q->answered ? b->now : b->now - PP_QUESTION_VALID_MS + 1000;
	end(q);
	pp_wishes_settle(b);
	continue_clients(route, NULL);
}

static void connected(struct pp_job *job)
{
	struct question *q = (struct question *)job;
	struct pp_route *route = q->route;
	bool is_up = q->fd >= 0;
	route->trying = false;
	pp_reach_found(route, is_up ? PP_ROUTE_UP : PP_ROUTE_DOWN, q->silent);
	if (is_up && q->fact) {
		q->job.run = ask_run;
		q->job.done = answered;
		pp_workers_submit(route->broker->workers, &q->job);
	} else if (q->fact) {
		answered(job);
	} else {
		if (is_up)
			close(q->fd);
		end(q);
	}
}

/* False: no memory. */
static bool begin(struct pp_route *route, struct pp_route_fact *fact, uint8_t code, char yes)
{
	struct pp_broker *b = route->broker;
	if (fact && fact->asking)
		return true;
	struct question *q = calloc(1, sizeof *q);
	if (!q)
		return false;
	q->job.run = connect_run;
	q->job.done = connected;
	q->since = b->now;
	q->route = route;
	q->fd = -1;
	q->connect_ms = pp_reach_is_silent(route) ? PP_REACH_KNOCK_MS : PP_REACH_CONNECT_MS;
	q->answer = PP_ROUTE_SAYS_NO;
	q->fact = fact;
	q->code = code;
	q->yes = yes;
	q->to_len = pp_route_sockaddr(route, (struct sockaddr *)&q->to, sizeof q->to);
	if (fact)
		fact->asking = true;
	route->trying = true;
	pp_list_append(&b->questions, &q->link);
	pp_pools_want_errands(&b->pools, 1);
	pp_lend_settle(b);
	return true;
}

static struct question *take_first(struct pp_broker *b)
{
	struct question *q = pp_list_entry(pp_list_first(&b->questions), struct question, link);
	pp_list_remove(&b->questions, &q->link);
	pp_pools_want_errands(&b->pools, -1);
	return q;
}

void pp_question_next(struct pp_broker *b)
{
	struct question *q = take_first(b);
	b->asking++;
	pp_pools_count_other(&b->pools, 1);
	pp_workers_submit(b->workers, &q->job);
}

static bool is_late(const struct pp_broker *b)
{
	struct pp_link *first = pp_list_first(&b->questions);
	return first && b->config.wait_timeout_ms &&
	       b->now - pp_list_entry(first, struct question, link)->since >=
		       b->config.wait_timeout_ms;
}

void pp_question_sweep(struct pp_broker *b)
{
	while (is_late(b)) {
		struct question *q = take_first(b);
		struct pp_route *route = q->route;
		route->trying = false;
		if (q->fact)
			q->fact->asking = false;
		free(q);
		pp_door_wait_over(route);
		continue_clients(route, PP_LEND_LATE);
	}
}

static bool has_place(const struct pp_broker *b)
{
	return b->pools.open < pp_pools_places(&b->pools) && !b->pools.errands;
}

static enum pp_route_says ask(struct pp_route *route, struct pp_route_fact *fact, uint8_t code,
			      char yes)
{
	struct pp_broker *b = route->broker;
	bool is_old = b->now - fact->asked_at >= PP_QUESTION_VALID_MS;
	bool may_be_old = !fact->guessed && !has_place(b);
	if (fact->says != PP_ROUTE_SAYS_UNKNOWN && (!is_old || may_be_old))
		return fact->says;
	/* a tunnel is always right */
	return begin(route, fact, code, yes) ? PP_ROUTE_SAYS_UNKNOWN : PP_ROUTE_SAYS_YES;
}

enum pp_route_says pp_question_tls(struct pp_route *route)
{
	return ask(route, &route->tls, PP_QUESTION_TLS, 'S');
}

enum pp_route_says pp_question_gss(struct pp_route *route)
{
	return ask(route, &route->gss, PP_QUESTION_GSS, 'G');
}

bool pp_question_reach(struct pp_route *route)
{
	if (pp_reach_is_silent(route) && !has_place(route->broker))
		return false;
	(void)begin(route, route->tls.asking ? NULL : &route->tls, PP_QUESTION_TLS, 'S');
	return route->trying; /* false: no memory */
}
