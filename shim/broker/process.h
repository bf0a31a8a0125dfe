/* shim/broker/process.h - the programs that use this broker, by pid; and their SIGTERM (DESIGN 8).
 *
 * A process that dies by default (no handler) while it has open transactions is asked to wait; when they have
 * ended, or the drain's deadline comes, it gets SIGTERM again and then dies of it; meanwhile it begins no new ones, or many threads would never
 * have none open. A pidfd tells of its death and
 * makes sure the signal reaches no stranger (pidfd_open(2)).
 * With PID 1 everything ends, we as well: where it dies by default (PODPOOL_PID1_EXIT), everybody's transactions are its
 * own, and nobody begins new ones.
 * The pod is leaving when PID 1 got SIGTERM, from outside; it seems to be when every living process that used the broker did
 * (drain/drain.h): a server that only replaces its workers must not drain everybody for long, nor a container others
 * that share its broker.
 */
#ifndef PP_BROKER_PROCESS_H
#define PP_BROKER_PROCESS_H

#include <podpool/ipc.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/list.h"

struct pp_broker;
struct pp_client;
struct event;

struct pp_process {
	UT_hash_handle hh; /* broker.processes */
	struct pp_broker *broker;
	pid_t pid;
	int pidfd;
	struct event *event;
	struct pp_list clients; /* link: client.process_link */
	pp_ms term_at;		/* got SIGTERM; 0: never */
	bool waiting;		/* told to wait; we owe it a SIGTERM */
	bool released;		/* the SIGTERM was sent */
	pp_ms waiting_at, released_at;
	bool handled; /* a SIGTERM of it met a handler of its own */

	/* leaks.c's: is the number of its connections only ever growing? */
	pp_ms window_at;	  /* this window began */
	uint32_t most;		  /* connections at a time */
	uint32_t low, low_before; /* fewest in this window, in the last one */
	uint32_t low_at_start;	  /* when they began to grow */
	uint32_t grown;		  /* windows in a row that were higher than the one before */
	uint32_t warned_at;	  /* the last warning was about so many */
};

/* The process is known from now on (a ROUTE came, and its connection will). Pids of other pid namespaces (0) are not followed. */
void pp_process_note(struct pp_broker *b, pid_t pid);
/* One was noted a moment ago: who was answered connects at once. */
bool pp_process_has_asked(const struct pp_broker *b);
void pp_process_join(struct pp_client *c, pid_t pid);
/* Also where it never joined. */
void pp_process_leave(struct pp_client *c);

/* SIGTERM in this process: the answer for the shim. */
enum pp_ipc_op pp_process_term(struct pp_broker *b, pid_t pid, uint32_t flags);

/* Without podpool its process would be dead, or PID 1 waits to take it along: it ends what it has begun, and begins
 * nothing. */
bool pp_process_is_ending(const struct pp_client *c);
/* Nobody waits longer than a drain would, also while nobody else leaves. Called by the janitor. */
void pp_process_give_up(struct pp_broker *b);
/* It got its SIGTERM and lives on all the same (a handler by now), or is dead, and a child has its connection: what was held
 * back goes on. Called by the janitor. */
void pp_process_go_on(struct pp_broker *b);

/* A client has no open transaction now: perhaps its process may end, or PID 1. */
void pp_process_settle(struct pp_client *c);

/* The drain's deadline: nobody waits any longer. */
void pp_process_release_all(struct pp_broker *b);

uint32_t pp_process_count(const struct pp_broker *b);
/* No other one is known than this, if even this. */
bool pp_process_is_nobody_but(const struct pp_broker *b, pid_t pid);
/* Each of them has got SIGTERM, and not so long ago that it must have been meant otherwise. */
bool pp_process_all_leave(const struct pp_broker *b);

#endif
