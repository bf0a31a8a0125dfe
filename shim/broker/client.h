/* shim/broker/client.h - one program's connection, from accept to goodbye.
 *
 *   STARTUP --SSLRequest, unknown--> PROBE --> STARTUP      (does the server speak TLS?)
 *      | StartupMessage    | not for the pool               | CancelRequest
 *      v                   v                                v
 *   ADMISSION <--> PASSWORD   TUNNEL (bytes both ways)    CANCEL (closes when the server has been told)
 *      | known good  \--- the server takes no options --> TUNNEL (unpooled.h)
 *      v                      first message of a transaction
 *   IDLE <--> LENT            IDLE -> LENT, or IDLE -> WAITING -> LENT when no server is free
 *   any -> CLOSING (what we owe is still being sent) -> gone
 */
#ifndef PP_BROKER_CLIENT_H
#define PP_BROKER_CLIENT_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/list.h"
#include "broker/broker.h"
#include "broker/sqlset.h"
#include "broker/statements.h"
#include "broker/touch.h"
#include "session/gist.h"

#define PP_CLIENT_STATES(X)                                                                        \
	X(STARTUP, "startup")                                                                      \
	X(PROBE, "probe")                                                                          \
	X(ADMISSION, "admission")                                                                  \
	X(PASSWORD, "password")                                                                    \
	X(IDLE, "idle")                                                                            \
	X(WAITING, "waiting")                                                                      \
	X(LENT, "active")                                                                          \
	X(TUNNEL, "tunnel")                                                                        \
	X(CANCEL, "cancel")                                                                        \
	X(CLOSING, "closing")

enum pp_client_state {
#define X(name, word) PP_CLIENT_##name,
	PP_CLIENT_STATES(X)
#undef X
		PP_CLIENT__COUNT
};

/* Unread input we keep while a client waits, or a partial message; beyond, its socket is not read. */
#define PP_CLIENT_IN_MAX (128 * 1024)
/* Replies kept for a client that reads slowly; beyond, its server is not read. One read more may come on top. */
#define PP_CLIENT_OUT_HIGH (256 * 1024)
#define PP_CLIENT_OUT_MAX  (PP_CLIENT_OUT_HIGH + 4 * PP_READ_BUFFER + PP_CLIENT_SIPS_MAX)
/* Of these, what is read all the same so that the server does not take a slow reader for a dead one (server.h). */
#define PP_CLIENT_SIPS_MAX (8 * 1024 * 1024)

struct pp_client {
	struct pp_grave grave;
	struct pp_link link; /* link: broker.clients */
	struct pp_broker *broker;
	enum pp_client_state state;
	int fd;	   /* owned */
	void *ssl; /* owned; NULL: it speaks in clear text */
	struct event read_event, write_event;
	struct pp_buf in, out;
	struct pp_buf startup; /* unpooled.h */
	pp_ms born;
	pp_ms since; /* state entered; LENT: its current transaction began; CLOSING: it last took something */
	uint32_t id;
	uint32_t untaken; /* CLOSING: bytes for it at the last look */

	struct pp_route *route;	      /* borrowed; routes live as long as the broker */
	struct pp_process *process;   /* borrowed; NULL unknown */
	struct pp_link process_link;  /* link: process.clients */
	struct pp_database *database; /* counted; NULL before StartupMessage and for tunnels */
	struct pp_link database_link; /* link: database.applicants or .clients */
	char *password;		      /* owned, wiped; only until admitted */

	struct pp_server *server;	    /* LENT: ours alone */
	struct pp_waiter waiter;	    /* WAITING */
	struct pp_tunnel *tunnel;	    /* TUNNEL, owned */
	const struct pp_server *cancelling; /* CANCEL: only compared, it may be gone */
	struct pp_unnamed unnamed;
	struct pp_statement *statements; /* uthash: its named ones */
	struct pp_sqlset *prepared;	 /* counted: by SQL's PREPARE */
	struct pp_labels_entry *label;	 /* counted: its session's settings */
	struct pp_labels_entry
		*kept;	/* counted: defaults of its login that later ones have not (defaults.h) */
	char *app_name; /* owned: given at startup; NULL none, or the pool's */
	uint32_t epoch; /* when it came, then of the login whose session it has (defaults.h) */
	uint32_t refusals; /* servers in a row that would not take them */
	uint64_t transactions;
	pp_ms active_at;   /* it last said something, or its transaction ended */
	pp_ms orphaned_at; /* its process was found dead; 0: it lives, as far as we know */
	pp_ms went_on_at;  /* what was held back; process.c */
	bool was_held;	   /* and what it had to say may have been held back for that one's end */
	struct pp_gist last_ran; /* the first words of its last text */
	pp_ms warned_since;	 /* leaks.c: of the transaction that began then */
	uint8_t warnings;	 /* so many times */

	struct pp_client_key {
		uint32_t pid, secret;
	} key;		   /* BackendKeyData; pid 0: none yet */
	UT_hash_handle hh; /* broker.clients_by_key */

	uint32_t mark;	    /* of its socket (ipc/mark.h), 0 none */
	uint32_t skip;	    /* bytes of the current message still to come */
	uint8_t sslmode;    /* enum pp_ipc_sslmode, with is_libpq */
	bool is_elsewhere;  /* its process is in another pid namespace: out of sight */
	bool had_temp;	    /* temporary objects: that a server has a schema is no news to it */
	bool counted;	    /* a server has logged in for it */
	bool wants_unused;  /* by its next text: a server made for it (session/past.h) */
	bool is_libpq;	    /* its libpq's TLS wish is ours to meet */
	bool told_app_name; /* of its name it last heard that it is app_name */
	bool read_paused;
	bool eof;	   /* it has said all it will say (FIN); answers may still be owed */
	bool cancelled;	   /* in line: its query has failed, ReadyForQuery is still to be said */
	bool skip_to_sync; /* cancelled in line: discard until Sync, as the server would */
	bool gone;	   /* closed; only the memory is left until the round ends */
};

/* Takes fd. NULL: no memory (fd closed). */
struct pp_client *pp_client_new(struct pp_broker *b, int fd, struct pp_route *route);

/* Reads what its socket has, for an event `what` (edge.h). */
void pp_client_hear(struct pp_client *c, short what);

/* It has heard that it is logged in. Admitted and not yet greeted: session mode, in line for its server. */
static inline bool pp_client_is_greeted(const struct pp_client *c)
{
	return c->key.pid != 0;
}

/* Who waits there. */
static inline struct pp_client *pp_client_of(struct pp_waiter *waiter)
{
	return pp_list_entry(waiter, struct pp_client, waiter);
}

/* The one door for its state. */
void pp_client_set_state(struct pp_client *c, enum pp_client_state to);
const char *pp_client_word(enum pp_client_state state);

/* Sends or queues. A client that cannot take its bytes within the cap, or whose socket is broken, is closed: check c->gone. */
void pp_client_write(struct pp_client *c, const void *bytes, size_t len);

/* Its socket takes bytes again: sends what is queued. */
void pp_client_flush(struct pp_client *c);
/* Nothing more will be said to it (FIN). */
void pp_client_end_output(struct pp_client *c);

/* Sends an ErrorResponse and closes once it is out. severity as PostgreSQL would. */
void pp_client_fail(struct pp_client *c, const char *severity, const char *sqlstate,
		    const char *message);

/* The same for an error of the server's own. */
struct pp_login_error;
void pp_client_fail_as(struct pp_client *c, const struct pp_login_error *error);

/* Sends an ErrorResponse and goes on. */
void pp_client_write_error(struct pp_client *c, const char *severity, const char *sqlstate,
			   const char *message);

/* Closes when what is queued has been sent. */
void pp_client_close_soon(struct pp_client *c);
/* In CLOSING: ends the wait for those who take nothing more, or never close. Called by the janitor. */
void pp_client_check_closing(struct pp_client *c);

/* Closes now and gives back whatever it holds. */
void pp_client_close(struct pp_client *c, const char *reason);

/* Stops or resumes reading its socket. */
void pp_client_pause(struct pp_client *c, bool paused);

/* After FIN the server answers what it was asked before, then ends: so do we. Closes when nothing is owed, nor held back that
 * will be asked yet. */
void pp_client_check_eof(struct pp_client *c);

/* Handles what is in c->in as its state demands (after the state changed, or a server was lent). */
void pp_client_continue(struct pp_client *c);

#endif
