#include "broker/target_names.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/broker.h"
#include "broker/door_answer.h"
#include "broker/host_at.h"
#include "broker/workers.h"

#define PP_NAMES_KNOWN	   32
#define PP_NAMES_VALID_MS  60000
#define PP_NAMES_FAILED_MS 5000
/* A resolver that takes longer is waited for once, not by each connect: without us nobody would have asked it. */
#define PP_NAMES_SILENT_MS   1000
#define PP_NAMES_LOOKUPS_MAX 32 /* addresses at a time: a program may try what it likes */
#define PP_NAMES_ASKING_MAX  1000

struct known {
	struct pp_ipc_addr addr;
	enum pp_target_answer answer; /* NO (also of an unused place) or YES */
	pp_ms until;
};

struct pp_target_names {
	struct pp_list lookups; /* link: lookup.link; under way */
	size_t asking;		/* all that wait for one */
	bool silent;		/* the last one took too long */
	struct known known[PP_NAMES_KNOWN];
	unsigned next; /* the place that is used next, whatever is there */
	uint32_t age;  /* of the targets: what an older look-up says is not kept */
};

struct lookup {
	struct pp_job job;
	struct pp_link link;
	struct pp_broker *broker;
	struct pp_list asking; /* link: asking.link */
	struct pp_targets targets;
	struct pp_ipc_addr addr;
	uint32_t age;
	pp_ms began_at;
	enum pp_target_answer answer; /* PERHAPS: a name could not be looked up */
};

struct asking {
	struct pp_link link;
	int fd; /* owned */
	struct pp_ipc_msg question;
	pid_t pid;
};

static bool is_same(const struct pp_ipc_addr *a, const struct pp_ipc_addr *b)
{
	return a->family == b->family && a->port_be == b->port_be &&
	       memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

static void run(struct pp_job *job)
{
	struct lookup *l = (struct lookup *)job;
	char address[INET6_ADDRSTRLEN];
	inet_ntop(l->addr.family == PP_IPC_V6 ? AF_INET6 : AF_INET, l->addr.ip, address,
		  sizeof address);
	for (unsigned i = 0; i < l->targets.count && l->answer != PP_TARGET_YES; i++) {
		const struct pp_target *target = &l->targets.item[i];
		if (target->kind != PP_TARGET_NAME || target->addr.port_be != l->addr.port_be)
			continue;
		int r = pp_host_at(target->name, "", address);
		if (r != 0)
			l->answer = r > 0 ? PP_TARGET_YES : PP_TARGET_PERHAPS;
	}
}

static struct known *find_known(struct pp_target_names *names, const struct pp_ipc_addr *addr)
{
	for (unsigned i = 0; i < PP_NAMES_KNOWN; i++)
		if (is_same(&names->known[i].addr, addr))
			return &names->known[i];
	return NULL;
}

/* While a name cannot be looked up, it leads where it did. */
static void keep(struct pp_target_names *names, const struct lookup *l, pp_ms now)
{
	bool failed = l->answer == PP_TARGET_PERHAPS;
	struct known *k = find_known(names, &l->addr);
	enum pp_target_answer otherwise = k ? k->answer : PP_TARGET_NO;
	if (!k)
		k = &names->known[names->next++ % PP_NAMES_KNOWN];
	*k = (struct known){
		.addr = l->addr,
		.answer = failed ? otherwise : l->answer,
		.until = now + (failed ? PP_NAMES_FAILED_MS : PP_NAMES_VALID_MS),
	};
}

static void done(struct pp_job *job)
{
	struct lookup *l = (struct lookup *)job;
	struct pp_broker *b = l->broker;
	struct pp_target_names *names = b->target_names;
	pp_list_remove(&names->lookups, &l->link);
	names->silent = b->now - l->began_at >= PP_NAMES_SILENT_MS;
	if (l->age == names->age)
		keep(names, l, b->now);
	PP_LIST_FOREACH_SAFE (&l->asking, it) {
		struct asking *a = pp_list_entry(it, struct asking, link);
		if (!pp_door_answer_target(b, a->fd, &a->question, a->pid,
					   l->answer == PP_TARGET_YES))
			close(a->fd);
		names->asking--;
		free(a);
	}
	free(l);
}

static struct lookup *begin(struct pp_broker *b, const struct pp_ipc_addr *addr)
{
	struct pp_target_names *names = b->target_names;
	struct lookup *l = NULL;
	if (names->lookups.count < PP_NAMES_LOOKUPS_MAX)
		l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	l->job = (struct pp_job){.run = run, .done = done, .slow = true};
	l->broker = b;
	l->targets = b->targets;
	l->addr = *addr;
	l->began_at = b->now;
	l->age = names->age;
	l->answer = PP_TARGET_NO;
	pp_list_init(&l->asking);
	pp_list_append(&names->lookups, &l->link);
	return l;
}

static struct lookup *under_way(const struct pp_target_names *names, const struct pp_ipc_addr *addr)
{
	PP_LIST_FOREACH (&names->lookups, it) {
		struct lookup *l = pp_list_entry(it, struct lookup, link);
		if (l->age == names->age && is_same(&l->addr, addr))
			return l;
	}
	return NULL;
}

static bool is_ready(struct pp_broker *b)
{
	if (!b->target_names && (b->target_names = calloc(1, sizeof *b->target_names)))
		pp_list_init(&b->target_names->lookups);
	return b->target_names;
}

/* The one that is under way, or a new one; NULL: there is no room. */
static struct lookup *look_up(struct pp_broker *b, const struct pp_ipc_addr *addr)
{
	struct lookup *l = under_way(b->target_names, addr);
	if (!l && (l = begin(b, addr)))
		pp_workers_submit(b->workers, &l->job);
	return l;
}

static bool wait_for(struct pp_target_names *names, struct lookup *l, int fd,
		     const struct pp_ipc_msg *question, pid_t pid)
{
	struct asking *a = names->asking < PP_NAMES_ASKING_MAX ? calloc(1, sizeof *a) : NULL;
	if (!a)
		return false;
	*a = (struct asking){.fd = fd, .question = *question, .pid = pid};
	pp_list_append(&l->asking, &a->link);
	names->asking++;
	return true;
}

/* The resolver does not answer: the last one took too long, or the first under way does. */
static bool is_silent(const struct pp_target_names *names, pp_ms now)
{
	struct pp_link *first = pp_list_first(&names->lookups);
	return names->silent ||
	       (first &&
		now - pp_list_entry(first, struct lookup, link)->began_at >= PP_NAMES_SILENT_MS);
}

/* What was a target is one as long as nobody says otherwise: looked up again, and not waited for. */
enum pp_target_answer pp_target_names_ask(struct pp_broker *b, int fd,
					  const struct pp_ipc_msg *question, pid_t pid)
{
	if (!is_ready(b))
		return PP_TARGET_NO;
	struct pp_target_names *names = b->target_names;
	const struct known *k = find_known(names, &question->addr);
	if (k && b->now < k->until)
		return k->answer;
	bool silent = is_silent(names, b->now);
	struct lookup *l = look_up(b, &question->addr);
	if (k && k->answer == PP_TARGET_YES)
		return PP_TARGET_YES;
	return l && !silent && wait_for(names, l, fd, question, pid) ? PP_TARGET_PERHAPS
								     : PP_TARGET_NO;
}

void pp_target_names_forget(struct pp_broker *b)
{
	if (!b->target_names)
		return;
	b->target_names->age++;
	memset(b->target_names->known, 0, sizeof b->target_names->known);
}

/* Look-ups that are under way belong to their workers: they find nobody. */
void pp_target_names_close(struct pp_broker *b)
{
	if (!b->target_names)
		return;
	PP_LIST_FOREACH (&b->target_names->lookups, it) {
		struct lookup *l = pp_list_entry(it, struct lookup, link);
		PP_LIST_FOREACH_SAFE (&l->asking, of) {
			struct asking *a = pp_list_entry(of, struct asking, link);
			pp_list_remove(&l->asking, of);
			b->target_names->asking--;
			close(a->fd);
			free(a);
		}
	}
}
