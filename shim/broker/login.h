/* shim/broker/login.h - logging a new server in, on a worker, with libpq: SCRAM, MD5, TLS and certificates are its business.
 *
 * The one door to libpq. Takes copies of all it needs; gives back a PGconn that has said ReadyForQuery, or the
 * server's own error. The password is wiped with the job.
 */
#ifndef PP_BROKER_LOGIN_H
#define PP_BROKER_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "broker/stream.h"
#include "broker/workers.h"

#define PP_LOGIN_NOTICES_MAX  2048
#define PP_LOGIN_GREETING_MAX (PP_LOGIN_NOTICES_MAX + 4096)
#define PP_LOGIN_ADDRESS_MAX  64

struct pp_login_error {
	char severity[8], sqlstate[6];
	char message[512], detail[256], hint[256];
	char file[64], line[12], routine[64]; /* of the server's source; "" not said */
	char local
		[600]; /* "" it is the server's; else our libpq's words, without where it connected to */
	bool needs_password; /* the server asked and we had none */
	bool unreachable;    /* no connection, not even a refusal in words */
};

/* What to log in as. Strings are borrowed during pp_login_new only. */
struct pp_login_wish {
	const char *address, *port; /* numeric */
	const char *user, *database;
	const char *password; /* NULL: none */
	const char *sslmode;
	const char *wish; /* wishes.h: what the program's libpq was asked for */
	size_t wish_len;
	const char
		*settings; /* "name\0value\0...\0": the startup parameters but user and database */
	size_t settings_len;
	uint32_t guards; /* guards.h: to ask for, where the server lets us */
	bool resolve; /* no other server holds the pool to an address: the wish's name may lead elsewhere */
	bool learn; /* ask for what the role and the database set: guards among it, and the defaults */
	pp_ms timeout_ms;
};

struct pp_session; /* a PGconn and its PGcancel */

/* What a login brought back; read on the loop thread in done(). */
struct pp_login {
	struct pp_job job; /* first: the worker's view */
	void *owner;	   /* the caller's */
	void (*finished)(struct pp_login *login);
	/* May be NULL: on the loop thread too, and before finished(): the server at `reached` has taken the connection.
	 * That much is known of one that then says nothing. */
	void (*connected)(struct pp_login *login);
	char reached[PP_LOGIN_ADDRESS_MAX]; /* numeric; "" not connected yet */
	struct pp_session *session;	    /* NULL: failed; the one who takes it sets this NULL */
	struct pp_login_error error;
	char greeting
		[PP_LOGIN_GREETING_MAX]; /* NoticeResponse and ParameterStatus messages, ready to send */
	size_t greeting_len;
	char notices[PP_LOGIN_NOTICES_MAX]; /* the former alone, also of a login that failed */
	size_t notices_len;
	char server_version[32];
	char address[PP_LOGIN_ADDRESS_MAX]; /* numeric: where it is */
	bool standby;			    /* in_hot_standby is on */
	bool conforming;		    /* standard_conforming_strings is on */
	char encoding[32];		    /* client_encoding */
	char *password;			    /* owned copy, NULL none */
	uint32_t guards, guards_refused,
		guards_own; /* set; unknown to the server; the role's own */
	bool learned;	    /* guards_own was asked for and is known */
	bool options_refused; /* the server, or a pooler before it, takes none; the program has not said any itself */
	char *baseline; /* owned, PP_BASELINE_MAX; the one who takes it sets this NULL. NULL: not asked */
	size_t baseline_len;
	/* private from here */
	struct pp_job word; /* connected() */
	struct pp_workers *workers;
	bool learn, follows_name;
	pp_ms timeout_ms;
	/* login_words.c owns these */
	char *options;	  /* the startup packet's, without guards */
	bool own_options; /* the program's are among them */
	struct {
		char *hostaddr, *port; /* lists beside that of several hosts; NULL none */
	} hosts;
	char **keywords, **values;
};

/* NULL: out of memory. finished() is called on the loop thread; then pp_login_free(). */
struct pp_login *pp_login_new(const struct pp_login_wish *wish, void *owner,
			      void (*finished)(struct pp_login *));
void pp_login_begin(struct pp_login *login, struct pp_workers *workers);
void pp_login_free(struct pp_login *login);

/* The session's socket and SSL object, for the relay. */
struct pp_stream pp_session_stream(const struct pp_session *s);
int pp_session_pid(const struct pp_session *s);
/* Says Terminate if the socket takes it, closes, frees. NULL is fine. */
void pp_session_close(struct pp_session *s);

/* A job that sends CancelRequest to this session's server and waits until the server has closed that
 * connection: only then has the signal been sent (docs 55.2.8). Copies what it needs. NULL: no memory. */
struct pp_cancel_job {
	struct pp_job job;
	void *owner;
	void (*finished)(struct pp_cancel_job *cancel);
	void *handle; /* PGcancel *, owned */
};
struct pp_cancel_job *pp_cancel_job_new(const struct pp_session *s, void *owner,
					void (*finished)(struct pp_cancel_job *));
void pp_cancel_job_free(struct pp_cancel_job *cancel);

#endif
