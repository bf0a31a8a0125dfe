#include "broker/reach.h"

#include <string.h>

#include "broker/database.h"
#include "broker/door_wait.h"
#include "broker/question.h"
#include "broker/server.h"

/* One that did not answer is tried again at most so often. */
#define PP_REACH_SILENT_MS 1000

bool pp_reach_is_silent(const struct pp_route *route)
{
	return route->reach == PP_ROUTE_DOWN && route->silent;
}

static bool has_heard(const struct pp_database *db, pp_ms since)
{
	static const enum pp_conn_state speaking[] = {PP_CONN_IDLE, PP_CONN_LENT, PP_CONN_SCRUB,
						      PP_CONN_CANCEL};
	for (size_t i = 0; i < sizeof speaking / sizeof *speaking; i++)
		PP_LIST_FOREACH (&db->pool.conns[speaking[i]], it) {
			struct pp_server *s = pp_server_of(pp_list_entry(it, struct pp_conn, link));
			if (s->at_destination && s->heard_at > since)
				return true;
		}
	return false;
}

static bool is_heard(const struct pp_route *route)
{
	struct pp_database *db, *next;
	HASH_ITER(hh, route->broker->databases, db, next)
	if (db->route == route && has_heard(db, route->reach_at))
		return true;
	return false;
}

static bool may_be_told_by_login(const struct pp_route *route)
{
	return route->logins && route->broker->now - route->login_at < PP_REACH_CONNECT_MS;
}

bool pp_reach_is_open(struct pp_route *route)
{
	pp_ms age = route->broker->now - route->reach_at;
	if (route->reach == PP_ROUTE_UP || (pp_reach_is_silent(route) && age < PP_REACH_SILENT_MS))
		return false;
	if (is_heard(route)) {
		pp_reach_found(route, PP_ROUTE_UP, false);
		return false;
	}
	if (route->trying)
		return true;
	route->awaits_login = may_be_told_by_login(route);
	return route->awaits_login || pp_question_reach(route);
}

void pp_reach_doubt(struct pp_route *route)
{
	if (route->reach != PP_ROUTE_DOWN) /* what was heard before this counts no more */
		pp_route_set_reach(route, PP_ROUTE_UNKNOWN);
}

void pp_reach_found(struct pp_route *route, enum pp_route_reach reach, bool silent)
{
	route->awaits_login = false;
	route->silent = silent;
	pp_route_set_reach(route, reach);
	pp_door_wait_over(route);
}

void pp_reach_login_began(struct pp_route *route)
{
	route->logins++;
	route->login_at = route->broker->now;
}

void pp_reach_login_connected(struct pp_route *route, const char *address)
{
	if (route->reach != PP_ROUTE_UP && strcmp(address, route->address) == 0)
		pp_reach_found(route, PP_ROUTE_UP, false);
}

void pp_reach_login_over(struct pp_route *route)
{
	route->logins--;
	if (!route->awaits_login || route->logins)
		return;
	route->awaits_login = false;
	if (!route->trying && !pp_question_reach(route))
		pp_door_wait_over(route);
}

bool pp_reach_wait_over(struct pp_route *route)
{
	if (!route->awaits_login)
		return false;
	pp_reach_found(route, PP_ROUTE_DOWN, true);
	return true;
}
