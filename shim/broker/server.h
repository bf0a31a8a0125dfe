/* shim/broker/server.h - one real PostgreSQL session owned by the broker. Its states are pool/conn.h's.
 *
 * LOGIN has no socket yet. IDLE keeps being read: the server may say goodbye, or report a setting. LENT belongs
 * to one client. SCRUB is being cleaned (own.h). CANCEL waits until the last cancel connection has ended.
 */
#ifndef PP_BROKER_SERVER_H
#define PP_BROKER_SERVER_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "broker/broker.h"
#include "broker/copies.h"
#include "broker/flight.h"
#include "broker/heal.h"
#include "broker/labels.h"
#include "broker/login.h"
#include "broker/own.h"
#include "broker/sqlset.h"
#include "broker/touch.h"
#include "pool/conn.h"
#include "session/lexer.h"
#include "wire/tx.h"

/* Client bytes the server has not taken yet; above, the client is not read. One read more may come on top, and a
 * statement that is brought. */
#define PP_SERVER_OUT_MAX (2 * PP_READ_BUFFER + PP_MSG_HEADER + 64 * 1024 + PP_UNNAMED_LONG_MAX)

enum pp_lexing {
	PP_LEXING_NO,
	PP_LEXING_NAME,
	PP_LEXING_TEXT
}; /* where in a Query or Parse body we are */

struct pp_server {
	struct pp_grave grave;
	struct pp_conn conn;
	struct pp_broker *broker;
	struct pp_database *database; /* borrowed: a database outlives its servers */
	struct pp_session *session;   /* owned; NULL in LOGIN */
	struct pp_stream stream;
	struct event read_event, write_event;
	struct pp_client *client; /* LENT */
	struct pp_buf in, out;
	struct pp_tx tx;
	struct pp_lexer lexer;
	enum pp_lexing lexing;
	bool text_begins;	 /* the next piece of text is a first one */
	uint32_t skip;		 /* bytes of the server's current message still to come */
	struct pp_copies copies; /* prepared statements it has */
	struct pp_flight flight; /* answers we wait for */
	struct pp_heal heal;
	struct {
		struct pp_plan *plan; /* counted: a DEALLOCATE of it is under way; NULL none */
		char name[PP_STATEMENT_NAME_MAX];
	} dealloc;
	char untidy[PP_STATEMENT_NAME_MAX]; /* a statement of a client's name, to be deallocated */
	struct pp_labels_entry *label;	    /* counted: the settings the session has */
	struct pp_sqlset *prepared;	    /* counted: what SQL's PREPARE has made of it */
	struct pp_missing *missing; /* owned: of its client's, what could not be prepared here */
	struct pp_touched touch;    /* what has been done to it since it was last asked */
	uint32_t doubtful;	    /* OPAQUE, if only the text sent last says so */
	uint32_t pins;		    /* enum pp_pin */
	uint64_t next_after;	    /* NEXT pins: since the end of this transaction of its client */
	pp_ms next_since;
	char pin_cause[64];
	struct {
		enum pp_own kind;
		bool failed, holds;
		uint32_t asked;	     /* PROBE: pins */
		uint32_t touched;    /* PROBE: by what was done before */
		struct pp_buf rows;  /* PROBE: names and texts that are prepared */
		bool odd, unsettled; /* PROBE: more is prepared; and see below */
		bool learnt;	     /* PROBE: what it has is known, and nothing was said since */
		struct pp_sqlset *prepared; /* PREPARE: counted, what it will be */
		uint32_t at, left;	    /* PREPARE: next answer's statement; answers to come */
		bool brings;		    /* PREPARE: what is locked; of these `only`, or all */
		bool brought;		    /* and that has just been tried */
		const struct pp_sqlplan *only; /* only compared */
		struct pp_statement *moving;   /* NAMES: its client's, under way; NULL none yet */
		bool named;		/* and that has just been done, as far as it can be */
		char cause[64];		/* PROBE: what touched them */
		struct pp_probe *probe; /* PROBE: owned */
		struct pp_labels_entry *label; /* RESTORE, SCRUB: counted, what it will be */
	} own;
	int backend_pid;
	uint32_t notifier, lent_last; /* pids that clients were told (notifier.h); 0 nobody */
	bool at_destination;	      /* it is where its route leads, not where the name does now */
	uint32_t epoch;		      /* when its login began (defaults.h) */
	bool alone;		      /* it runs one of broker.alone */
	bool cancels;		      /* a cancel connection is under way; */
	bool cancel_again;	      /* somebody has asked since */
	bool cancel_overdue;	      /* it has lasted too long for anybody to wait for its end */
	pp_ms lifetime_ms;	      /* jittered; 0 for ever */
	bool conforming;	      /* standard_conforming_strings */
	bool lexing_unnamed;
	bool unsettled; /* PP_TOUCH_UNSETTLED, in this transaction */
	bool unsaid;	/* its client must not hear the current message */
	bool renames; /* in this transaction names may mean something else than by its client's label */
	bool rereads; /* in this transaction texts may be read otherwise than by its client's label */
	/* And what is under way may have changed that, which is known with the ReadyForQuery behind it: strings_doubtful, by
	 * what nobody has read; reading_doubtful, by a text that says so. */
	bool strings_doubtful, reading_doubtful;
	bool defines;	/* PP_TOUCH_DDL, in this transaction */
	bool unsettles; /* what was prepared since the set was asked for, if executed */
	bool has_forgetting; /* a statement of its client's name may forget statements, and nobody reads which */
	bool readable; /* client_encoding is one the lexer can read */
	bool forgets;  /* what was said last may deallocate statements; until all is answered */
	bool unnamed_brought; /* for it, by message number: */
	uint32_t unnamed_asked;
	bool unnamed_known; /* the unnamed statement is the current client's (or none) */
	bool unkept_alone; /* STATEMENT is pinned for its client's unnamed one that is unkept, and for nothing else */
	bool used; /* it has done something for a client */
	bool read_paused;
	pp_ms paused_at;     /* or the last sip since */
	pp_ms heard_at;	     /* it last said something */
	pp_ms unheard_since; /* silence.h; 0: it is heard */
	size_t sipped;	     /* bytes since the pause began */
	bool gone;
};

/* A server in LOGIN: submits the login job. NULL: no memory. */
struct pp_server *pp_server_login(struct pp_database *db, const char *password);

/* Sends or queues; a broken socket shows as EOF at the next read. Never blocks. PP_ERR_FULL/NOMEM: the server cannot follow. */
PP_MUSTCHECK int pp_server_write(struct pp_server *s, const void *bytes, size_t len);
static inline bool pp_server_is_congested(const struct pp_server *s)
{
	return pp_buf_len(&s->out) > 0;
}

void pp_server_pause(struct pp_server *s, bool paused);

/* Adds pins; the first one names the cause. Counted and logged once per reason and lending. */
void pp_server_pin(struct pp_server *s, uint32_t pins, const char *cause);

/* Says Terminate and frees at the end of the round. Its client, if any, is the caller's business before. */
void pp_server_close(struct pp_server *s, const char *reason);

/* The last worker that pointed at a closed server is done with it. */
void pp_server_release(struct pp_server *s);

static inline struct pp_server *pp_server_of(struct pp_conn *conn)
{
	return pp_list_entry(conn, struct pp_server, conn);
}

/* Its lifetime is over: it goes when nobody has it. */
bool pp_server_is_too_old(const struct pp_server *s);

#endif
