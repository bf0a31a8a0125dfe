/* shim/wire/tx.h - the transaction tracker: feed it both directions' messages, ask "may this server
 * be lent to another now?"
 *
 * Knows which messages owe a reply, in which order, what an error discards (skip until Sync), and
 * that COPY IN ignores Sync (docs 55.2.3, 55.2.6). Must not know SQL, pins, buffers. One tracker
 * belongs to one lent server.
 *
 * What is owed is a queue of sections. A section counts the extended-protocol messages still
 * unanswered (Parse, Bind, Describe, Close, Execute: one completing reply each) and ends with what
 * asks for ReadyForQuery (Sync, Query, FunctionCall) or, as a mark without a reply,
 * CopyDone/CopyFail. The last section may be open. The server works on the first one; what that is
 * decides what the server may say (the phase; the table is in tx_back.c):
 *
 *              Parse, Bind ...               all answered, end is known
 *   NOTHING ───────────────────► EXTENDED ─────────────────────────► SYNC, QUERY, FUNCTION
 *    ▲ ▲ ▲                       │ │ ▲  │                              ▲      │ ▲     │
 *    │ │ └─ all answered, no end ┘ │ │  └─ ErrorResponse: next SYNC ───┘      │ │     │
 *    │ │                           │ └────────── next section ────────────────│─│─────┤
 *    │ │              CopyInResponse                           CopyInResponse │ │     │
 *    │ │                           ▼                                          ▼ │     │
 *    │ └─ CommandComplete ────── COPYING                                  COPYING     │
 *    │    (of an Execute; ErrorResponse as in EXTENDED)   CommandComplete, Error      │
 *    └───────────────────── ReadyForQuery, nothing further sent ──────────────────────┘
 *
 * Error in EXTENDED: the server discards everything up to the next Sync, sent already (the sections
 * before it are dropped, Query and FunctionCall included) or still to be sent (skip_to_sync).
 * CopyInResponse: what was sent up to the next CopyDone/CopyFail is read by COPY: Sync and Flush are
 * ignored, CopyData may be there, anything else ends in disaster.
 *
 * An error during COPY IN with Syncs sent before CopyDone (libpq says one behind each Execute): were
 * they read before the error and ignored, or after it and answered? So many ReadyForQuery are
 * `spare`: they may come or not, in front of the answers to what is sent behind. Those are in order,
 * and so the first of them says that no more will come. Until then the server is not idle.
 *
 * `uncertain` is for ever: the server is never returned, only closed. It is said where the order of
 * server and client cannot be known from outside:
 *   - anything but Sync behind such a COPY: is it discarded, or executed behind a Sync read late?
 *   - during COPY IN, a message that has no place there (servers differ: dead, or message eaten);
 *   - COPY data or its end inside an extended batch whose Execute turns out not to be a COPY;
 *   - an error for a Query behind Flush in the same batch: Flush may fail too (statement_timeout),
 *     and then Query is discarded;
 *   - an error nobody asked for (the server is leaving), and CopyBothResponse.
 */
#ifndef PP_WIRE_TX_H
#define PP_WIRE_TX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/msg.h"

/* Pipelined ReadyForQuery-asking messages outstanding at most; the relay stops reading the client
 * beyond. Larger than any driver's habit; 8 bytes each, in the server object. A power of two. */
#define PP_TX_SECTIONS_MAX 512

enum pp_tx_end {
	PP_TX_END_OPEN = 0,
	PP_TX_END_SYNC,
	PP_TX_END_QUERY,
	PP_TX_END_FUNCTION,
	PP_TX_END_COPY
};

struct pp_tx_section {
	uint32_t extended; /* unanswered extended messages before the end */
	uint8_t end;	   /* enum pp_tx_end */
	bool flush : 1;	   /* Flush among or behind its extended messages */
	bool copy : 1;	   /* CopyData, CopyDone or CopyFail behind its extended messages */
	bool more : 1;	   /* a COPY message or Flush behind its end */
	bool own : 1;	   /* a Query of the broker's: see pp_tx_front_own() */
	bool begun : 1;	   /* its Query or FunctionCall has been answered in part */
};

struct pp_tx {
	uint32_t head, count; /* in ring, at the end */
	/* Extended messages ever sent, and ever answered or discarded: both wrap. The n-th one sent is
	 * over when `answered` has passed n; it was discarded if that happened by an error. */
	uint32_t asked, answered;
	uint8_t status;	   /* enum pp_tx_status: the last ReadyForQuery */
	bool skip_to_sync; /* the server discards until a Sync we have not yet sent; queue is empty */
	bool copy_in;	   /* the first section is a COPY FROM STDIN that reads now: */
	bool copy_ended;   /* its CopyDone/CopyFail is sent */
	bool uncertain;
	uint32_t copy_syncs; /* so many Syncs were sent before that */
	uint32_t spare;
	struct pp_tx_section ring[PP_TX_SECTIONS_MAX];
};

/* Was the extended message numbered `number` (of `asked`) sent in a batch that has ended, or is it over? */
bool pp_tx_is_behind(const struct pp_tx *tx, uint32_t number);

/* A server just logged in or returned: status 'I', nothing owed. */
void pp_tx_init(struct pp_tx *tx);

/* Before the first byte of a client's message goes to the server. PP_ERR_FULL: hold it back until
 * replies came (nothing is changed); PP_ERR_INVALID: a letter that has no place in a session
 * (Terminate and Password are the caller's business). */
PP_MUSTCHECK int pp_tx_front(struct pp_tx *tx, uint8_t type);

/* A Query of the broker's own while nothing is owed, in a transaction or not, or behind others such (a few of them): the
 * client may send behind it without waiting. */
void pp_tx_front_own(struct pp_tx *tx);
/* The same with `extended` messages and a Sync, in a transaction or not, while nothing is owed. */
void pp_tx_front_own_batch(struct pp_tx *tx, uint32_t extended);

/* Is a message that the server says now a ReadyForQuery that nothing owed is answered with (spare)? */
bool pp_tx_is_spare(const struct pp_tx *tx, uint8_t type);

/* Is what the server says now the answer to such a Query? And is that all it owes? */
bool pp_tx_answers_own(const struct pp_tx *tx);
bool pp_tx_owes_only_own(const struct pp_tx *tx);

/* When the header (for ReadyForQuery: the whole message; `status` its byte, else 0) of a server's
 * message came. PP_ERR_INVALID: the server says something it may not say now (a reply nobody asked
 * for, a bad status byte): close both sides. Asynchronous messages (Notice, ParameterStatus,
 * Notification) are always fine, and so is an ErrorResponse nobody asked for (the server is
 * leaving). */
PP_MUSTCHECK int pp_tx_back(struct pp_tx *tx, uint8_t type, uint8_t status);

/* Nothing owed nor spare, no open extended batch, no COPY, status 'I', never uncertain. Half messages are the
 * caller's to know. The server may still have Flush or a failed COPY's late data to read: it ignores
 * them, whoever is next. */
bool pp_tx_is_idle(const struct pp_tx *tx);

/* Is the transaction known to have failed, and nothing under way that could have ended it? */
bool pp_tx_has_failed(const struct pp_tx *tx);

/* Can the server not go on without more from the client: COPY data, or the Sync of an open batch? Or will nobody ever know
 * that it can (uncertain)? */
bool pp_tx_awaits_front(const struct pp_tx *tx);

/* Is a batch open, sent in part and not yet ended by Sync? */
bool pp_tx_is_in_batch(const struct pp_tx *tx);

/* Are there answers that the server may keep until a Flush or Sync: in an open batch, or behind its CopyDone? */
bool pp_tx_needs_flush(const struct pp_tx *tx);

/* Is a COPY under way whose data has been sent, and behind which the server answers without ReadyForQuery? */
bool pp_tx_has_copy(const struct pp_tx *tx);

/* Would an error for something that was sent discard what was sent last, as no Sync is between them? */
bool pp_tx_may_discard(const struct pp_tx *tx);

/* Is a ReadyForQuery owed for what was sent before? */
bool pp_tx_owes_ready(const struct pp_tx *tx);

/* Will one be said without more from the client? */
bool pp_tx_will_be_ready(const struct pp_tx *tx);

/* Does the server work on the extended message that is the next to be answered? */
bool pp_tx_is_at_extended(const struct pp_tx *tx);

/* Does the server owe anything (a cancel could hit something)? */
bool pp_tx_is_busy(const struct pp_tx *tx);

#endif
