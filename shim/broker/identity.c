#include "broker/identity.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/broker.h"
#include "broker/client.h"
#include "broker/process.h"
#include "broker/publish.h"

/* Announced connections not yet accepted. A connect that never comes leaves its entry until it is overwritten. */
#define PP_EXPECTED 1024

struct expected {
	uint64_t cookie;
	pid_t pid;
	uint32_t mark;
};

struct pp_netlink {
	int fd;
	uint32_t sequence;
	uint32_t next;
	uint32_t waiting; /* of these, announced and not yet claimed */
	struct expected ring[PP_EXPECTED];
};

/* The kernel answers in the same call; the timeout is for a kernel that does not. */
static const struct timeval limit = {.tv_usec = 50000};

static int open_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	return fd;
}

/* A connection to ourselves. */
static bool connect_pair(int listener, int client, struct sockaddr_in *ret_client,
			 struct sockaddr_in *ret_listener)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof any, client_len = sizeof any;
	return bind(listener, (struct sockaddr *)&any, sizeof any) == 0 &&
	       listen(listener, 1) == 0 &&
	       getsockname(listener, (struct sockaddr *)ret_listener, &len) == 0 &&
	       connect(client, (struct sockaddr *)ret_listener, sizeof any) == 0 &&
	       getsockname(client, (struct sockaddr *)ret_client, &client_len) == 0;
}

/* A kernel without tcp_diag says of every connection that it does not exist; some sandboxes say nothing. Asked once, about
 * a socket that is certainly there. */
static bool tells_the_truth(struct pp_broker *b)
{
	struct sockaddr_in ours, theirs;
	struct pp_identity who = {.kind = PP_IDENTITY_UNKNOWN};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client >= 0)
		setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit,
			   sizeof limit); /* connect(2)'s, too */
	if (listener >= 0 && client >= 0 && connect_pair(listener, client, &ours, &theirs)) {
		struct pp_ipc_addr listening = {.family = PP_IPC_V4, .port_be = theirs.sin_port};
		memcpy(listening.ip, &theirs.sin_addr, 4);
		pp_identity_find(b, &ours, &listening, &who);
	}
	if (listener >= 0)
		close(listener);
	if (client >= 0)
		close(client);
	return who.kind == PP_IDENTITY_OPEN && who.uid == b->uid;
}

void pp_identity_open(struct pp_broker *b)
{
	struct pp_netlink *nl = calloc(1, sizeof *nl);
	if (!nl)
		return;
	nl->fd = open_socket();
	b->netlink = nl;
	if (nl->fd >= 0 && tells_the_truth(b))
		return;
	pp_log(PP_LOG_WARNING,
	       "no sock_diag (%s): clients are served without knowing their process",
	       nl->fd < 0 ? strerror(errno) : "it does not know our own connection");
	if (nl->fd >= 0)
		close(nl->fd);
	nl->fd = -1;
}

bool pp_identity_is_open(const struct pp_broker *b)
{
	return b->netlink && b->netlink->fd >= 0;
}

static bool ask(struct pp_netlink *nl, const struct sockaddr_in *peer,
		const struct pp_ipc_addr *listening)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 request;
	} message = {
		.header = {.nlmsg_len = sizeof message,
			   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			   .nlmsg_flags = NLM_F_REQUEST,
			   .nlmsg_seq = ++nl->sequence},
		.request = {.sdiag_family = AF_INET,
			    .sdiag_protocol = IPPROTO_TCP,
			    .idiag_states = UINT32_MAX,
			    .id = {.idiag_sport = peer->sin_port,
				   .idiag_dport = listening->port_be,
				   .idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}},
	};
	memcpy(message.request.id.idiag_src, &peer->sin_addr, 4);
	memcpy(message.request.id.idiag_dst, listening->ip, 4);
	return send(nl->fd, &message, sizeof message, 0) == sizeof message;
}

void pp_identity_find(struct pp_broker *b, const struct sockaddr_in *peer,
		      const struct pp_ipc_addr *listening, struct pp_identity *ret_who)
{
	struct pp_netlink *nl = b->netlink;
	*ret_who = (struct pp_identity){.kind = PP_IDENTITY_UNKNOWN};
	if (!nl || nl->fd < 0 || !ask(nl, peer, listening))
		return;
	union {
		struct nlmsghdr header;
		char bytes[1024];
	} answer;
	ssize_t n;
	do
		n = recv(nl->fd, &answer, sizeof answer, 0);
	while (n >= (ssize_t)sizeof answer.header && answer.header.nlmsg_seq != nl->sequence);
	if (n >= (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)) &&
	    answer.header.nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *error = NLMSG_DATA(&answer.header);
		if (error->error == -ENOENT)
			ret_who->kind = PP_IDENTITY_GONE;
		return;
	}
	if (n < (ssize_t)NLMSG_LENGTH(sizeof(struct inet_diag_msg)) ||
	    answer.header.nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return;
	const struct inet_diag_msg *diag = NLMSG_DATA(&answer.header);
	/* Without an inode nobody has it open, and its uid is 0 (Linux 6.18: in FIN_WAIT_2 already). */
	ret_who->kind = diag->idiag_inode ? PP_IDENTITY_OPEN : PP_IDENTITY_CLOSED;
	ret_who->uid = diag->idiag_uid;
	ret_who->cookie = (uint64_t)diag->id.idiag_cookie[1] << 32 | diag->id.idiag_cookie[0];
}

void pp_identity_expect(struct pp_broker *b, uint64_t cookie, pid_t pid, uint32_t mark)
{
	struct pp_netlink *nl = b->netlink;
	if (!nl || cookie == 0)
		return;
	struct expected *e = &nl->ring[nl->next++ % PP_EXPECTED];
	nl->waiting += e->cookie == 0;
	*e = (struct expected){cookie, pid, mark};
}

static struct expected *find(struct pp_netlink *nl, uint64_t cookie)
{
	/* Newest first: the connect follows its ROUTE at once. Nearly always nobody else waits. */
	uint32_t left = cookie ? nl->waiting : 0; /* 0: a free place */
	for (uint32_t i = 1; left && i <= PP_EXPECTED; i++) {
		struct expected *e = &nl->ring[(nl->next - i) % PP_EXPECTED];
		if (e->cookie == cookie)
			return e;
		left -= e->cookie != 0;
	}
	return NULL;
}

/* Or it is among what was told, no more than the kernel queues. */
static struct expected *hear_of(struct pp_broker *b, uint64_t cookie)
{
	struct expected *e = find(b->netlink, cookie);
	for (int i = 0; !e && i < PP_EXPECTED && pp_publish_hear(b); i++)
		e = find(b->netlink, cookie);
	return e;
}

static bool is_reset(int fd)
{
	uint8_t state; /* tcpi_state is the first byte of struct tcp_info */
	socklen_t len = sizeof state;
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &state, &len) < 0 || state == TCP_CLOSE;
}

bool pp_identity_is_welcome(struct pp_broker *b, int fd, const struct pp_identity *who)
{
	/* Asked last: while our end lives, the socket that was found is its peer. */
	if (is_reset(fd))
		return false;
	switch (who->kind) {
	case PP_IDENTITY_UNKNOWN: return true;
	case PP_IDENTITY_GONE: return false;
	case PP_IDENTITY_CLOSED: return hear_of(b, who->cookie) != NULL;
	case PP_IDENTITY_OPEN: return who->uid == b->uid || hear_of(b, who->cookie) != NULL;
	}
	return false;
}

void pp_identity_claim(struct pp_broker *b, const struct pp_identity *who, struct pp_client *c)
{
	struct expected *e = NULL;
	if (b->netlink && (who->kind == PP_IDENTITY_OPEN || who->kind == PP_IDENTITY_CLOSED))
		e = hear_of(b, who->cookie);
	if (!e)
		return;
	c->mark = e->mark;
	c->is_elsewhere = e->pid <= 0;
	pp_process_join(c, e->pid);
	e->cookie = 0;
	b->netlink->waiting--;
}
