#include "broker/admit.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "broker/app_name.h"
#include "broker/client.h"
#include "broker/greet.h"
#include "broker/lend.h"
#include "broker/login_words.h"
#include "broker/route.h"
#include "broker/secret.h"
#include "broker/server.h"
#include "broker/unpooled.h"
#include "wire/framer.h"

static void admit(struct pp_client *c)
{
	if (pp_app_name_label(c, (struct pp_label){0}) < 0) {
		pp_client_fail(c, "FATAL", "53200", "podpool: out of memory");
		return;
	}
	pp_unpooled_forget(c);
	pp_database_admit(c);
	c->epoch = c->database->epoch;
	pp_client_set_state(c, PP_CLIENT_IDLE);
	pp_secret_free(&c->password);
	/* In session mode it is greeted by the server it will have to itself (pp_lend_begin), which it waits for. */
	if (c->broker->config.mode != PP_MODE_SESSION)
		pp_greet(c, pp_greet_next_pid(c));
	if (!c->gone)
		pp_client_continue(c);
}

static bool may_come_in(const struct pp_client *c)
{
	struct pp_database *db = c->database;
	bool known = db->auth == PP_AUTH_NONE || pp_database_accepts(db, c->password);
	return known && pp_database_is_fresh(db, c);
}

/* One applicant in ADMISSION: in, asked, or left to wait for a login. */
static void step(struct pp_client *c)
{
	struct pp_database *db = c->database;
	if (db->auth == PP_AUTH_PASSWORD && !c->password) {
		pp_unpooled_forget(c);
		pp_client_set_state(c, PP_CLIENT_PASSWORD);
		pp_greet_authentication(c, PP_AUTH_CLEARTEXT);
		return;
	}
	if (may_come_in(c))
		admit(c);
}

void pp_admit_recount(struct pp_database *db)
{
	uint32_t wanted = 0;
	PP_LIST_FOREACH (&db->applicants, it)
		wanted |= pp_list_entry(it, struct pp_client, database_link)->state ==
			  PP_CLIENT_ADMISSION;
	/* One judgement at a time: most applicants bring the same password. */
	pp_pool_want_logins(pp_database_pool(db), wanted, db->broker->now);
}

static void refuse_startup(struct pp_client *c, int error)
{
	switch (error) {
	case PP_ERR_ABSENT:
		pp_client_fail(c, "FATAL", "28000",
			       "no PostgreSQL user name specified in startup packet");
		return;
	case PP_ERR_INVALID:
		pp_client_fail(c, "FATAL", "54000",
			       "podpool: too many parameters in the startup packet; SET the rest "
			       "after the login");
		return;
	case PP_ERR_NOMEM: pp_client_fail(c, "FATAL", "53200", "podpool: out of memory"); return;
	default:
		pp_client_fail(c, "FATAL", "53300",
			       "podpool: too many different pools; let programs connect with "
			       "fewer different users, databases and startup parameters");
	}
}

void pp_admit_start(struct pp_client *c, const struct pp_startup *startup)
{
	bool said = pp_greet_negotiate(c, startup);
	if (c->gone)
		return;
	if (c->broker->orders.finish) {
		pp_client_fail(c, "FATAL", "57P01", PP_LEND_LEAVING);
		return;
	}
	int r = pp_database_join(c, startup);
	if (r < 0) {
		refuse_startup(c, r);
		return;
	}
	pp_client_set_state(c, PP_CLIENT_ADMISSION);
	struct pp_database *db = c->database;
	struct pp_broker *b = c->broker;
	if (!said && pp_login_needs_options(db->settings, db->settings_len))
		pp_unpooled_keep(c, startup);
	if (c->route->takes_no_options && pp_unpooled_begin(c))
		return;
	c->epoch = b->epoch;
	step(c);
	pp_admit_recount(db);
	pp_lend_settle(b);
}

static bool take_password(struct pp_client *c)
{
	struct pp_frame_head head;
	enum pp_frame frame = pp_framer_front(pp_buf_bytes(&c->in), pp_buf_len(&c->in), &head);
	if (frame == PP_FRAME_MORE || (frame == PP_FRAME_PART && head.type == PP_FRONT_PASSWORD &&
				       head.total < PP_MSG_SMALL_MAX))
		return false;
	char *text = (char *)pp_buf_bytes(&c->in) + PP_MSG_HEADER;
	if (frame != PP_FRAME_WHOLE || head.type != PP_FRONT_PASSWORD ||
	    strnlen(text, head.total - PP_MSG_HEADER) != head.total - PP_MSG_HEADER - 1) {
		if (frame == PP_FRAME_WHOLE && head.type == PP_FRONT_TERMINATE)
			pp_client_close(c, "client closed");
		else
			pp_client_fail(c, "FATAL", "08P01", "expected password response");
		return false;
	}
	if (!*text) {
		/* PostgreSQL's own words and code for it. libpq would send nothing, so a login would tell no more than is
		 * known: that a password is wanted. */
		pp_client_fail(c, "FATAL", "28P01", "empty password returned by client");
		return false;
	}
	c->password = strdup(text);
	explicit_bzero(text, head.total - PP_MSG_HEADER);
	pp_buf_consume(&c->in, head.total);
	if (!c->password)
		pp_client_fail(c, "FATAL", "53200", "podpool: out of memory");
	return c->password != NULL;
}

void pp_admit_input(struct pp_client *c)
{
	if (!take_password(c))
		return;
	struct pp_database *db = c->database;
	struct pp_broker *b = c->broker;
	pp_client_set_state(c, PP_CLIENT_ADMISSION);
	step(c);
	pp_admit_recount(db);
	pp_lend_settle(b);
}

const char *pp_admit_next_password(struct pp_database *db)
{
	if (db->theirs_failed && db->pool.waiters.count)
		return db->password;
	PP_LIST_FOREACH (&db->applicants, it) {
		struct pp_client *c = pp_list_entry(it, struct pp_client, database_link);
		if (c->state == PP_CLIENT_ADMISSION)
			return c->password;
	}
	return db->password;
}

static bool same_password(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Of a failed login the server has said AuthenticationOk before it looked for the role, the database and the settings;
 * libpq retries without application_name (42704) only after that. Class 28, 53 and 57 come before or instead, but for
 * what these routines say (PostgreSQL's utils/init): no such role, or one that may not log in, and limits of roles and
 * databases. */
static bool was_authenticated(const struct pp_login_error *error)
{
	static const char *const before[] = {"08", "28", "53", "57"};
	static const char *const after[] = {"InitializeSessionUserId", "InitPostgres",
					    "CheckMyDatabase"};
	for (size_t i = 0; i < sizeof after / sizeof *after; i++)
		if (strcmp(error->routine, after[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof before / sizeof *before; i++)
		if (strncmp(error->sqlstate, before[i], 2) == 0)
			return false;
	return true;
}

/* What its startup packet sets cannot be said otherwise: it shall say so itself. */
static bool goes_on_alone(struct pp_client *c, const struct pp_login *login)
{
	struct pp_route *route = c->route;
	if (!login->options_refused || !pp_unpooled_begin(c))
		return false;
	if (!route->takes_no_options)
		pp_log(PP_LOG_INFO,
		       "%s:%s takes no \"options\": programs whose startup packet has settings "
		       "(TimeZone, ...) are not pooled there",
		       pp_route_address(route), pp_route_port(route));
	route->takes_no_options = true;
	return true;
}

static void refuse(struct pp_client *c, const struct pp_login *login)
{
	const struct pp_login_error *error = &login->error;
	if (goes_on_alone(c, login))
		return;
	bool after = was_authenticated(error);
	if (after)
		pp_greet_authentication(c, PP_AUTH_OK);
	if (after && login->notices_len)
		pp_client_write(c, login->notices, login->notices_len);
	pp_client_fail_as(c, error);
}

/* A login that was only to tell whether a standby still is one, at a moment when nobody can log in: what is known must do. */
static bool does_without(const struct pp_client *c, const struct pp_login *login)
{
	return pp_database_is_passing(&login->error) && may_come_in(c);
}

void pp_admit_retry(struct pp_database *db)
{
	PP_LIST_FOREACH_SAFE (&db->applicants, it) {
		struct pp_client *c = pp_list_entry(it, struct pp_client, database_link);
		if (c->state == PP_CLIENT_ADMISSION)
			step(c);
	}
	pp_admit_recount(db);
}

void pp_admit_login_over(struct pp_server *s, const struct pp_login *login, bool ok)
{
	struct pp_database *db = s->database;
	PP_LIST_FOREACH_SAFE (&db->applicants, it) {
		struct pp_client *c = pp_list_entry(it, struct pp_client, database_link);
		if (c->state != PP_CLIENT_ADMISSION)
			continue;
		/* Who came after a change is not judged by a login from before it. */
		bool judged = s->epoch >= c->epoch && same_password(c->password, login->password);
		if (judged && ok)
			admit(c);
		else if (judged && !login->error.needs_password && !does_without(c, login))
			refuse(c, login);
		else
			step(c);
	}
	pp_admit_recount(db);
}
