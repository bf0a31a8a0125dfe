/* shim/broker/hidden.h - what the functions of a database hide from whoever reads the statements that call them.
 *
 * Once per database (destination and name), and again when it changed, a server is asked for the bodies of its functions
 * and for what leads to them (hidden_sql.h, suspects.h): one of the broker's own Queries, 4 to 15 ms in a database of
 * ordinary size. The answer is a watch for the lexer: a statement that names something suspicious is probed at its
 * transaction's end like DO (the custom settings that bodies name are asked for as well), and pins if what it does
 * cannot be probed.
 *
 *   UNKNOWN   the first server that is lent is asked first, and everybody's first message waits for the answer: the
 *             lexer never reads a text without knowing
 *   KNOWN     a mark tells whether others have changed the catalog: asked for when a server is lent, or at a
 *             transaction's end, PP_HIDDEN_MARK_MS after the last time. An idle pod asks nothing
 *   STALE     a transaction with PP_TOUCH_CODE has ended, or the mark is another. Asked again at once, and whoever
 *             begins a transaction meanwhile waits; but in the long run scans take no more than a tenth of the time.
 *             Until then every text is suspicious: DYNAMIC
 *   FAILED    no right to read the catalog, or no PostgreSQL: every text is suspicious; asked again now and then
 */
#ifndef PP_BROKER_HIDDEN_H
#define PP_BROKER_HIDDEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/list.h"
#include "base/clock.h"
#include "session/nameset.h"
#include "session/watch.h"

struct pp_broker;
struct pp_client;
struct pp_database;
struct pp_server;
struct pp_suspects;

#define PP_HIDDEN_MARK_MS  (10 * 1000)
#define PP_HIDDEN_RETRY_MS (30 * 1000)
/* A scan that took longer than this keeps nobody waiting the next time. */
#define PP_HIDDEN_WAIT_MS  1000
#define PP_HIDDEN_MARK_MAX 256

struct pp_hidden {
	struct pp_link link; /* link: broker.hidden */
	struct pp_broker *broker;
	const struct pp_route *route; /* borrowed */
	char *database;		      /* owned */
	uint32_t users;		      /* struct pp_database */
	enum { PP_HIDDEN_UNKNOWN, PP_HIDDEN_KNOWN, PP_HIDDEN_STALE, PP_HIDDEN_FAILED } state;
	struct pp_watch watch;
	struct pp_suspects *found; /* owned: behind the watch */
	uint32_t generation;	   /* of the watch: goes up whenever it changes */
	char mark[PP_HIDDEN_MARK_MAX];

	struct pp_server *asked;    /* who is being asked; NULL nobody */
	bool scanning;		    /* for everything, not only for the mark */
	bool changed;		    /* again, since it was asked */
	struct pp_suspects *coming; /* owned */
	char coming_mark[PP_HIDDEN_MARK_MAX];
	pp_ms asked_at, over_at, took_ms, owed_ms;
	bool lost; /* the server asked was closed */
};

/* Finds or makes db->hidden. PP_ERR_NOMEM. */
PP_MUSTCHECK int pp_hidden_join(struct pp_database *db);
void pp_hidden_leave(struct pp_database *db);

/* For the lexer, valid as long as the database; its content may change between two texts. */
const struct pp_watch *pp_hidden_watch(struct pp_database *db);
/* Custom settings that a DYNAMIC text may have set; NULL none. */
const struct pp_nameset *pp_hidden_settings(const struct pp_database *db);

/* This client, if it is about to begin a transaction, must wait for an answer. */
bool pp_hidden_holds(const struct pp_client *c);

/* What this server's transactions did is better asked for when the scan under way is over. */
bool pp_hidden_defers(const struct pp_server *s);

/* The transaction on this server is over: it may have changed functions. */
void pp_hidden_transaction_over(struct pp_server *s);

/* Should this server, which has nothing else to do, be asked now? */
bool pp_hidden_wants(const struct pp_server *s);
/* The Query to say (own.h). */
const char *pp_hidden_begin(struct pp_server *s);
/* A row of its answer; then its end; then those who waited for it may go on. */
void pp_hidden_row(struct pp_server *s, const uint8_t *body, size_t len);
void pp_hidden_over(struct pp_server *s, bool failed);
void pp_hidden_wake(struct pp_hidden *hidden);
/* The server is closed: perhaps it was the one that was asked. */
void pp_hidden_lost(struct pp_server *s);

/* By the clock: wakes those who waited for a server that was lost. */
void pp_hidden_sweep(struct pp_broker *b);

#endif
