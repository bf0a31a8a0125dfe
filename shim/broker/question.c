#include "broker/question.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/client.h"
#include "broker/wishes.h"
#include "broker/workers.h"

#define PP_QUESTION_VALID_MS (10 * 60 * 1000)
#define PP_QUESTION_LIMIT_MS 10000

struct question {
	struct pp_job job;
	struct pp_route *route; /* borrowed; routes live as long as the broker */
	struct sockaddr_storage to;
	socklen_t to_len;
	struct pp_route_fact *fact; /* of that route */
	uint8_t code;		    /* last byte of the request's code */
	char yes;
	enum pp_route_says answer;
	bool answered;
};

static bool wait_for(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};
	return poll(&p, 1, PP_QUESTION_LIMIT_MS) == 1;
}

static void question_run(struct pp_job *job)
{
	struct question *q = (struct question *)job;
	/* docs 55.7: 80877103 SSLRequest, 80877104 GSSENCRequest */
	const uint8_t request[] = {0, 0, 0, 8, 0x04, 0xd2, 0x16, q->code};
	char answer = 0;
	q->answer = PP_ROUTE_SAYS_NO;
	int fd = socket(q->to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	connect(fd, (struct sockaddr *)&q->to, q->to_len);
	if (wait_for(fd, POLLOUT) &&
	    send(fd, request, sizeof request, MSG_NOSIGNAL) == sizeof request &&
	    wait_for(fd, POLLIN) && recv(fd, &answer, 1, 0) == 1) {
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
	q->fact->says = q->answer;
	q->fact->asking = false;
	/* No answer is not remembered: the clients waiting now go on, the next one asks again. */
	q->fact->asked_at = q->answered ? b->now : b->now - PP_QUESTION_VALID_MS + 1000;
	free(q);
	pp_wishes_settle(b);
	PP_LIST_FOREACH_SAFE (&b->clients, it) {
		struct pp_client *c = pp_list_entry(it, struct pp_client, link);
		if (c->route != route || c->state != PP_CLIENT_PROBE)
			continue;
		pp_client_set_state(c, PP_CLIENT_STARTUP);
		pp_client_continue(c);
	}
}

static enum pp_route_says ask(struct pp_route *route, struct pp_route_fact *fact, uint8_t code,
			      char yes)
{
	struct pp_broker *b = route->broker;
	if (fact->says != PP_ROUTE_SAYS_UNKNOWN && b->now - fact->asked_at < PP_QUESTION_VALID_MS)
		return fact->says;
	if (fact->asking)
		return PP_ROUTE_SAYS_UNKNOWN;
	struct question *q = calloc(1, sizeof *q);
	if (!q)
		return PP_ROUTE_SAYS_YES; /* a tunnel is always right */
	q->job.run = question_run;
	q->job.done = question_done;
	q->route = route;
	q->fact = fact;
	q->code = code;
	q->yes = yes;
	q->to_len = pp_route_sockaddr(route, (struct sockaddr *)&q->to, sizeof q->to);
	fact->asking = true;
	pp_workers_submit(b->workers, &q->job);
	return PP_ROUTE_SAYS_UNKNOWN;
}

enum pp_route_says pp_question_tls(struct pp_route *route)
{
	return ask(route, &route->tls, 0x2f, 'S');
}

enum pp_route_says pp_question_gss(struct pp_route *route)
{
	return ask(route, &route->gss, 0x30, 'G');
}
