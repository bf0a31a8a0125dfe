/* tests/support/pp_statement_model.h - a PostgreSQL session reduced to its prepared statements, written down independently
 * of the broker: it reads real messages, keeps a table of statements and portals, and answers with what it was asked, so
 * that a wrong statement shows in the bytes. Docs 55.2.3 and postgres.c say what is dropped when.
 *
 * A text with $1 in it has one parameter: of the type that Parse says, else of the one that is the first number in the text.
 * How many Bind brings is not looked at.
 *
 * Its SQL: BEGIN, COMMIT, ROLLBACK, DEALLOCATE name, DEALLOCATE ALL, PREPARE name AS text, EXECUTE name, BAD (no syntax),
 * SELECT 1/0 (fails when it runs), a text with pg_prepared_statements (lists their names), and anything else, which
 * answers with itself; as a Query several of them, split by a semicolon. The broker's question (session/probe.h) is
 * known by its from_sql.
 */
#ifndef PP_STATEMENT_MODEL_H
#define PP_STATEMENT_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define SM_NAME	   64 /* NAMEDATALEN: the server cuts names */
#define SM_TEXT	   64
#define SM_ENTRIES 600
#define SM_TYPES   2

struct sm_entry {
	char name[SM_NAME], text[SM_TEXT];
	char origin[2 * SM_TEXT]; /* of SQL's PREPARE: the whole text; "" of Parse */
	uint32_t types[SM_TYPES];
	unsigned params;
	bool there;
	bool ran; /* a portal, to its end */
};

struct sm {
	struct pp_buf in, out;
	struct sm_entry statements[SM_ENTRIES], portals[4];
	char status;
	bool skip;
};

static inline void sm_init(struct sm *m)
{
	memset(m, 0, sizeof *m);
	m->status = 'I';
}

static inline struct sm_entry *sm_find(struct sm_entry *all, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].there && strncmp(all[i].name, name, SM_NAME - 1) == 0)
			return &all[i];
	return NULL;
}

static inline struct sm_entry *sm_statement(struct sm *m, const char *name)
{
	return sm_find(m->statements, SM_ENTRIES, name);
}

static inline void sm_set(struct sm_entry *all, size_t count, const char *name, const char *text)
{
	struct sm_entry *e = sm_find(all, count, name);
	for (size_t i = 0; i < count && !e; i++)
		if (!all[i].there)
			e = &all[i];
	if (!e)
		abort();
	e->there = true;
	memset(e->name, 0, sizeof e->name);
	memcpy(e->name, name, strnlen(name, SM_NAME - 1));
	strcpy(e->text, text);
	e->origin[0] = '\0';
	e->params = 0;
	e->ran = false;
}

static inline void sm_say(struct sm *m, char letter, const void *body, size_t len)
{
	uint8_t header[5] = {(uint8_t)letter, 0, 0, (uint8_t)((len + 4) >> 8), (uint8_t)(len + 4)};
	if (pp_buf_append(&m->out, header, sizeof header, SIZE_MAX) < 0 ||
	    pp_buf_append(&m->out, body, len, SIZE_MAX) < 0)
		abort();
}

/* Descriptions and rows begin with a count. */
static inline void sm_say_text(struct sm *m, char letter, const char *text)
{
	char body[2 + SM_TEXT + SM_NAME] = {0};
	strcpy(body + 2, text);
	sm_say(m, letter, body, 2 + strlen(text) + 1);
}

static inline void sm_ready(struct sm *m)
{
	if (m->status == 'I')
		memset(m->portals, 0, sizeof m->portals);
	sm_say(m, 'Z', &m->status, 1);
}

/* False, for the caller to return. */
static inline bool sm_error(struct sm *m, const char *sqlstate, const char *what, const char *name)
{
	char body[256];
	size_t len = (size_t)snprintf(body, sizeof body, "SERROR%cVERROR%cC%s%cM%s \"%s\"%c", 0, 0,
				      sqlstate, 0, what, name, 0);
	sm_say(m, 'E', body, len + 1);
	if (m->status == 'T')
		m->status = 'E';
	return false;
}

static inline bool sm_ends_block(const char *text)
{
	return strcmp(text, "COMMIT") == 0 || strcmp(text, "ROLLBACK") == 0;
}

static inline bool sm_has_rows(const char *text)
{
	return strncmp(text, "SELECT", 6) == 0;
}

static inline bool sm_is_allowed(struct sm *m, const char *text)
{
	return m->status != 'E' || sm_ends_block(text) || !*text ||
	       sm_error(m, "25P02", "current transaction is aborted", "");
}

static inline bool sm_parse_text(struct sm *m, const char *text)
{
	return (strcmp(text, "BAD") != 0 || sm_error(m, "42601", "syntax error", text)) &&
	       sm_is_allowed(m, text);
}

static inline void sm_describe_rows(struct sm *m, const char *text)
{
	if (sm_has_rows(text))
		sm_say_text(m, 'T', text);
	else
		sm_say(m, 'n', "", 0);
}

static inline void sm_describe_params(struct sm *m, const struct sm_entry *e)
{
	uint8_t body[2 + 4 * SM_TYPES] = {0, (uint8_t)e->params};
	for (unsigned i = 0; i < e->params; i++)
		for (int k = 0; k < 4; k++)
			body[2 + 4 * i + k] = (uint8_t)(e->types[i] >> (24 - 8 * k));
	sm_say(m, 't', body, 2 + 4 * e->params);
}

/* name or "name" */
static inline bool sm_deallocate(struct sm *m, const char *written)
{
	char name[2 * SM_NAME] = "";
	bool quoted = *written == '"';
	strncpy(name, written + quoted, sizeof name - 1);
	if (quoted)
		name[strlen(name) - 1] = '\0';
	struct sm_entry *e = sm_statement(m, name);
	if (strcmp(name, "ALL") == 0) {
		for (size_t i = 0; i < SM_ENTRIES; i++)
			m->statements[i].there &= !m->statements[i].name[0];
		sm_say(m, 'C', "DEALLOCATE ALL", 15);
		return true;
	}
	if (!e)
		return sm_error(m, "26000", "there is no prepared statement", name);
	e->there = false;
	sm_say(m, 'C', "DEALLOCATE", 11);
	return true;
}

static inline int sm_by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static inline void sm_list(struct sm *m)
{
	const char *names[SM_ENTRIES];
	size_t count = 0;
	for (size_t i = 0; i < SM_ENTRIES; i++)
		if (m->statements[i].there && m->statements[i].name[0])
			names[count++] = m->statements[i].name;
	qsort(names, count, sizeof *names, sm_by_name);
	for (size_t i = 0; i < count; i++)
		sm_say_text(m, 'D', names[i]);
}

static inline bool sm_prepare(struct sm *m, const char *written, const char *origin)
{
	char name[SM_NAME] = "";
	const char *as = strstr(written, " AS ");
	memcpy(name, written, (size_t)(as - written));
	if (sm_statement(m, name))
		return sm_error(m, "42P05", "prepared statement already exists", name);
	sm_set(m->statements, SM_ENTRIES, name, as + 4);
	strcpy(sm_statement(m, name)->origin, origin);
	sm_say(m, 'C', "PREPARE", 8);
	return true;
}

static inline size_t sm_column(char *at, const char *text)
{
	uint32_t len = (uint32_t)strlen(text);
	memset(at, 0, 3);
	at[3] = (char)len;
	memcpy(at + 4, text, len);
	return 4 + len;
}

/* What SQL has prepared, as the broker asks for it. */
static inline void sm_answer_probe(struct sm *m)
{
	sm_say(m, 'T', "\0\0", 2);
	for (size_t i = 0; i < SM_ENTRIES; i++) {
		char row[256] = {0, 3};
		size_t len = 2;
		if (!m->statements[i].there || !m->statements[i].origin[0])
			continue;
		len += sm_column(row + len, "prepared");
		len += sm_column(row + len, m->statements[i].name);
		len += sm_column(row + len, m->statements[i].origin);
		sm_say(m, 'D', row, len);
	}
	sm_say(m, 'C', "SELECT 1", 9);
}

static inline bool sm_execute(struct sm *m, const char *text, const char *origin);

static inline bool sm_execute_name(struct sm *m, const char *name)
{
	struct sm_entry *e = sm_statement(m, name);
	char text[SM_TEXT];
	if (!e)
		return sm_error(m, "26000", "prepared statement does not exist", name);
	strcpy(text, e->text);
	return sm_execute(m, text, text);
}

static inline bool sm_execute(struct sm *m, const char *text, const char *origin)
{
	if (!sm_is_allowed(m, text))
		return false;
	if (!*text) {
		sm_say(m, 'I', "", 0);
		return true;
	}
	if (strcmp(text, "SELECT 1/0") == 0)
		return sm_error(m, "22012", "division by zero", "");
	if (strncmp(text, "DEALLOCATE ", 11) == 0)
		return sm_deallocate(m, text + 11);
	if (strncmp(text, "PREPARE ", 8) == 0)
		return sm_prepare(m, text + 8, origin);
	if (strncmp(text, "EXECUTE ", 8) == 0)
		return sm_execute_name(m, text + 8);
	if (strcmp(text, "BEGIN") == 0)
		m->status = 'T';
	else if (sm_ends_block(text))
		m->status = 'I';
	if (m->status == 'I' && sm_ends_block(text))
		memset(m->portals, 0, sizeof m->portals);
	if (strstr(text, "pg_prepared_statements"))
		sm_list(m);
	else if (sm_has_rows(text))
		sm_say_text(m, 'D', text);
	sm_say(m, 'C', sm_has_rows(text) ? "SELECT 1" : text,
	       strlen(sm_has_rows(text) ? "SELECT 1" : text) + 1);
	return true;
}

static inline void sm_drop_unnamed(struct sm *m)
{
	struct sm_entry *e = sm_statement(m, "");
	if (e)
		e->there = false;
}

/* One after the other, up to an error. */
static inline void sm_run(struct sm *m, const char *origin)
{
	char text[2048];
	for (const char *at = origin; at; at = strchr(at, ';') ? strchr(at, ';') + 1 : NULL) {
		size_t len = strcspn(at, ";");
		memcpy(text, at, len);
		text[len] = '\0';
		if (sm_has_rows(text))
			sm_describe_rows(m, text);
		if (strchr(text, '$') && sm_is_allowed(m, text)) {
			(void)sm_error(m, "42P02", "there is no parameter", text);
			return;
		}
		if (!sm_execute(m, text, origin))
			return;
	}
}

static inline void sm_query(struct sm *m, const char *text)
{
	sm_drop_unnamed(m);
	if (strstr(text, "from_sql"))
		sm_answer_probe(m);
	else if (sm_parse_text(m, text))
		sm_run(m, text);
	sm_ready(m);
}

/* `types` as Parse has them: how many, and each. */
static inline void sm_set_params(struct sm_entry *e, const uint8_t *types)
{
	e->params = types[1];
	if (e->params > SM_TYPES || types[0])
		abort();
	for (unsigned i = 0; i < e->params; i++) {
		const uint8_t *at = types + 2 + 4 * i;
		e->types[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 |
			      at[3];
	}
	if (!strchr(e->text, '$'))
		return;
	if (e->params == 0)
		e->types[e->params++] = 0;
	if (e->types[0] == 0)
		e->types[0] = (uint32_t)atoi(e->text + strcspn(e->text, "0123456789"));
}

static inline bool sm_parse(struct sm *m, const char *name, const char *text)
{
	const uint8_t *types = (const uint8_t *)text + strlen(text) + 1;
	if (!*name)
		sm_drop_unnamed(m);
	if (!sm_parse_text(m, text))
		return false;
	if (*name && sm_statement(m, name))
		return sm_error(m, "42P05", "prepared statement already exists", name);
	sm_set(m->statements, SM_ENTRIES, name, text);
	sm_set_params(sm_statement(m, name), types);
	sm_say(m, '1', "", 0);
	return true;
}

static inline bool sm_bind(struct sm *m, const char *portal, const char *name)
{
	struct sm_entry *e = sm_statement(m, name);
	if (!e)
		return sm_error(m, "26000", "prepared statement does not exist", name);
	if (!sm_is_allowed(m, e->text))
		return false;
	if (*portal && sm_find(m->portals, 4, portal))
		return sm_error(m, "42P03", "cursor already exists", portal);
	sm_set(m->portals, 4, portal, e->text);
	sm_say(m, '2', "", 0);
	return true;
}

static inline bool sm_describe(struct sm *m, char kind, const char *name)
{
	struct sm_entry *e = kind == 'S' ? sm_statement(m, name) : sm_find(m->portals, 4, name);
	if (!e)
		return sm_error(m, kind == 'S' ? "26000" : "34000", "does not exist", name);
	if (m->status == 'E' && sm_has_rows(e->text))
		return sm_error(m, "25P02", "current transaction is aborted", "");
	if (kind == 'S')
		sm_describe_params(m, e);
	sm_describe_rows(m, e->text);
	return true;
}

static inline bool sm_close(struct sm *m, char kind, const char *name)
{
	struct sm_entry *e = kind == 'S' ? sm_statement(m, name) : sm_find(m->portals, 4, name);
	if (e)
		e->there = false;
	sm_say(m, '3', "", 0);
	return true;
}

/* "portal cannot be run": what has no rows runs once (pquery.c, PORTAL_MULTI_QUERY). */
static inline bool sm_run_portal(struct sm *m, const char *name)
{
	struct sm_entry *portal = sm_find(m->portals, 4, name);
	if (!portal)
		return sm_error(m, "34000", "portal does not exist", name);
	if (!sm_is_allowed(m, portal->text))
		return false;
	if (portal->ran)
		return sm_error(m, "55000", "portal cannot be run", name);
	portal->ran = *portal->text && !sm_has_rows(portal->text);
	return sm_execute(m, portal->text, portal->text);
}

static inline bool sm_extended(struct sm *m, char type, const char *body)
{
	const char *second = body + strlen(body) + 1;
	switch (type) {
	case 'P': return sm_parse(m, body, second);
	case 'B': return sm_bind(m, body, second);
	case 'D': return sm_describe(m, *body, body + 1);
	case 'C': return sm_close(m, *body, body + 1);
	case 'E': return sm_run_portal(m, body);
	default: return true; /* Flush */
	}
}

/* Reads one message. False: there is none. */
static inline bool sm_step(struct sm *m)
{
	if (pp_buf_len(&m->in) < 5)
		return false;
	const uint8_t *bytes = pp_buf_bytes(&m->in);
	size_t total = 1 + ((size_t)bytes[3] << 8 | bytes[4]);
	if (pp_buf_len(&m->in) < total)
		return false;
	char type = (char)bytes[0], body[4096] = "";
	if (bytes[1] || bytes[2] || total - 5 >= sizeof body)
		abort();
	memcpy(body, bytes + 5, total - 5);
	pp_buf_consume(&m->in, total);
	if (type == 'S') {
		m->skip = false;
		sm_ready(m);
	} else if (!m->skip && type == 'Q') {
		sm_query(m, body);
	} else if (!m->skip) {
		m->skip = !sm_extended(m, type, body);
	}
	return true;
}

static inline void sm_finish(struct sm *m)
{
	pp_buf_finish(&m->in);
	pp_buf_finish(&m->out);
}

#endif
