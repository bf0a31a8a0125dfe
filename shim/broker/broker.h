/* shim/broker/broker.h - the broker: everything one pod's pool owns, wired together.
 *
 * The room broker: the only room with an event loop, sockets, libpq and OpenSSL. It introduces the pure rooms to
 * each other (wire says what a message is, session what it does, pool who gets what, drain and cgroup what is
 * allowed) and turns their verdicts into system calls. One thread; workers.c is the only door to others.
 * Failures become words here: logged once, with the reason also shown to the program.
 */
#ifndef PP_BROKER_BROKER_H
#define PP_BROKER_BROKER_H

#include <event2/event.h>
#include <stdint.h>

#include "base/list.h"
#include "cgroup/files.h"
#include "cgroup/governor.h"
#include "config/config.h"
#include "broker/notifier.h"
#include "broker/refusal.h"
#include "broker/reload.h"
#include "drain/drain.h"
#include "ipc/target.h"
#include "pool/pool.h"

/* One read buffer for the loop; a client or server has one of its own only for a partial message. */
#define PP_READ_BUFFER 65536

#define PP_SECRETS 32

struct pp_client;
struct pp_database;
struct pp_process;
struct pp_route;
struct pp_server;
struct pp_workers;
struct pp_labels_entry;
struct pp_target_names;
struct pp_wishes;
struct pp_netlink;

struct pp_broker {
	struct pp_config config;
	struct pp_reload reload;
	struct pp_targets targets;
	const char *dir; /* borrowed: main's */
	struct event_base *base;
	uint8_t *read_buffer; /* owned, PP_READ_BUFFER */
	size_t long_unnamed; /* bytes that all clients' long unnamed statements take (statements.h) */
	pp_ms now;	     /* of this round; refreshed by every callback's entry */
	pp_ms clock;	     /* the same by the kernel's, which also runs while we stand still */
	pp_ms stood_ms;	     /* so long so far */
	pp_ms woke_at;	     /* the last time we did; 0 never */
	pp_ms started;
	uint32_t uid;	/* whose programs are served */
	uint64_t netns; /* ipc/stamp.h: and in which network; 0 unknown */

	/* entrances */
	int sock_fd, tell_fd, routes_fd; /* -1 none */
	struct event *sock_event;
	struct pp_list door_waiting; /* door_wait.c */
	struct pp_list questions;    /* question.c: those that wait for a place */
	struct event *watch_event;   /* place.h */
	int spare_fd;	     /* door.c: to accept a visitor with when there is no other; -1 none */
	uint64_t sock_inode; /* door.c: of the socket file */
	bool displaced;	     /* place.c: said already */
	pp_ms pulse_at;	     /* publish.h: the last one, by the clock */
	struct pp_netlink *netlink;	      /* NULL: sock_diag unavailable */
	struct pp_route *routes;	      /* uthash */
	void *tls_server;		      /* tls.h; NULL: clients' TLS is not ended here */
	struct pp_wishes *wishes;	      /* NULL until the first one */
	struct pp_target_names *target_names; /* the same */
	struct pp_process *processes;	      /* uthash by pid */
	struct pp_process *pid1;	      /* of them, where it is known */

	/* work */
	struct pp_workers *workers;
	struct pp_pools pools;
	struct pp_database *databases;	  /* uthash by key */
	struct pp_labels_entry *labels;	  /* uthash, labels.h */
	struct pp_list hidden;		  /* link: hidden.link */
	struct pp_client *clients_by_key; /* uthash, for cancel requests */
	struct pp_list clients;		  /* link: client.link; all of them */
	struct pp_list graveyard;	  /* link: .grave; freed at the end of the round */
	struct event *grave_event;

	/* verdicts */
	struct pp_cgroup_files *cgroup;
	struct pp_governor governor;
	struct pp_verdict verdict;
	uint64_t kill_events; /* cgroup/sample.h: as last seen */
	struct pp_drain drain;
	struct pp_drain_orders orders;
	struct event *tick_event, *term_event, *int_event, *hup_event;
	pp_ms next_tick_at, next_governor_at, next_leaks_at, next_look_at;
	uint32_t epoch;	    /* defaults.h */
	uint32_t alone;	    /* shed.h: statements under way that want a database without sessions */
	bool foreign_stamp; /* wishes.c: said already */
	bool own_term;	    /* the broker itself got SIGTERM */
	bool awaited;	    /* parent.h: as of the last look */
	pp_ms asked_at; /* process.h: the last program that asked for a route, or told of one; 0 none */
	uint64_t plain;	    /* wishes.c: the link is there, with this stamp; 0 it is not */
	bool finished;	    /* pp_lend_finish() was done */
	bool accept_paused; /* out of descriptors: until the next tick */

	uint32_t client_pids; /* BackendKeyData: so many were given (greet.h) */
	uint32_t secrets[PP_SECRETS], secrets_left;
	uint32_t logins, cancels, asking; /* asking: question.h */
	struct pp_refusals refusals;
	struct pp_notifiers notifiers;
	uint64_t transactions;
	uint64_t pins_total[32]; /* by pin bit */
};

/* Objects are never freed in their own callback: bury() and the end of the round frees them. */
struct pp_grave {
	struct pp_link link;
	void (*free_it)(struct pp_grave *grave);
};
void pp_broker_bury(struct pp_broker *b, struct pp_grave *grave,
		    void (*free_it)(struct pp_grave *));

/* Refreshes b->now. Time in which the loop did not run does not count: what came meanwhile is still to be read, and nobody
 * has waited too long only because we did not look. */
pp_ms pp_broker_now(struct pp_broker *b);

/* Ends the loop after the current round. */
void pp_broker_stop(struct pp_broker *b);

#endif
