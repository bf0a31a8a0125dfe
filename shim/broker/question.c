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
#include "broker/wishes.h"
#include "broker/workers.h"

/* docs 55.7: 80877103 SSLRequest, 80877104 GSSENCRequest; the last byte */
#define PP_QUESTION_TLS	     0x2f
#define PP_QUESTION_GSS	     0x30
#define PP_QUESTION_VALID_MS (10 * 60 * 1000)
#define PP_QUESTION_LIMIT_MS 10000
/* In one data centre; whoever waits for it (door_wait.h) can do nothing else. */
#define PP_QUESTION_CONNECT_MS 1000
/* A server that cannot be reached is tried again at most so often. */
#define PP_QUESTION_DOWN_MS 1000

struct question {
	struct pp_job job;
	struct pp_route *route; /* borrowed; routes live as long as the broker */
	struct sockaddr_storage to;
	socklen_t to_len;
	struct pp_route_fact *fact; /* of that route */
	uint8_t code;		    /* last byte of the request's code */
	char yes;
	enum pp_route_says answer;
	bool reached, answered;
};

static bool wait_for(int fd, short events, int ms)
{
	struct pollfd p = {.fd = fd, .events = events};
	return poll(&p, 1, ms) == 1;
}

static bool connect_to(int fd, const struct question *q)
{
	int error = 0;
	socklen_t len = sizeof error;
	if (connect(fd, (const struct sockaddr *)&q->to, q->to_len) < 0 && errno != EINPROGRESS)
		return false;
	return wait_for(fd, POLLOUT, PP_QUESTION_CONNECT_MS) &&
	       getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0;
}

static void question_run(struct pp_job *job)
{
	struct question *q = (struct question *)job;
	const uint8_t request[] = {0, 0, 0, 8, 0x04, 0xd2, 0x16, q->code};
	char answer = 0;
	q->answer = PP_ROUTE_SAYS_NO;
	int fd = socket(q->to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	q->reached = connect_to(fd, q);
	if (q->reached && send(fd, request, sizeof request, MSG_NOSIGNAL) == sizeof request &&
	    wait_for(fd, POLLIN, PP_QUESTION_LIMIT_MS) && recv(fd, &answer, 1, 0) == 1) {
		q->answered = true;
		q->answer = answer == q->yes ? PP_ROUTE_SAYS_YES : PP_ROUTE_SAYS_NO;
	}
	close(fd);
}

static void question_done(struct pp_job *job)
{
	struct question *q = (struct question *)job;
	struct pp_route *route = q->route;
	struct pp_broker *b = route->broker;
	if (q->answered || q->fact->says == PP_ROUTE_SAYS_UNKNOWN)
		q->fact->says = q->answer;
	q->fact->asking = false;
	pp_route_set_reach(route, q->reached ? PP_ROUTE_UP : PP_ROUTE_DOWN);
	/* No answer is not remembered: the clients waiting now go on, the next one asks again. */
	q->fact->asked_at = q->answered ? b->now : b->now - PP_QUESTION_VALID_MS + 1000;
	free(q);
	pp_wishes_settle(b);
	pp_door_wait_over(route);
	PP_LIST_FOREACH_SAFE (&b->clients, it) {
		struct pp_client *c = pp_list_entry(it, struct pp_client, link);
		if (c->route != route || c->state != PP_CLIENT_PROBE)
			continue;
		pp_client_set_state(c, PP_CLIENT_STARTUP);
		pp_client_continue(c);
	}
}

/* False: no memory. */
static bool begin(struct pp_route *route, struct pp_route_fact *fact, uint8_t code, char yes)
{
	struct question *q = fact->asking ? NULL : calloc(1, sizeof *q);
	if (!q)
		return fact->asking;
	q->job.run = question_run;
	q->job.done = question_done;
	q->route = route;
	q->fact = fact;
	q->code = code;
	q->yes = yes;
	q->to_len = pp_route_sockaddr(route, (struct sockaddr *)&q->to, sizeof q->to);
	fact->asking = true;
	pp_workers_submit(route->broker->workers, &q->job);
	return true;
}

static enum pp_route_says ask(struct pp_route *route, struct pp_route_fact *fact, uint8_t code,
			      char yes)
{
	if (fact->says != PP_ROUTE_SAYS_UNKNOWN &&
	    route->broker->now - fact->asked_at < PP_QUESTION_VALID_MS)
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

bool pp_question_is_reach_open(struct pp_route *route)
{
	pp_ms age = route->broker->now - route->reach_at;
	if (route->reach == PP_ROUTE_UP ||
	    (route->reach == PP_ROUTE_DOWN && age < PP_QUESTION_DOWN_MS))
		return false;
	/* One that was down stays so until the answer: nobody waits long for it. */
	if (route->reach != PP_ROUTE_DOWN)
		pp_route_set_reach(route, PP_ROUTE_UNKNOWN);
	/* Without workers the question was answered at once. */
	return begin(route, &route->tls, PP_QUESTION_TLS, 'S') && route->tls.asking;
}

void pp_question_doubt(struct pp_route *route)
{
	if (route->reach == PP_ROUTE_UP)
		pp_route_set_reach(route, PP_ROUTE_UNKNOWN);
}
