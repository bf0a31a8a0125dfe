/* shim/broker/defaults.h - what a session starts with, and who may begin one, changes: ALTER ROLE, DROP ROLE, a new
 * password ... (PP_TOUCH_DEFAULTS). As without us, whoever connects afterwards gets the new, and whoever was connected
 * keeps the old.
 *
 * broker.epoch counts such transactions. A server is as old as the moment its login began; what is known of a database
 * (its password, its greeting, its defaults) as the login it is from. An applicant comes in only by a login that began
 * after it came, and is never lent an older server. A client that is older than a change may be lent any: where the
 * login's defaults (session/baseline.h) differ from those it had, the old values follow it like settings of its own. They
 * are what it goes back to: RESET takes them out of the server, its next transaction finds them there again.
 *
 * What somebody else changes cannot be seen coming; a login finds it within PP_DATABASE_LEARN_MS.
 */
#ifndef PP_BROKER_DEFAULTS_H
#define PP_BROKER_DEFAULTS_H

#include "base/err.h"
#include "session/label.h"

struct pp_client;
struct pp_labels_entry;
struct pp_login;
struct pp_server;

/* The transaction on this server is over: it may have changed them. Idle servers that are only kept for those who come
 * next are closed. */
void pp_defaults_transaction_over(struct pp_server *s);
/* The server is closed, and nobody knows how its transaction ended. Closes nothing: it may be called while others are
 * closed. */
void pp_defaults_lost(struct pp_server *s);

/* The login of s, no older than what is known of its database, has found these defaults. */
void pp_defaults_learn(struct pp_server *s, struct pp_login *login);

/* The label of a client with these settings and what it keeps, counted. PP_ERR_FULL, PP_ERR_NOMEM. */
PP_MUSTCHECK int pp_defaults_take(struct pp_client *c, struct pp_label settings,
				  struct pp_labels_entry **ret);

#endif
