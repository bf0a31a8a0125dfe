#include "broker/login_connect.h"

#include <errno.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/guards.h"
#include "broker/login_error.h"
#include "broker/login_host.h"
#include "broker/login_name.h"
#include "broker/login_notice.h"
#include "session/baseline.h"

/* What this role and database set themselves (ALTER ROLE, ALTER DATABASE) is theirs; the startup packet would win. */
static const char own_guards[] =
	"SELECT c FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) c"
	" WHERE s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = "
	"pg_catalog.current_database()))"
	" AND s.setrole IN (0, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = "
	"session_user));";

/* The defaults of this session (session/baseline.h): those everybody may set, and what pg_settings leaves out: the role, and
 * the custom ones. Of those a superuser's only, which it may not set, the names. */
#define MAY_SET_14 "pg_catalog.current_setting('is_superuser') = 'on'"
#define MAY_SET_15 "pg_catalog.has_parameter_privilege(name, 'SET')"
#define DEFAULTS(may_set)                                                                          \
	"SELECT n, CASE WHEN n = 'application_name' THEN v ELSE pg_catalog.encode("                \
	"pg_catalog.convert_to(v, pg_catalog.getdatabaseencoding()), 'escape') END, k FROM ("      \
	"SELECT pg_catalog.lower(name), CASE context WHEN 'user' THEN setting ELSE '' END,"        \
	" CASE WHEN context <> 'user' THEN 's' WHEN source IN ('global', 'database', 'user',"      \
	" 'database user') THEN 'r' ELSE 'd' END FROM pg_catalog.pg_settings"                      \
	" WHERE context = 'user' OR (context = 'superuser' AND NOT " may_set ")"                   \
	" UNION ALL SELECT DISTINCT n,"                                                            \
	" pg_catalog.current_setting(n, true), 'r' FROM pg_catalog.pg_db_role_setting s,"          \
	" pg_catalog.unnest(s.setconfig) c, pg_catalog.split_part(c, '=', 1) n WHERE n LIKE '%.%'" \
	" AND s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname ="        \
	" pg_catalog.current_database()))"                                                         \
	" AND s.setrole IN (0, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = "              \
	"session_user)) UNION ALL SELECT 'role', pg_catalog.current_setting('role'), 'r')"         \
	" AS d(n, v, k) ORDER BY k = 's' DESC;"

static const char defaults_14[] = DEFAULTS(MAY_SET_14), defaults_15[] = DEFAULTS(MAY_SET_15);

/* After Terminate a backend is gone when its socket is: not before that may another take its place. */
#define PP_LOGIN_GOODBYE_MS 1000

/* > 0 ready, 0 the deadline has come. */
static int wait_for(PGconn *conn, short events, pp_ms deadline)
{
	for (;;) {
		struct pollfd p = {.fd = PQsocket(conn), .events = events};
		pp_ms left = deadline - pp_clock_now_ms();
		int n = left > 0 ? poll(&p, 1, (int)left) : 0;
		if (n >= 0 || errno != EINTR)
			return n > 0;
	}
}

/* The loop hears it once. */
static void tell_connected(struct pp_login *l, PGconn *conn)
{
	const char *address = PQhostaddr(conn);
	if (*l->reached || !address || !*address)
		return;
	snprintf(l->reached, sizeof l->reached, "%s", address);
	pp_workers_tell(l->workers, &l->word);
}

/* PQconnectPoll until it is over or the deadline has come. *ret_said: the startup packet was sent;
 * l->error.unreachable: there was no connection. */
static PostgresPollingStatusType connect_until(struct pp_login *l, PGconn *conn, pp_ms deadline,
					       bool *ret_said)
{
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;
	bool *ret_unreachable = &l->error.unreachable;
	*ret_unreachable = true;
	while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING) {
		if (!wait_for(conn, status == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline))
			return PGRES_POLLING_ACTIVE; /* libpq never says this: time is up */
		status = PQconnectPoll(conn);
		*ret_unreachable &= PQstatus(conn) == CONNECTION_STARTED ||
				    PQstatus(conn) == CONNECTION_NEEDED ||
				    PQstatus(conn) == CONNECTION_BAD;
		if (!*ret_unreachable)
			tell_connected(l, conn);
		*ret_said |= PQstatus(conn) == CONNECTION_AWAITING_RESPONSE ||
			     PQstatus(conn) == CONNECTION_AUTH_OK;
	}
	return status;
}

/* In front of the program's own: of two that set the same the server takes the later. */
static bool put_options(struct pp_login *l)
{
	char guards[PP_GUARDS_TEXT_MAX], *all;
	size_t at = 0;
	while (strcmp(l->keywords[at], PP_LOGIN_OPTIONS) != 0)
		at++;
	pp_guards_options(l->guards, guards);
	if (asprintf(&all, "%s%s", guards, l->options) < 0)
		return false;
	free(l->values[at]);
	l->values[at] = all;
	return true;
}

/* It would end healthy sessions, too (silence.h); keepalives go by their own count again. */
static void lift_user_timeout(PGconn *conn)
{
	const unsigned none = 0;
	setsockopt(PQsocket(conn), IPPROTO_TCP, TCP_USER_TIMEOUT, &none, sizeof none);
}

/* One attempt. NULL: l->error; *ret_said: the server (or a proxy) is the one who did not want it. */
static PGconn *attempt(struct pp_login *l, pp_ms deadline, bool *ret_said)
{
	*ret_said = false;
	PGconn *conn = put_options(l) ? PQconnectStartParams((const char *const *)l->keywords,
							     (const char *const *)l->values, 0)
				      : NULL;
	if (!conn || PQstatus(conn) == CONNECTION_BAD) {
		pp_login_error_local(&l->error, conn ? PQerrorMessage(conn) : "out of memory");
		PQfinish(conn);
		return NULL;
	}
	/* Verbose errors carry the SQLSTATE, the only way to learn it for a failed login. */
	PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
	pp_login_notice_begin(l, conn);
	PostgresPollingStatusType status = connect_until(l, conn, deadline, ret_said);
	if (status == PGRES_POLLING_OK) {
		pp_login_notice_end(conn);
		lift_user_timeout(conn);
		PQsetnonblocking(conn, 1); /* or PQfinish could wait for a stuck server */
		return conn;
	}
	l->error.needs_password = PQconnectionNeedsPassword(conn);
	*ret_said &= status == PGRES_POLLING_FAILED && !l->error.needs_password;
	if (status == PGRES_POLLING_ACTIVE)
		pp_login_error_local(&l->error, "timeout expired");
	else
		pp_login_error_read(&l->error, PQerrorMessage(conn));
	PQfinish(conn);
	return NULL;
}

/* pgbouncer before 1.20: "unsupported startup parameter: options"; RDS Proxy: "doesn't support command-line options". */
static bool are_options_refused(const struct pp_login *l)
{
	const struct pp_login_error *e = &l->error;
	/* Of one setting, "in options: ...", the server would have said the same by itself. */
	return *l->options && !l->own_options && strstr(e->message, "options") &&
	       !strstr(e->message, "in options") &&
	       (strcmp(e->sqlstate, "08P01") == 0 || strcmp(e->sqlstate, "0A000") == 0);
}

static PGconn *attempt_with_fewer(struct pp_login *l, pp_ms deadline)
{
	uint32_t wanted = l->guards;
	for (;;) {
		bool said;
		PGconn *conn = attempt(l, deadline, &said);
		if (conn)
			l->guards_refused |= wanted & ~l->guards;
		if (!conn && said && !l->guards)
			l->options_refused = are_options_refused(l);
		if (conn || !said || !l->guards)
			return conn;
		uint32_t fewer =
			pp_guards_after_refusal(l->guards, l->error.sqlstate, l->error.message);
		if (fewer == l->guards)
			return NULL;
		l->guards = fewer;
		memset(&l->error, 0, sizeof l->error);
	}
}

static void note_guards(struct pp_login *l, const PGresult *result)
{
	for (int row = 0; row < PQntuples(result); row++)
		l->guards_own |= pp_guards_of_setting(PQgetvalue(result, row, 0));
}

static void note_defaults(struct pp_login *l, const PGresult *result)
{
	if (!l->baseline && !(l->baseline = malloc(PP_BASELINE_MAX)))
		return;
	l->baseline_len = 0;
	for (int row = 0; row < PQntuples(result); row++)
		if (!PQgetisnull(result, row, 1)) /* one too many is not restored */
			(void)!pp_baseline_add(
				l->baseline, &l->baseline_len, PQgetvalue(result, row, 0),
				PQgetvalue(result, row, 1),
				(enum pp_baseline_kind) * PQgetvalue(result, row, 2));
}

/* No such catalog: no such settings. */
static void note_own(struct pp_login *l, const PGresult *result)
{
	if (PQresultStatus(result) == PGRES_TUPLES_OK && PQnfields(result) == 1)
		note_guards(l, result);
	else if (PQresultStatus(result) == PGRES_TUPLES_OK && PQnfields(result) == 3)
		note_defaults(l, result);
}

/* False: the connection did not survive the question. */
static bool learn_own(struct pp_login *l, PGconn *conn, pp_ms deadline)
{
	char text[sizeof own_guards + sizeof defaults_14 + sizeof defaults_15];
	bool has_privileges = PQserverVersion(conn) >= 150000;
	snprintf(text, sizeof text, "%s%s", own_guards, has_privileges ? defaults_15 : defaults_14);
	if (!PQsendQuery(conn, text))
		return false;
	while (PQflush(conn) > 0)
		if (!wait_for(conn, POLLIN | POLLOUT, deadline) || !PQconsumeInput(conn))
			return false;
	for (;;) {
		while (PQisBusy(conn))
			if (!wait_for(conn, POLLIN, deadline) || !PQconsumeInput(conn))
				return false;
		PGresult *result = PQgetResult(conn);
		if (!result)
			break;
		note_own(l, result);
		PQclear(result);
	}
	l->learned = true;
	return PQstatus(conn) == CONNECTION_OK;
}

/* Says Terminate and waits until the backend is gone: a role at its connection limit has room for the next. */
static void say_goodbye(PGconn *conn)
{
	char rest[256];
	int fd = dup(PQsocket(conn));
	PQfinish(conn);
	if (fd < 0)
		return;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	pp_ms deadline = pp_clock_now_ms() + PP_LOGIN_GOODBYE_MS;
	for (pp_ms left; (left = deadline - pp_clock_now_ms()) > 0;)
		if (poll(&p, 1, (int)left) > 0 && recv(fd, rest, sizeof rest, MSG_DONTWAIT) <= 0)
			break;
	close(fd);
}

PGconn *pp_login_connect(struct pp_login *l)
{
	pp_ms deadline = pp_clock_now_ms() + l->timeout_ms;
	pp_login_host_settle(l);
	if (!pp_login_name_follow(l)) {
		pp_login_error_local(&l->error, "out of memory");
		return NULL;
	}
	PGconn *conn = attempt_with_fewer(l, deadline);
	if (!conn || !l->learn)
		return conn;
	if (!learn_own(l, conn, deadline)) {
		const char *why = PQerrorMessage(conn); /* "" where time is up */
		pp_login_error_read(&l->error, *why ? why : "timeout expired");
		PQfinish(conn);
		return NULL;
	}
	if (!(l->guards & l->guards_own))
		return conn;
	/* Ours have covered the role's: once more without those. */
	say_goodbye(conn);
	l->guards &= ~l->guards_own;
	return attempt_with_fewer(l, deadline);
}
