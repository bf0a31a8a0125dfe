/* What the end of a login means for its pool (database.h). */
#include "broker/database.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "broker/admit.h"
#include "broker/app_name.h"
#include "broker/client.h"
#include "broker/defaults.h"
#include "broker/guards.h"
#include "broker/lend.h"
#include "broker/reach.h"
#include "broker/route.h"
#include "broker/server.h"
#include "broker/tick.h"

/* Without memory for it, those whose time is over hear less. */
static void keep_failure(struct pp_database *db, const struct pp_login_error *error)
{
	free(db->failure);
	db->failure = error ? malloc(sizeof *error) : NULL;
	if (db->failure)
		*db->failure = *error;
}

static void learn_guards(struct pp_database *db, const struct pp_login *login)
{
	struct pp_route *route = db->route;
	char names[PP_GUARDS_TEXT_MAX];
	uint32_t news = login->guards_refused & ~route->guards_refused;
	db->guards = login->guards;
	route->guards_refused |= news;
	if (login->learned) {
		db->guards_own = login->guards_own;
		db->learned_at = db->broker->now;
	}
	if (!news)
		return;
	pp_guards_names(news, names);
	pp_log(PP_LOG_INFO, "%s:%s, version %s, refuses %s: it may notice late that a pod vanished",
	       pp_route_address(route), pp_route_port(route), login->server_version, names);
}

static void learn(struct pp_database *db, struct pp_login *login, struct pp_server *s)
{
	keep_failure(db, NULL);
	pp_backoff_over(&db->pool.backoff);
	if (s->epoch < db->epoch)
		return; /* slower than one that began after a change */
	pp_defaults_learn(s, login);
	db->auth = login->password ? PP_AUTH_PASSWORD : PP_AUTH_NONE;
	if (!pp_database_set_password(db, login->password))
		db->auth = PP_AUTH_UNKNOWN; /* no memory to keep it: ask again next time */
	db->verified_at = db->broker->now;
	memcpy(db->greeting, login->greeting, login->greeting_len);
	db->greeting_len = login->greeting_len;
	db->is_standby = login->standby;
	pp_app_name_learn(db);
	memcpy(db->address, login->address, sizeof db->address);
	memcpy(db->server_version, login->server_version, sizeof db->server_version);
	learn_guards(db, login);
}

static void say_failure(struct pp_database *db, const struct pp_login_error *error)
{
	pp_log(PP_LOG_WARNING, "login to %s:%s as \"%s\" in \"%s\" failed: %s %s",
	       pp_route_address(db->route), pp_route_port(db->route), db->user, db->database,
	       error->sqlstate, error->message);
}

static bool is_class(const struct pp_login_error *error, const char *class)
{
	return strncmp(error->sqlstate, class, 2) == 0;
}

/* It failed for the password of an applicant, perhaps a wrong one: of those who are admitted already, and of whoever comes
 * with another one, it says nothing. */
static bool is_theirs(const struct pp_database *db, const struct pp_login *login)
{
	const struct pp_login_error *error = &login->error;
	bool ours = login->password && db->password ? strcmp(login->password, db->password) == 0
						    : login->password == db->password;
	return !ours && (error->needs_password || is_class(error, "28"));
}

static bool is_full(const struct pp_login_error *error)
{
	return strcmp(error->sqlstate, "53300") == 0;
}

bool pp_database_is_passing(const struct pp_login_error *error)
{
	return is_class(error, "08") || is_class(error, "53") || is_class(error, "57");
}

static enum pp_backoff_cause cause_of(const struct pp_database *db,
				      const struct pp_login_error *error)
{
	if (error->needs_password)
		return PP_BACKOFF_REFUSED;
	if (is_full(error))
		return pp_database_logged_in(db) ? PP_BACKOFF_CROWDED : PP_BACKOFF_FULL;
	return pp_database_is_passing(error) ? PP_BACKOFF_DOWN : PP_BACKOFF_REFUSED;
}

static void put_off(struct pp_database *db, const struct pp_login *login)
{
	const struct pp_login_error *error = &login->error;
	struct pp_broker *b = db->broker;
	/* Those in line make do with the servers there are, and the next applicant may bring the right password; without one,
	 * which comes next, nobody is let in. */
	if (is_class(error, "28") && login->password && pp_database_logged_in(db))
		return;
	pp_backoff_failed(&db->pool.backoff, cause_of(db, error), b->now, arc4random());
	pp_tick_by(b, db->pool.backoff.until);
}

/* Also for whom none of its own will do. The last one goes late: its place may be somebody else's by then. */
static bool needs_a_new_one(const struct pp_database *db)
{
	bool may_go = pp_database_logged_in(db) > 1 || db->pool.backoff.failures > 2;
	return db->pool.logins_wanted || (pp_pool_has_unsuited(&db->pool) && may_go);
}

static bool may_make_room(const struct pp_database *db, const struct pp_database *other)
{
	return other->route == db->route && (other != db || needs_a_new_one(db));
}

/* The server is full, perhaps of connections of ours that nobody uses. */
static void make_room(struct pp_database *db)
{
	struct pp_database *other, *next;
	struct pp_conn *oldest = NULL;
	if (pp_database_logged_in(db) && !needs_a_new_one(db))
		return; /* there is something to wait for */
	HASH_ITER(hh, db->broker->databases, other, next)
	{
		struct pp_list *idle = &other->pool.conns[PP_CONN_IDLE];
		if (!idle->count || !may_make_room(db, other))
			continue;
		struct pp_conn *conn = pp_list_entry(idle->head.prev, struct pp_conn, link);
		if (!oldest || conn->since < oldest->since)
			oldest = conn;
	}
	if (oldest)
		pp_server_close(pp_server_of(oldest), "the server is full: place needed elsewhere");
}

static void take_failure(struct pp_database *db, const struct pp_login *login)
{
	const struct pp_login_error *error = &login->error;
	if (error->needs_password) {
		db->auth = PP_AUTH_PASSWORD;
		/* An applicant is asked for it; those already admitted, and min_servers, would make us try the same again and
		 * again. */
		if ((db->pool.waiters.count || !db->pool.logins_wanted) && !db->theirs_failed)
			put_off(db, login);
		return;
	}
	say_failure(db, error);
	if (db->theirs_failed)
		return;
	if (is_class(error,
		     "28")) /* ours is no longer good: the next applicant brings the new one */
		(void)pp_database_set_password(db, NULL);
	if (error->unreachable)
		pp_reach_doubt(db->route);
	keep_failure(db, error);
	put_off(db, login);
}

/* Where nobody asks much, each who connects to a standby costs a login (pp_database_is_fresh): not a server more as well. */
static void replace_oldest(struct pp_database *db)
{
	struct pp_conn *oldest =
		pp_pool_find_idle_since(&db->pool, db->broker->now, PP_DATABASE_STANDBY_MS);
	if (oldest && !db->pool.waiters.count)
		pp_server_close(pp_server_of(oldest), "a new one has told whether it is a standby");
}

/* A login without a password, after the server has refused the one there was: that is the reason. */
static const struct pp_login_error *why(const struct pp_database *db,
					const struct pp_login_error *error)
{
	return error->needs_password && db->failure ? db->failure : error;
}

void pp_database_login_over(struct pp_server *s, struct pp_login *login)
{
	struct pp_database *db = s->database;
	const struct pp_login_error *error = &login->error;
	if (s->session) {
		db->theirs_failed = false;
		learn(db, login, s);
		pp_conn_set_state(&s->conn, PP_CONN_IDLE, db->broker->now);
		pp_admit_login_over(s, login, true);
		if (db->is_standby)
			replace_oldest(db);
		pp_lend_idle(s);
		return;
	}
	pp_server_close(s, "login failed");
	db->theirs_failed = is_theirs(db, login);
	take_failure(db, login);
	if (is_full(error)) {
		pp_admit_retry(db);
		make_room(db);
	} else {
		pp_admit_login_over(s, login, false);
	}
	if (pp_database_logged_in(db) == 0 && !db->theirs_failed &&
	    (error->needs_password || !pp_database_is_passing(error)))
		pp_lend_fail_waiting(db, why(db, error));
	pp_lend_settle(db->broker);
}

void pp_database_fail_late(struct pp_client *c, const char *otherwise)
{
	const struct pp_database *db = c->database;
	if (db->failure && (pp_database_logged_in(db) == 0 || pp_database_is_passing(db->failure)))
		pp_client_fail_as(c, db->failure);
	else
		pp_client_fail(c, "FATAL", "53300", otherwise);
}
