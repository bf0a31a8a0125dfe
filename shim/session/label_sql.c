#include "session/label_sql.h"

#include <string.h>

#include "session/label_walk.h"
#include "session/sql.h"

#define LOGIN "session_authorization"
#define ROLE  "role"

static bool is_identity(const char *name)
{
	return strcmp(name, LOGIN) == 0 || strcmp(name, ROLE) == 0;
}

static bool differs(struct pp_label from, struct pp_label to, const char *name)
{
	const char *a = pp_label_get(from, name), *b = pp_label_get(to, name);
	return a && b ? strcmp(a, b) != 0 : a != b;
}

static bool identity_differs(struct pp_label from, struct pp_label to)
{
	return differs(from, to, LOGIN) || differs(from, to, ROLE);
}

/* The escape format (label.h): without a backslash it is what it stands for. */
static void put_value(struct pp_sql *sql, const char *name, const char *value)
{
	bool escaped = strchr(value, '\\') && strcmp(name, "application_name") != 0;
	if (escaped)
		pp_sql_put(sql, "pg_catalog.convert_from(pg_catalog.decode(");
	pp_sql_literal(sql, value);
	if (escaped)
		pp_sql_put(sql, ",'escape'),pg_catalog.getdatabaseencoding())");
}

/* SELECT set_config(...), set_config(...): one statement for all; a failure leaves none of them, since
 * the whole Query is one transaction (docs 55.2.2.1). */
static void put_config(struct pp_sql *sql, bool *first, const char *name, const char *value)
{
	pp_sql_put(sql, *first ? "SELECT pg_catalog.set_config(" : ",pg_catalog.set_config(");
	*first = false;
	pp_sql_literal(sql, name);
	pp_sql_put(sql, ",");
	put_value(sql, name, value);
	pp_sql_put(sql, ",false)");
}

static void put_login_identity(struct pp_sql *sql, struct pp_label from)
{
	const char *login = pp_label_get(from, LOGIN);
	if (login) /* leaves no role, where the login's default may be one */
		pp_sql_put(sql, "SET SESSION AUTHORIZATION DEFAULT;");
	if (login || pp_label_get(from, ROLE))
		pp_sql_put(sql, "RESET ROLE;");
}

static void put_identity(struct pp_sql *sql, struct pp_label to)
{
	const char *login = pp_label_get(to, LOGIN), *role = pp_label_get(to, ROLE);
	bool first = true;
	if (login)
		put_config(sql, &first, LOGIN, login);
	if (role)
		put_config(sql, &first, ROLE, role);
	if (!first)
		pp_sql_put(sql, ";");
}

static void put_reset(struct pp_sql *sql, const char *name)
{
	pp_sql_put(sql, "RESET ");
	pp_sql_identifier(sql, name);
	pp_sql_put(sql, ";");
}

static bool is_empty(const char *name, const char *value)
{
	return !*value && pp_label_is_custom(name);
}

/* '' is what RESET left of a custom setting, or what was said. A library that is loaded here and lists it as a number does not
 * take it, and is right after RESET; any other setting is '' then, unless a default says otherwise. */
static void put_empty(struct pp_sql *sql, struct pp_label from, struct pp_label to)
{
	const char *before = "SELECT pg_catalog.set_config(n,'',false) FROM (VALUES (";
	bool any = false;
	PP_LABEL_FOREACH (to, it)
		if (differs(from, to, it.name) && is_empty(it.name, it.value))
			put_reset(sql, it.name);
	PP_LABEL_FOREACH (to, it) {
		if (!differs(from, to, it.name) || !is_empty(it.name, it.value))
			continue;
		pp_sql_put(sql, any ? "),(" : before);
		pp_sql_literal(sql, it.name);
		any = true;
	}
	if (any)
		pp_sql_put(
			sql,
			")) v(n) WHERE pg_catalog.current_setting(n) OPERATOR(pg_catalog.<>) '' "
			"AND NOT "
			"EXISTS (SELECT FROM pg_catalog.pg_settings WHERE pg_catalog.lower(name) "
			"OPERATOR(pg_catalog.=) n AND vartype OPERATOR(pg_catalog.<>) 'string');");
}

int pp_label_sql(struct pp_label from, struct pp_label to, char *text, size_t size)
{
	struct pp_sql sql;
	bool first = true, other = identity_differs(from, to);
	pp_sql_init(&sql, text, size);
	/* Whoever is somebody else may lack the rights for the rest. */
	bool as_login = other || pp_label_distance(from, to) > 0;
	if (as_login)
		put_login_identity(&sql, from);
	PP_LABEL_FOREACH (from, it)
		if (!is_identity(it.name) && !pp_label_get(to, it.name))
			put_reset(&sql, it.name);
	put_empty(&sql, from, to);
	PP_LABEL_FOREACH (to, it)
		if (!is_identity(it.name) && differs(from, to, it.name) &&
		    !is_empty(it.name, it.value))
			put_config(&sql, &first, it.name, it.value);
	if (!first)
		pp_sql_put(&sql, ";");
	if (as_login)
		put_identity(&sql, to);
	return sql.failed ? PP_ERR_FULL : 0;
}

/* Everybody may set these, and a value that one session has taken any other takes as well. */
static bool never_fails(const char *name)
{
	static const char *const names[] = {"application_name",
					    "bytea_output",
					    "check_function_bodies",
					    "client_min_messages",
					    "constraint_exclusion",
					    "cursor_tuple_fraction",
					    "datestyle",
					    "default_statistics_target",
					    "default_transaction_deferrable",
					    "default_transaction_isolation",
					    "default_transaction_read_only",
					    "effective_cache_size",
					    "escape_string_warning",
					    "extra_float_digits",
					    "from_collapse_limit",
					    "idle_in_transaction_session_timeout",
					    "idle_session_timeout",
					    "intervalstyle",
					    "jit",
					    "join_collapse_limit",
					    "lc_monetary",
					    "lc_numeric",
					    "lc_time",
					    "lock_timeout",
					    "maintenance_work_mem",
					    "plan_cache_mode",
					    "quote_all_identifiers",
					    "random_page_cost",
					    "row_security",
					    "search_path",
					    "seq_page_cost",
					    "statement_timeout",
					    "synchronous_commit",
					    "timezone",
					    "work_mem",
					    "xmlbinary",
					    "xmloption"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return strncmp(name, "enable_", strlen("enable_")) == 0;
}

/* A placeholder takes anything, the setting of a library (here or loaded since) does not. Where the name has been set
 * before, it is as it was; but for those of the procedural languages, which the next function may load. */
static bool is_taken(struct pp_label from, const char *name)
{
	return pp_label_get(from, name) && strncmp(name, "pl", 2) != 0;
}

static bool may_fail(struct pp_label from, const char *name)
{
	return pp_label_is_custom(name) ? !is_taken(from, name) : !never_fails(name);
}

/* So short that it may end these statements themselves, on a machine that stands still for a moment: below 1s. */
static bool has_short_timeout(struct pp_label from)
{
	const char *timeout = pp_label_get(from, "statement_timeout");
	const char *unit = timeout ? strstr(timeout, "ms") : NULL;
	return unit && unit - timeout <= 3;
}

bool pp_label_may_fail(struct pp_label from, struct pp_label to)
{
	if (pp_label_get(from, LOGIN) || pp_label_get(from, ROLE) || pp_label_get(to, LOGIN) ||
	    pp_label_get(to, ROLE) || has_short_timeout(from))
		return true;
	PP_LABEL_FOREACH (from, it)
		if (differs(from, to, it.name) && may_fail(from, it.name))
			return true;
	PP_LABEL_FOREACH (to, it)
		if (differs(from, to, it.name) && may_fail(from, it.name))
			return true;
	return false;
}
