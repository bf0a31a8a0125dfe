#include "session/probe.h"

#include <string.h>

#include "session/label_walk.h"
#include "session/pins.h"
#include "session/sql.h"

#define EQ	 " OPERATOR(pg_catalog.=) "
#define APP_NAME "application_name"

/* Around all: values as labels keep them (label.h). */
#define AS_LABEL                                                                                   \
	"SELECT kind,name,CASE WHEN kind" EQ                                                       \
	"'setting' AND name OPERATOR(pg_catalog.<>) '" APP_NAME                                    \
	"' THEN pg_catalog.encode(pg_catalog.convert_to(value,pg_catalog.getdatabaseencoding())"   \
	",'escape') ELSE value END FROM("
#define AS_LABEL_END ") AS p(kind,name,value)"

/* A word of pins.h, and where such state shows. */
static const struct {
	uint32_t pin;
	const char *word, *exists;
} kinds[] = {
	{PP_PIN_TEMP, "temp",
	 "FROM pg_catalog.pg_depend WHERE refclassid" EQ
	 "'pg_catalog.pg_namespace'::pg_catalog.regclass::pg_catalog.oid"
	 " AND refobjid" EQ "pg_catalog.pg_my_temp_schema()"},
	{PP_PIN_HOLD, "hold", "FROM pg_catalog.pg_cursors WHERE is_holdable"},
	{PP_PIN_ADVISORY, "advisory",
	 "FROM pg_catalog.pg_locks WHERE locktype" EQ "'advisory' AND pid" EQ
	 "pg_catalog.pg_backend_pid()"},
	{PP_PIN_LISTEN, "listen", "FROM pg_catalog.pg_listening_channels()"},
};

static void begin_row(struct pp_sql *sql, const char *kind)
{
	pp_sql_put(sql, sql->len > strlen(AS_LABEL) ? " UNION ALL SELECT " : "SELECT ");
	pp_sql_literal(sql, kind);
	pp_sql_put(sql, "::pg_catalog.text,");
}

/* Reset and set to what it is by itself are not the same: its client may have given it a name (broker/app_name.h). */
static void ask_name(struct pp_sql *sql)
{
	begin_row(sql, "setting");
	pp_sql_literal(sql, APP_NAME);
	pp_sql_put(sql,
		   "::pg_catalog.text,(SELECT setting FROM pg_catalog.pg_settings WHERE name" EQ
		   "'" APP_NAME "' AND source" EQ "'session')");
}

static void ask_setting(struct pp_sql *sql, const char *name)
{
	if (strcmp(name, APP_NAME) == 0) {
		ask_name(sql);
		return;
	}
	begin_row(sql, "setting");
	pp_sql_literal(sql, name);
	pp_sql_put(sql, "::pg_catalog.text,pg_catalog.current_setting(");
	pp_sql_literal(sql, name);
	pp_sql_put(sql, ",true)");
}

static void ask_all(struct pp_sql *sql, struct pp_label label)
{
	ask_setting(sql, "session_authorization");
	ask_setting(sql, "role");
	PP_LABEL_FOREACH (label, it)
		if (pp_label_is_custom(it.name))
			ask_setting(sql, it.name);
	begin_row(sql, "setting");
	pp_sql_put(sql, "pg_catalog.lower(name),pg_catalog.current_setting(name)"
			" FROM pg_catalog.pg_settings WHERE source" EQ "'session'");
}

static void ask_prepared(struct pp_sql *sql)
{
	begin_row(sql, "prepared");
	pp_sql_put(sql, "name,statement FROM(SELECT name,CASE WHEN "
			"pg_catalog.octet_length(statement) OPERATOR(pg_catalog.<) " PP_PROBE_TEXT
			" THEN statement END FROM pg_catalog.pg_prepared_statements"
			" WHERE from_sql LIMIT " PP_PROBE_ROWS ") AS p(name,statement)");
}

int pp_probe_sql(uint32_t pins, const struct pp_nameset *names, struct pp_label label, char *text,
		 size_t size)
{
	struct pp_sql sql;
	pp_sql_init(&sql, text, size);
	pp_sql_put(&sql, AS_LABEL);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (!(pins & kinds[i].pin))
			continue;
		begin_row(&sql, "pin");
		pp_sql_literal(&sql, kinds[i].word);
		pp_sql_put(&sql, "::pg_catalog.text,''::pg_catalog.text WHERE EXISTS(SELECT 1 ");
		pp_sql_put(&sql, kinds[i].exists);
		pp_sql_put(&sql, ")");
	}
	if (pins & PP_PIN_PREPARE)
		ask_prepared(&sql);
	for (const char *it = NULL; (it = pp_nameset_next(names, it));)
		if (!names->all || pp_label_is_custom(it))
			ask_setting(&sql, it);
	if (names->all)
		ask_all(&sql, label);
	pp_sql_put(&sql, AS_LABEL_END);
	return sql.failed ? PP_ERR_FULL : 0;
}

void pp_probe_begin(struct pp_probe *probe, const struct pp_nameset *names, struct pp_label label)
{
	probe->pins = 0;
	probe->failed = false;
	if (names->all) {
		probe->len = pp_label_reset(label, probe->bytes);
		return;
	}
	probe->len = label.len;
	if (label.len)
		memcpy(probe->bytes, label.bytes, label.len);
}

static void note_pin(struct pp_probe *probe, const char *word)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(kinds[i].word, word) == 0) {
			probe->pins |= kinds[i].pin;
			return;
		}
	}
	probe->failed = true;
}

/* The identity is in the label only while it is not the login's. */
static bool is_login_identity(const char *name, const char *value, struct pp_probe_login login)
{
	if (strcmp(name, "role") == 0)
		return strcmp(value, login.role) == 0;
	return strcmp(name, "session_authorization") == 0 &&
	       pp_label_is_value_of(value, login.user);
}

void pp_probe_row(struct pp_probe *probe, const char *kind, const char *name, const char *value,
		  struct pp_probe_login login)
{
	char bytes[PP_LABEL_MAX];
	size_t len;
	if (strcmp(kind, "pin") == 0) {
		note_pin(probe, name);
		return;
	}
	if (strcmp(kind, "setting") != 0 || *name == '\0') {
		probe->failed = true;
		return;
	}
	if (pp_label_ends_with_transaction(name))
		return;
	if (value && is_login_identity(name, value, login))
		value = NULL;
	struct pp_label now = {probe->bytes, probe->len};
	if (pp_label_with(now, name, value, bytes, &len) < 0) {
		probe->failed = true;
		return;
	}
	memcpy(probe->bytes, bytes, len);
	probe->len = len;
}
