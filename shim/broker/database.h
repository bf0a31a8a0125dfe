/* shim/broker/database.h - one pool as the broker sees it: destination, user, database and startup settings, the
 * password known to be good, and what a newly admitted client is greeted with.
 *
 * Passwords: the database stays the only judge. One password is known to be good because a login with it succeeded
 * here, less than PP_DATABASE_TRUST_MS ago; it is kept because new servers need it. Comparing is constant-time.
 * Applicants (clients in ADMISSION or PASSWORD) wait for the judgement.
 */
#ifndef PP_BROKER_DATABASE_H
#define PP_BROKER_DATABASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/list.h"
#include "broker/broker.h"
#include "broker/login.h"
#include "broker/plans.h"
#include "broker/sqlset.h"
#include "pool/pool.h"
#include "session/baseline.h"
#include "session/plain.h"
#include "wire/startup.h"

/* A good password is asked of the server again after this long: a changed one must stop working. */
#define PP_DATABASE_TRUST_MS (10 * 60 * 1000)
/* Without any server open, what we know of the database is this old at most before a new login must confirm it. */
#define PP_DATABASE_FRESH_MS (10 * 1000)
/* A standby may be promoted, and no server says so until it is asked something: that it still is one is good for so long. */
#define PP_DATABASE_STANDBY_MS 1000
/* A login that takes longer has failed; never longer than anybody waits. */
#define PP_DATABASE_LOGIN_MS (30 * 1000)
/* ALTER ROLE ... SET by somebody whose statements we do not see is noticed by logins this long after it. */
#define PP_DATABASE_LEARN_MS (10 * 60 * 1000)
/* Pools that only differ by settings are made by input: at most this many. */
#define PP_DATABASE_MAX 1000

enum pp_database_auth { PP_AUTH_UNKNOWN, PP_AUTH_NONE, PP_AUTH_PASSWORD };

struct pp_hidden;

struct pp_database {
	UT_hash_handle hh; /* broker.databases, by key */
	struct pp_broker *broker;
	struct pp_route *route;
	struct pp_pool pool;
	char *key; /* owned, wiped: database_key.h */
	size_t key_len;
	const char *user, *database; /* point into key */
	const char *sslmode, *wish;  /* point into key; wish: wishes.h */
	size_t wish_len;
	const char *settings; /* points into key: the rest of the startup parameters */
	size_t settings_len;

	enum pp_database_auth auth;
	char *password;			/* owned, wiped */
	pp_ms verified_at;		/* last successful login */
	struct pp_login_error *failure; /* owned: of the last login; NULL it went well */
	bool theirs_failed;		/* the last login, for the password of an applicant */
	bool asks_sequences;		/* a text has named currval or lastval */
	struct pp_plain plain; /* texts in which nothing was found, also for asks_sequences */
	char greeting[PP_LOGIN_GREETING_MAX];
	size_t greeting_len;
	bool is_standby; /* says the greeting */
	pp_ms ready_at; /* the last ReadyForQuery: nothing that is reported had changed until then */
	size_t name_at,
		name_end; /* of application_name in it (app_name.h); equal: it is not there */
	char server_version[32];
	char address[PP_LOGIN_ADDRESS_MAX]; /* of the servers there are (login_name.h) */
	struct pp_plans plans;		    /* prepared statements */
	struct pp_sqlsets sql;		    /* those of SQL's PREPARE */
	uint32_t guards,
		guards_own; /* guards.h: of the latest login; set by ALTER ROLE or DATABASE */
	pp_ms learned_at;   /* what role and database set; 0 never */
	uint32_t epoch;	    /* of the login that all this is from (defaults.h) */
	char *baseline;	    /* owned; NULL not known (defaults.h) */
	size_t baseline_len;
	const char *default_role; /* in it, as in labels; "none" where it is not known */
	bool knows_exit;	  /* exit_on_error is among them (own.c) */
	bool defers;		  /* default_transaction_deferrable is on */
	bool makes_temporary; /* pg_temp is in their search_path: what is created may be temporary, and nothing says so */
	struct pp_hidden *hidden;  /* counted */
	struct pp_list applicants; /* link: client.database_link */
	struct pp_list clients;	   /* link: client.database_link; the admitted ones */
	uint32_t
		servers; /* whose memory is still there: some are closed, and a worker has not said its last word of them */
	pp_ms unused_since;
};

/* Finds or makes the database this StartupMessage asks for and joins the client to its applicants. PP_ERR_ABSENT:
 * no user name; PP_ERR_INVALID: too many parameters; PP_ERR_FULL, PP_ERR_NOMEM. */
PP_MUSTCHECK int pp_database_join(struct pp_client *c, const struct pp_startup *startup);
/* Also the last step of admission: moves the client from applicants to clients. */
void pp_database_admit(struct pp_client *c);
void pp_database_leave(struct pp_client *c);

/* Fills all but the password. */
void pp_database_wish(struct pp_database *db, struct pp_login_wish *ret_wish);

/* Is what we would greet this applicant with still true? */
bool pp_database_is_fresh(const struct pp_database *db, const struct pp_client *c);
bool pp_database_accepts(const struct pp_database *db, const char *password);

/* It may well let us in later: those in line wait on. */
bool pp_database_is_passing(const struct pp_login_error *error);

/* Its time is over: it hears what keeps us from logging in, where something does, else 53300 and `otherwise`. */
void pp_database_fail_late(struct pp_client *c, const char *otherwise);

/* A login ended, well or badly: updates what is known, then everybody who waited for it goes on. */
void pp_database_login_over(struct pp_server *s, struct pp_login *login);

/* The defaults of its sessions, as the latest login found them; valid until the next. */
static inline struct pp_baseline pp_database_baseline(const struct pp_database *db)
{
	return (struct pp_baseline){db->baseline, db->baseline_len};
}

/* Servers that are open, those logging in not counted. */
uint32_t pp_database_logged_in(const struct pp_database *db);

/* Keeps a copy, wipes the one before; NULL none. False: no memory, none is kept. */
bool pp_database_set_password(struct pp_database *db, const char *password);

struct pp_pool *pp_database_pool(struct pp_database *db);
struct pp_database *pp_database_of(struct pp_pool *pool);

/* Frees those without servers and clients for a while. Called by the janitor. */
void pp_database_sweep(struct pp_broker *b);
/* At the end of the broker: closes every server. */
void pp_database_close_all(struct pp_broker *b, const char *reason);

#endif
