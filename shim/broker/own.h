/* shim/broker/own.h - the broker's own Queries on a server's session, and what their answers mean. Nobody else
 * hears them.
 *
 *   ALIVE    at lending, where nothing was heard of the server for a while: is it still there? Its host may have
 *            forgotten the connection (a restart, a firewall), and says so only when spoken to. Held back: a client's
 *            message that went with it would be lost, and perhaps executed.
 *   RESTORE  at lending: the settings the server carries become the client's. Held back if it may well fail or is not
 *            proven: the client's message waits; else it follows at once, and a failure ends the server's session before
 *            it comes to that.
 *   PREPARE  at lending, behind RESTORE: what SQL has prepared in the client's session and what it has not (sqlset.h),
 *            one Query each. Held back.
 *   PROBE    at a transaction's end that touched state (session/probe.h): settings go into the client's journal,
 *            what exists stays as a pin, what does not is lifted. The client goes on meanwhile (but for a name
 *            that may have to be restored: app_name.h, defaults.h).
 *   NAMES    before a text that speaks of prepared statements by name: they are prepared under the client's names,
 *            one Parse and Sync each, which pins. Held back.
 *   TIDY     a statement of a client's name that only served to provoke an error is taken away.
 *   HIDDEN   what functions hide from us (hidden.h), or whether they have changed. Held back.
 *   SCRUB    the client has left and something must be cleaned before the server is anybody else's.
 *
 * One at a time, begun only on an idle session (pp_tx_is_idle). A client may leave in the midst of RESTORE or
 * PROBE: the server is then in SCRUB until the answer is there, and cleaned.
 */
#ifndef PP_BROKER_OWN_H
#define PP_BROKER_OWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct pp_server;
struct pp_frame_head;

enum pp_own {
	PP_OWN_NONE,
	PP_OWN_ALIVE,
	PP_OWN_RESTORE,
	PP_OWN_PREPARE,
	PP_OWN_PROBE,
	PP_OWN_NAMES,
	PP_OWN_TIDY,
	PP_OWN_HIDDEN,
	PP_OWN_SCRUB
};

/* Longest message of an answer that is looked at. There are longer ones: a setting of any length, a parse tree as a notice. */
#define PP_OWN_MESSAGE_MAX (32 * 1024)

/* The client's messages must wait: it is not yet its own session. */
bool pp_own_holds(const struct pp_server *s);

/* Must s, which has just been lent, be asked whether it is there? pp_lend_introduce() follows the answer. */
bool pp_own_doubts(const struct pp_server *s);
void pp_own_ask_alive(struct pp_server *s);

/* For own*.c: a Query of this text, and before it statements (a few words, or ""); its answer is s->own.kind's to
 * understand. Negative: the server cannot follow. */
PP_MUSTCHECK int pp_own_say(struct pp_server *s, const char *first, const char *text);

/* s has just been lent; does nothing when it carries its client's label and statements already. */
void pp_own_begin(struct pp_server *s);
/* The label alone. */
void pp_own_restore(struct pp_server *s);
/* The statements alone, on an idle session. An error; the end of each Query: true, more will come; the end of all. */
void pp_own_prepare(struct pp_server *s);
/* What was locked (missing.h), as soon as nothing is under way, in a transaction or not; name NULL: all of that. False:
 * there is nothing to wait for. */
bool pp_own_bring(struct pp_server *s, const char *name);
void pp_own_prepare_failed(struct pp_server *s, const uint8_t *error, size_t len);
bool pp_own_prepare_goes_on(struct pp_server *s);
void pp_own_prepare_over(struct pp_server *s);
/* PROBE: a statement that is prepared; then the end of the answer: NULL, or why they keep the server. */
struct pp_label;
void pp_own_prepared_row(struct pp_server *s, const char *name, const char *text);
const char *pp_own_prepared_learn(struct pp_server *s, struct pp_label label);

/* Pins that no question can lift, among what the client's transactions touched. */
uint32_t pp_own_lasting(const struct pp_server *s);

/* Does what the client's transactions touched since the last answer call for a question? */
bool pp_own_wants_probe(const struct pp_server *s);
/* Asks. False: it cannot be asked, and a pin says so. */
bool pp_own_probe(struct pp_server *s);

/* The client's named statements move to this server, as soon as nothing is under way on it; the end of each answer: true,
 * more will come, or the server is lost. What cannot be prepared there stays the client's. */
void pp_own_names(struct pp_server *s);
bool pp_own_names_go_on(struct pp_server *s);

/* An idle session: takes away what s->untidy names. */
void pp_own_tidy(struct pp_server *s);

/* A lent server without a transaction is asked what pp_hidden_wants(). */
void pp_own_ask_hidden(struct pp_server *s);

/* No client: cleans, then the server is idle; or closes what cannot be cleaned. */
void pp_own_scrub(struct pp_server *s);

/* One whole message of an answer, ReadyForQuery last: what it means is done when that has been counted by the
 * tracker. True: the client must hear it too (a notification, the server's last words). */
bool pp_own_hear(struct pp_server *s, const struct pp_frame_head *head, const uint8_t *message);
/* One that is longer than PP_OWN_MESSAGE_MAX, and heard by nobody. */
void pp_own_hear_long(struct pp_server *s, uint8_t type);
void pp_own_over(struct pp_server *s);

#endif
