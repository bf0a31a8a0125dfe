#include "session/calls.h"

#include <string.h>
#include <strings.h>

#include "session/cause.h"

/* The qualification does not matter: a program's own function of such a name is worth a look too.
 * The ..._xact_... locks end with their transaction. query_to_xml and ts_stat run the SQL of their
 * argument. A non-exclusive backup, a replication origin and a temporary slot belong to the session
 * that made them, as do dblink's named connections and pg_trgm's limit. */
static const struct {
	const char *name, *shown;
	uint32_t pins;
} rows[] = {
	{"set_config", "SET_CONFIG(", PP_PIN_SETTINGS},
	{"pg_advisory_lock", "PG_ADVISORY_LOCK(", PP_PIN_ADVISORY},
	{"pg_advisory_lock_shared", "PG_ADVISORY_LOCK_SHARED(", PP_PIN_ADVISORY},
	{"pg_try_advisory_lock", "PG_TRY_ADVISORY_LOCK(", PP_PIN_ADVISORY},
	{"pg_try_advisory_lock_shared", "PG_TRY_ADVISORY_LOCK_SHARED(", PP_PIN_ADVISORY},
	{"currval", "CURRVAL(", PP_PIN_SEQUENCE},
	{"lastval", "LASTVAL(", PP_PIN_SEQUENCE},
	{"setseed", "SETSEED(", PP_PIN_SEED},
	{"dblink_connect", "DBLINK_CONNECT(", PP_PIN_OPAQUE},
	{"dblink_connect_u", "DBLINK_CONNECT_U(", PP_PIN_OPAQUE},
	{"set_limit", "SET_LIMIT(", PP_PIN_OPAQUE},
	{"pg_replication_origin_session_setup", "PG_REPLICATION_ORIGIN_SESSION_SETUP(",
	 PP_PIN_OPAQUE},
	{"pg_create_physical_replication_slot", "PG_CREATE_PHYSICAL_REPLICATION_SLOT(",
	 PP_PIN_OPAQUE},
	{"pg_create_logical_replication_slot", "PG_CREATE_LOGICAL_REPLICATION_SLOT(",
	 PP_PIN_OPAQUE},
	{"pg_copy_physical_replication_slot", "PG_COPY_PHYSICAL_REPLICATION_SLOT(", PP_PIN_OPAQUE},
	{"pg_copy_logical_replication_slot", "PG_COPY_LOGICAL_REPLICATION_SLOT(", PP_PIN_OPAQUE},
	{"pg_backup_start", "PG_BACKUP_START(", PP_PIN_OPAQUE},
	{"pg_start_backup", "PG_START_BACKUP(", PP_PIN_OPAQUE},
	{"query_to_xml", "QUERY_TO_XML(", PP_PIN_DYNAMIC},
	{"query_to_xml_and_xmlschema", "QUERY_TO_XML_AND_XMLSCHEMA(", PP_PIN_DYNAMIC},
	{"ts_stat", "TS_STAT(", PP_PIN_DYNAMIC},
	{"ts_rewrite", "TS_REWRITE(", PP_PIN_DYNAMIC},
};

#define LETTER(c) (UINT32_C(1) << ((c) - 'a'))
static const uint32_t first_letters = LETTER('s') | LETTER('p') | LETTER('c') | LETTER('l') |
				      LETTER('d') | LETTER('q') | LETTER('t');

/* A server in a single-byte encoding and a Turkish locale folds a capital I with dot to a plain i.
 * So bytes above ASCII (two of them in UTF-8) are taken for an i; no other letter has this trouble.
 */
bool pp_calls_is_name(const struct pp_lexer *lx, const char *name)
{
	size_t i = 0;
	if (lx->word_long)
		return false;
	for (; *name; name++) {
		unsigned char c = i < lx->word_len ? (unsigned char)lx->word[i++] : 0;
		if (c >= 0x80 && *name == 'i') {
			if (i < lx->word_len && (lx->word[i] & 0xC0) == 0x80)
				i++;
		} else if (c != (unsigned char)*name) {
			return false;
		}
	}
	return i == lx->word_len;
}

static void begin_arguments(struct pp_lexer *lx)
{
	lx->call_depth = lx->depth;
	lx->call_arg = 0;
	lx->call_tokens = 0;
	lx->call_name_known = false;
	lx->call_arg_true = false;
}

void pp_calls_open(struct pp_lexer *lx)
{
	unsigned char first = lx->word_len ? (unsigned char)lx->word[0] : 0;
	if (first < 'a' || first > 'z' || !(first_letters & LETTER(first)))
		return;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (first != (unsigned char)rows[i].name[0] || !pp_calls_is_name(lx, rows[i].name))
			continue;
		/* Only set_config is ever innocent, which shows at its end; one inside another is
		 * not worth following. */
		if (i == 0 && lx->call_depth == 0)
			begin_arguments(lx);
		else if (i == 0)
			pp_names_add_unknown(lx, rows[i].shown);
		else
			pp_cause_pin(lx, rows[i].pins, rows[i].shown);
		return;
	}
}

void pp_calls_end(struct pp_lexer *lx)
{
	if (lx->call_depth == 0)
		return;
	lx->call_depth = 0;
	pp_names_add_unknown(lx, rows[0].shown);
}

/* set_config('a.b', anything, true) lives as long as its transaction. The name must be known: a
 * local search_path may lead to pg_temp, where CREATE TABLE makes what outlives the transaction. */
static void close_arguments(struct pp_lexer *lx)
{
	bool is_local = lx->call_arg == 2 && lx->call_tokens == 1 && lx->call_arg_true &&
			lx->call_name_known;
	if (is_local)
		lx->call_depth = 0;
	else
		pp_calls_end(lx);
}

static bool is_known_name(const struct pp_lexer *lx)
{
	return !lx->word_long && !lx->word_escaped &&
	       !(lx->word_len == strlen("search_path") &&
		 strncasecmp(lx->word, "search_path", lx->word_len) == 0);
}

void pp_calls_token(struct pp_lexer *lx, enum pp_token token, char punct)
{
	if (token == PP_TOKEN_PUNCT && punct == ')' && lx->depth < lx->call_depth) {
		close_arguments(lx);
		return;
	}
	if (token == PP_TOKEN_PUNCT && punct == ',' && lx->depth == lx->call_depth) {
		/* 'name' alone counts: two tokens are an expression. */
		if (lx->call_arg == 0 && lx->call_tokens != 1)
			lx->call_name_known = false;
		if (lx->call_arg < 3)
			lx->call_arg++;
		lx->call_tokens = 0;
		return;
	}
	if (lx->call_tokens < 2)
		lx->call_tokens++;
	if (lx->call_arg == 0)
		lx->call_name_known = token == PP_TOKEN_STRING && is_known_name(lx);
	lx->call_arg_true =
		token == PP_TOKEN_WORD && lx->word_len == 4 && memcmp(lx->word, "true", 4) == 0;
}
