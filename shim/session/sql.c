#include "session/sql.h"

#include <string.h>

void pp_sql_init(struct pp_sql *sql, char *text, size_t size)
{
	*sql = (struct pp_sql){.text = text, .size = size, .failed = size == 0};
	if (size)
		text[0] = '\0';
}

static void put(struct pp_sql *sql, const char *bytes, size_t len)
{
	if (sql->failed || len >= sql->size - sql->len) {
		sql->failed = true;
		return;
	}
	memcpy(sql->text + sql->len, bytes, len);
	sql->len += len;
	sql->text[sql->len] = '\0';
}

void pp_sql_put(struct pp_sql *sql, const char *text)
{
	put(sql, text, strlen(text));
}

static void put_doubled(struct pp_sql *sql, const char *text, const char *doubled)
{
	for (; *text; text++) {
		if (strchr(doubled, *text))
			put(sql, text, 1);
		put(sql, text, 1);
	}
}

void pp_sql_literal(struct pp_sql *sql, const char *value)
{
	pp_sql_put(sql, "E'");
	put_doubled(sql, value, "'\\");
	pp_sql_put(sql, "'");
}

void pp_sql_identifier(struct pp_sql *sql, const char *name)
{
	pp_sql_put(sql, "\"");
	put_doubled(sql, name, "\"");
	pp_sql_put(sql, "\"");
}
