/* shim/drain/drain.h - leaving politely. Pure: events and time in, orders out.
 *
 *         TERM, own TERM, request, or
 *         every process leaves                   deadline
 *   RUN ---------------------------> DRAIN ---------------------> FORCE
 *    | ^                              | |                           |
 *    | |  one that stays, and nobody  | |                           |
 *    | +--- has told us to leave -----+ | no client and no process  | no client left, end of
 *    | parted                           | left, or second own TERM  | grace, or second own TERM
 *    |                                  v                           v
 *    +------------------------------> FINISH <----------------------+
 *
 * BYE: FINISH at once, from any state. No way back for a pod that was told to leave: it leaves.
 *
 * That every process leaves (counts.leaving) is a surmise: behind an init that tells us nothing it is the end of the pod,
 * but a server may be replacing its workers, or SIGTERM may mean something else to a program. So this drain is given up as
 * soon as somebody stays (or the grace is over, and children have the connections of those who left), begins anew when all
 * leave again, and never gets to FORCE: in a pod that lives on that would be an outage; in one that ends, the kill ends what
 * is open, as without us. An event makes it certain, and its time counts.
 *
 * Parting: who is idle for linger_ms, or awaited, first lets nobody in by the short way (orders.ask), and ends a moment later
 * if nobody has come meanwhile; a program may come at any moment, above all a minute after the last one (`while :; do job;
 * sleep 60; done`).
 *
 * RUN: everything is allowed. DRAIN: clients are still accepted and served (an app shutting down needs its database); idle
 * servers close at once, a server freed at a transaction's end closes unless somebody waits. FORCE: no new lending (57P01),
 * then cancel, then terminate. FINISH: Terminate to all, wait a moment (broker.c) for cancel requests and logins under way,
 * exit; but a program that still lives and was never told anything keeps its idle connections to a broker that only refuses,
 * until the kill (should_end). Deadlines (facts: PODPOOL_GRACE_SECONDS = g): FORCE at g-5 s, cancel at g-3 s, finish at g-1.5 s;
 * g < 8 s scales to 50 %, 25 %, 10 % before the end.
 */
#ifndef PP_DRAIN_DRAIN_H
#define PP_DRAIN_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/* From reading where to connect to saying so: microseconds, but for a process that gets no CPU. */
#define PP_DRAIN_PARTING_MS 500

/* Of two SIGTERMs so near to each other one is a copy: an init signals the whole process group, and the shell in it passes
 * on to its child what that has got already (`trap 'kill -TERM $p' TERM`). Nobody who means "now" is so quick. */
#define PP_DRAIN_SAME_MS 100

#define PP_DRAIN_STATES(X) X(RUN, "run") X(DRAIN, "drain") X(FORCE, "force") X(FINISH, "finish")

enum pp_drain_state {
#define X(name, word) PP_DRAIN_##name,
	PP_DRAIN_STATES(X)
#undef X
		PP_DRAIN__COUNT
};

enum pp_drain_event {
	PP_DRAIN_EV_TICK,     /* time passed or counts changed */
	PP_DRAIN_EV_TERM,     /* the pod got SIGTERM: its PID 1 did */
	PP_DRAIN_EV_OWN_TERM, /* the broker itself got SIGTERM or SIGINT; a second one is now */
	PP_DRAIN_EV_REQUEST,  /* `podpool drain` */
	PP_DRAIN_EV_BYE,      /* PID 1 exits: nobody will live on */
	PP_DRAIN_EV__COUNT
};

struct pp_drain_counts {
	uint32_t clients;   /* connected client sockets */
	uint32_t processes; /* living processes that ever asked for a route */
	uint32_t servers;   /* open or opening */
	bool leaving;	    /* each of these processes got SIGTERM less than pp_drain_whole() ago */
	bool expected;	    /* somebody was told a moment ago to connect, or said that he would */
	bool awaited;	    /* with nobody left: our end is what somebody waits for */
};

struct pp_drain_orders {     /* what is now allowed or due; plain facts, idempotent */
	bool close_idle;     /* close idle servers, and servers at their transaction's end unless
				somebody waits */
	bool refuse_lending; /* answer 57P01 instead of lending */
	bool cancel;	     /* cancel what still executes; said in one answer only */
	bool finish;	     /* Terminate to all servers; new work is refused */
	bool ask; /* whoever wants to connect must ask first: the answer may be another one */
	bool end; /* nobody is left to refuse: exit */
};

struct pp_drain {
	enum pp_drain_state state;
	pp_ms grace_ms, linger_ms;
	pp_ms began_at;	   /* DRAIN entered */
	pp_ms idle_since;  /* RUN with nothing to do; -1 otherwise */
	bool parting;	   /* and that for linger_ms, or awaited */
	pp_ms parting_at;  /* since then */
	bool surmised;	   /* DRAIN only because every process leaves */
	pp_ms own_term_at; /* the first own TERM; -1: none */
	bool at_once;	   /* FINISH is the end: we were told, or nobody will live on */
	bool cancelled;
};

/* linger_ms: a broker nobody needs any more (no client, server or process, nobody expected) ends after this long and
 * PP_DRAIN_PARTING_MS; -1 never. */
void pp_drain_init(struct pp_drain *d, pp_ms grace_ms, pp_ms linger_ms);
/* Another grace; a deadline that has passed by then is due. */
void pp_drain_set_grace(struct pp_drain *d, pp_ms grace_ms);
void pp_drain_event(struct pp_drain *d, enum pp_drain_event event,
		    const struct pp_drain_counts *counts, pp_ms now,
		    struct pp_drain_orders *ret_orders);
/* From the beginning of DRAIN to FORCE. */
pp_ms pp_drain_patience(const struct pp_drain *d);
/* From the beginning of DRAIN to when the kill has come: who lives longer was not meant. */
pp_ms pp_drain_whole(const struct pp_drain *d);
/* The arrows of the picture. */
bool pp_drain_may(enum pp_drain_state from, enum pp_drain_state to);
const char *pp_drain_word(enum pp_drain_state state);

#endif
