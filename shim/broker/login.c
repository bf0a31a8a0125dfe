#include "broker/login.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "broker/login_connect.h"
#include "broker/login_error.h"
#include "broker/secret.h"
#include "broker/tls.h"
#include "broker/wishes.h"
#include "wire/msg.h"
#include "wire/writer.h"

#define PP_LOGIN_KEYWORDS 32

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
	const char *conforming = PQparameterStatus(conn, "standard_conforming_strings");
	l->conforming = conforming && strcmp(conforming, "on") == 0;
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

static bool add(struct pp_login *l, const char *keyword, const char *value)
{
	size_t n = 0;
	while (l->keywords[n])
		n++;
	if (n + 1 >= PP_LOGIN_KEYWORDS)
		return false;
	l->values[n] = strdup(value);
	l->keywords[n] = strdup(keyword);
	return l->keywords[n] && l->values[n];
}

/* Of the startup parameters libpq sends two by itself; the rest goes through `options`, which the server treats
 * alike (source "client", what RESET returns to), behind what the program itself put there. */
static bool add_settings(struct pp_login *l, const char *settings, size_t len)
{
	char *options = calloc(1, 2 * len + 16);
	if (!options)
		return false;
	char *to = options;
	bool ok = true;
	for (const char *at = settings; ok && at < settings + len;) {
		const char *name = at, *value = name + strlen(name) + 1;
		at = value + strlen(value) + 1;
		if (strcmp(name, "options") == 0)
			continue; /* went first */
		if (strcmp(name, "application_name") == 0 ||
		    (strcmp(name, "client_encoding") == 0 && strcmp(value, "auto") != 0)) {
			ok = add(l, name, value);
			continue;
		}
		to += sprintf(to, " -c %s=", name);
		for (; *value; value++) {
			if (*value == '\\' || *value == ' ' || (*value >= '\t' && *value <= '\r'))
				*to++ = '\\';
			*to++ = *value;
		}
		*to = '\0';
	}
	const char *own = pp_login_setting(settings, len, "options");
	if (ok && asprintf(&l->options, "%s%s", own ? own : "", options) < 0)
		l->options = NULL;
	ok = ok && l->options && add(l, PP_LOGIN_OPTIONS, l->options);
	free(options);
	return ok;
}

char **pp_login_value(struct pp_login *l, const char *keyword)
{
	for (size_t i = 0; l->keywords[i]; i++)
		if (strcmp(l->keywords[i], keyword) == 0)
			return &l->values[i];
	return NULL;
}

const char *pp_login_setting(const char *settings, size_t len, const char *name)
{
	for (const char *at = settings; at < settings + len;) {
		const char *value = at + strlen(at) + 1;
		if (strcmp(at, name) == 0)
			return value;
		at = value + strlen(value) + 1;
	}
	return NULL;
}

static bool replace(char **owned, const char *value)
{
	free(*owned);
	*owned = strdup(value);
	return *owned != NULL;
}

/* The program's own files or none: those in our home are not its. */
static bool add_wish(struct pp_login *l, const char *wish, size_t len)
{
	const char *name, *value;
	bool ok = true;
	for (size_t at = 0; ok && pp_wishes_next(wish, len, &at, &name, &value);) {
		if (strcmp(name, "hostaddr") == 0) {
			l->follows_name = false; /* it is where we go already */
			ok = replace(&l->hosts.hostaddr, value);
		} else if (strcmp(name, "port") == 0) {
			ok = replace(&l->hosts.port, value);
		} else {
			ok = add(l, name, value);
		}
	}
	return ok;
}

/* A server that is gone without a word is noticed as soon as it would notice us (guards.h). */
static bool add_keepalives(struct pp_login *l)
{
	return add(l, "keepalives_idle", "30") && add(l, "keepalives_interval", "10") &&
	       add(l, "keepalives_count", "3");
}

/* Everything libpq could take from files or the environment is said here: the broker must never know more than
 * the program told it (the environment has no PG variables, start.c). */
static bool add_all(struct pp_login *l, const struct pp_login_wish *wish)
{
	return add(l, "hostaddr", wish->address) && add(l, "port", wish->port) &&
	       add(l, "user", wish->user) && add(l, "dbname", wish->database) &&
	       (!wish->password || add(l, "password", wish->password)) &&
	       add(l, "passfile", "/nonexistent") && add(l, "sslmode", wish->sslmode) &&
	       add(l, "gssencmode", "disable") && add_keepalives(l) &&
	       add_wish(l, wish->wish, wish->wish_len) &&
	       add_settings(l, wish->settings, wish->settings_len);
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
	l->keywords = calloc(PP_LOGIN_KEYWORDS, sizeof *l->keywords);
	l->values = calloc(PP_LOGIN_KEYWORDS, sizeof *l->values);
	l->password = wish->password ? strdup(wish->password) : NULL;
	if (!l->keywords || !l->values || (wish->password && !l->password) || !add_all(l, wish)) {
		pp_login_free(l);
		return NULL;
	}
	return l;
}

void pp_login_free(struct pp_login *l)
{
	for (size_t i = 0; l->keywords && l->values && i < PP_LOGIN_KEYWORDS; i++) {
		free(l->keywords[i]);
		pp_secret_free(&l->values[i]);
	}
	free(l->keywords);
	free(l->values);
	free(l->options);
	free(l->hosts.hostaddr);
	free(l->hosts.port);
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
	/* Waits for EOF: the postmaster signals before it closes. */
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
