#include "broker/login.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "broker/login_connect.h"
#include "broker/login_error.h"
#include "broker/login_words.h"
#include "broker/secret.h"
#include "broker/tls.h"
#include "wire/msg.h"
#include "wire/writer.h"

struct pp_session {
	PGconn *conn; /* owned */
};

/* What the server may report (docs 55.2.7, up to version 18); libpq keeps them by name only. */
static const char *const reported[] = {
	"application_name",
	"client_encoding",
	"DateStyle",
	"default_transaction_read_only",
	"in_hot_standby",
	"integer_datetimes",
	"IntervalStyle",
	"is_superuser",
	"scram_iterations",
	"search_path",
	"server_encoding",
	"server_version",
	"session_authorization",
	"standard_conforming_strings",
	"TimeZone",
};

static bool is_on(PGconn *conn, const char *setting)
{
	const char *value = PQparameterStatus(conn, setting);
	return value && strcmp(value, "on") == 0;
}

static void take_greeting(struct pp_login *l, PGconn *conn)
{
	struct pp_writer w;
	pp_writer_init(&w, l->greeting, sizeof l->greeting);
	pp_writer_bytes(&w, l->notices, l->notices_len);
	for (size_t i = 0; i < sizeof reported / sizeof *reported; i++) {
		const char *value = PQparameterStatus(conn, reported[i]);
		if (!value)
			continue;
		pp_writer_begin(&w, PP_BACK_PARAMETER_STATUS);
		pp_writer_str(&w, reported[i]);
		pp_writer_str(&w, value);
		pp_writer_end(&w);
	}
	l->greeting_len = pp_writer_failed(&w) ? 0 : w.len;
	const char *address = PQhostaddr(conn);
	snprintf(l->address, sizeof l->address, "%s", address ? address : "");
	const char *version = PQparameterStatus(conn, "server_version");
	snprintf(l->server_version, sizeof l->server_version, "%s", version ? version : "");
	l->conforming = is_on(conn, "standard_conforming_strings");
	l->standby = is_on(conn, "in_hot_standby");
	const char *encoding = PQparameterStatus(conn, "client_encoding");
	snprintf(l->encoding, sizeof l->encoding, "%s", encoding ? encoding : "");
}

static void login_run(struct pp_job *job)
{
	struct pp_login *l = (struct pp_login *)job;
	PGconn *conn = pp_login_connect(l);
	if (!conn)
		return;
	struct pp_session *session = calloc(1, sizeof *session);
	if (!session) {
		pp_login_error_local(&l->error, "out of memory");
		PQfinish(conn);
		return;
	}
	take_greeting(l, conn);
	if (PQsslInUse(conn))
		pp_tls_adopt(PQsslStruct(conn, "OpenSSL"));
	session->conn = conn;
	l->session = session;
}

static void login_done(struct pp_job *job)
{
	struct pp_login *l = (struct pp_login *)job;
	l->finished(l);
}

static void word_done(struct pp_job *job)
{
	struct pp_login *l = pp_list_entry(job, struct pp_login, word);
	if (l->connected)
		l->connected(l);
}

void pp_login_begin(struct pp_login *l, struct pp_workers *workers)
{
	l->workers = workers;
	l->word.done = word_done;
	pp_workers_submit(workers, &l->job);
}

struct pp_login *pp_login_new(const struct pp_login_wish *wish, void *owner,
			      void (*finished)(struct pp_login *))
{
	struct pp_login *l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	l->job.run = login_run;
	l->job.done = login_done;
	l->owner = owner;
	l->finished = finished;
	l->timeout_ms = wish->timeout_ms;
	l->guards = wish->guards;
	l->learn = wish->learn;
	l->follows_name = wish->resolve;
	l->password = wish->password ? strdup(wish->password) : NULL;
	if ((wish->password && !l->password) || !pp_login_say(l, wish)) {
		pp_login_free(l);
		return NULL;
	}
	return l;
}

void pp_login_free(struct pp_login *l)
{
	pp_login_forget(l);
	pp_secret_free(&l->password);
	free(l->baseline);
	pp_session_close(l->session);
	free(l);
}

struct pp_stream pp_session_stream(const struct pp_session *s)
{
	return (struct pp_stream){
		.fd = PQsocket(s->conn),
		.ssl = PQsslInUse(s->conn) ? PQsslStruct(s->conn, "OpenSSL") : NULL,
	};
}

int pp_session_pid(const struct pp_session *s)
{
	return PQbackendPID(s->conn);
}

void pp_session_close(struct pp_session *s)
{
	if (!s)
		return;
	PQfinish(s->conn);
	free(s);
}

static void cancel_run(struct pp_job *job)
{
	struct pp_cancel_job *c = (struct pp_cancel_job *)job;
	char ignored[256];
	/* Waits for EOF: the postmaster signals before it closes. Without end where a server takes the request and does not
	 * close; where none answers, the session's keepalives and tcp_user_timeout (login_words.c) count for it, too. */
	PQcancel(c->handle, ignored, sizeof ignored);
}

static void cancel_done(struct pp_job *job)
{
	struct pp_cancel_job *c = (struct pp_cancel_job *)job;
	c->finished(c);
}

struct pp_cancel_job *pp_cancel_job_new(const struct pp_session *s, void *owner,
					void (*finished)(struct pp_cancel_job *))
{
	struct pp_cancel_job *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	c->job.run = cancel_run;
	c->job.done = cancel_done;
	c->job.slow = true;
	c->owner = owner;
	c->finished = finished;
	c->handle = PQgetCancel(s->conn);
	if (!c->handle) {
		free(c);
		return NULL;
	}
	return c;
}

void pp_cancel_job_free(struct pp_cancel_job *c)
{
	PQfreeCancel(c->handle);
	free(c);
}
