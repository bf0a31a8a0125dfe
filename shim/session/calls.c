#include "session/calls.h"

#include <string.h>

#include "session/body.h"
#include "session/cause.h"
#include "session/clause.h"
#include "session/past.h"
#include "session/settings.h"
#include "session/watch.h"

/* The qualification does not matter: a program's own function of such a name is worth a look too.
 * The ..._xact_... locks end with their transaction. query_to_xml and ts_stat run the SQL of their
 * argument. A non-exclusive backup, a replication origin and a temporary slot belong to the session
 * that made them, as do dblink's named connections, pg_trgm's limit, isn's weak mode, hypopg's indexes and the
 * time of temporal_tables. */
static const struct pp_calls_row rows[] = {
	{"set_config", "SET_CONFIG(", 0},
	{"pg_advisory_lock", "PG_ADVISORY_LOCK(", PP_PIN_ADVISORY},
	{"pg_advisory_lock_shared", "PG_ADVISORY_LOCK_SHARED(", PP_PIN_ADVISORY},
	{"pg_try_advisory_lock", "PG_TRY_ADVISORY_LOCK(", PP_PIN_ADVISORY},
	{"pg_try_advisory_lock_shared", "PG_TRY_ADVISORY_LOCK_SHARED(", PP_PIN_ADVISORY},
	{"pg_advisory_unlock", "PG_ADVISORY_UNLOCK(", PP_TOUCH_END},
	{"pg_advisory_unlock_shared", "PG_ADVISORY_UNLOCK_SHARED(", PP_TOUCH_END},
	{"pg_advisory_unlock_all", "PG_ADVISORY_UNLOCK_ALL(", PP_TOUCH_END},
	{"currval", "CURRVAL(", PP_PIN_SEQUENCE},
	{"lastval", "LASTVAL(", PP_PIN_SEQUENCE},
	{"nextval", "NEXTVAL(", PP_TOUCH_SEQUENCE},
	{"setseed", "SETSEED(", PP_PIN_SEED},
	{"dblink_connect", "DBLINK_CONNECT(", PP_PIN_OPAQUE},
	{"dblink_connect_u", "DBLINK_CONNECT_U(", PP_PIN_OPAQUE},
	{"set_limit", "SET_LIMIT(", PP_PIN_OPAQUE},
	{"set_system_time", "SET_SYSTEM_TIME(", PP_PIN_OPAQUE},
	{"isn_weak", "ISN_WEAK(", PP_PIN_OPAQUE},
	{"hypopg_create_index", "HYPOPG_CREATE_INDEX(", PP_PIN_OPAQUE},
	{"hypopg_hide_index", "HYPOPG_HIDE_INDEX(", PP_PIN_OPAQUE},
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
	{"pg_reload_conf", "PG_RELOAD_CONF(", PP_TOUCH_DEFAULTS},
	{"pg_notify", "PG_NOTIFY(", PP_TOUCH_NOTIFIES},
	{"pg_backend_pid", "PG_BACKEND_PID(", PP_PIN_PID},
};

#define LETTER(c) (UINT32_C(1) << ((c) - 'a'))
static const uint32_t first_letters = LETTER('s') | LETTER('p') | LETTER('c') | LETTER('l') |
				      LETTER('d') | LETTER('n') | LETTER('q') | LETTER('t') |
				      LETTER('i') | LETTER('h');

/* A server in a single-byte encoding and a Turkish locale folds a capital I with dot to a plain i.
 * So bytes above ASCII (two of them in UTF-8) are taken for an i; no other letter has this trouble.
 */
bool pp_calls_is_name(const char *word, size_t len, const char *name)
{
	size_t i = 0;
	for (; *name; name++) {
		unsigned char c = i < len ? (unsigned char)word[i++] : 0;
		if (c >= 0x80 && *name == 'i') {
			if (i < len && (word[i] & 0xC0) == 0x80)
				i++;
		} else if (c != (unsigned char)*name) {
			return false;
		}
	}
	return i == len;
}

/* Before the letters are compared one by one: the first (which folds to itself) and the third. */
static bool may_be(const char *word, const char *name)
{
	bool ascii = !(((unsigned char)word[1] | (unsigned char)word[2]) & 0x80);
	return word[0] == name[0] && (!ascii || word[2] == name[2]);
}

const struct pp_calls_row *pp_calls_find(const char *word, size_t len)
{
	if (len < 3 || word[0] < 'a' || word[0] > 'z' || !(first_letters & LETTER(word[0])))
		return NULL;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (may_be(word, rows[i].name) && pp_calls_is_name(word, len, rows[i].name))
			return &rows[i];
	return NULL;
}

static void look_up(struct pp_lexer *lx, const char *name, size_t len)
{
	char shown[PP_LEXER_WORD_MAX];
	if (len >= sizeof shown) /* as the server cuts it, or nearly */
		len = sizeof shown - 1;
	if (!pp_watch_may_know(lx->watch, name, len))
		return;
	memcpy(shown, name, len);
	shown[len] = '\0';
	pp_cause_pin(lx, lx->watch->look_up(lx->watch->arg, name, len), shown);
}

void pp_calls_any_name(struct pp_lexer *lx, const char *name, size_t len)
{
	if (len == strlen(PP_CALLS_STATEMENTS) && memcmp(name, PP_CALLS_STATEMENTS, len) == 0)
		lx->touched |= PP_TOUCH_STATEMENTS;
	uint32_t counted = pp_past_counted(name, len);
	if (counted)
		pp_cause_pin(lx, counted, "ITS STATISTICS");
	if (lx->watch)
		look_up(lx, name, len);
}

static void begin_arguments(struct pp_lexer *lx)
{
	lx->call_depth = lx->depth;
	lx->call_arg = 0;
	lx->call_tokens = 0;
	lx->call_name_known = false;
	lx->call_arg_true = false;
	lx->call_value_safe = false;
}

void pp_calls_open(struct pp_lexer *lx)
{
	const struct pp_calls_row *row =
		lx->word_long ? NULL : pp_calls_find(lx->word, lx->word_len);
	if (!row || (row->found & PP_PIN_PID && pp_clause_is_condition(lx)))
		return;
	/* Only set_config is ever innocent, which shows at its end; one inside another is not worth
	 * following. */
	if (!row->found)
		lx->touched |= PP_TOUCH_UNSETTLED;
	if (!row->found && lx->call_depth == 0) {
		begin_arguments(lx);
		return;
	}
	if (!row->found)
		pp_names_add_unknown(lx, row->shown);
	pp_cause_pin(lx, row->found, row->shown);
	if (row->found & PP_PIN_DYNAMIC) {
		pp_calls_end(lx); /* what is spelled will be overwritten */
		lx->searches = true;
		pp_body_begin(lx);
	}
}

void pp_calls_end(struct pp_lexer *lx)
{
	if (lx->call_depth == 0)
		return;
	lx->call_depth = 0;
	pp_names_add_unknown(lx, rows[0].shown);
}

/* set_config('a.b', anything, true) lives as long as its transaction. But a local search_path may
 * lead to pg_temp, where CREATE TABLE makes what outlives the transaction. */
static void close_arguments(struct pp_lexer *lx)
{
	bool local = lx->call_tokens == 1 && lx->call_arg_true;
	if (lx->call_arg != 2 || !lx->call_name_known) {
		pp_calls_end(lx);
		return;
	}
	lx->call_depth = 0;
	if (pp_names_is(lx, "search_path") && !lx->call_value_safe)
		pp_cause_pin(lx, PP_PIN_TEMP, rows[0].shown);
	pp_names_add(lx, local ? PP_NAMES_SET_LOCAL : PP_NAMES_SET, rows[0].shown);
}

/* 'name' alone counts: two tokens are an expression. */
static void end_argument(struct pp_lexer *lx)
{
	if (lx->call_arg == 0)
		lx->call_name_known &= lx->call_tokens == 1;
	if (lx->call_arg == 1)
		lx->call_value_safe &= lx->call_tokens == 1;
	if (lx->call_arg < 3)
		lx->call_arg++;
	lx->call_tokens = 0;
}

void pp_calls_token(struct pp_lexer *lx, enum pp_token token, char punct)
{
	if (token == PP_TOKEN_PUNCT && punct == ')' && lx->depth < lx->call_depth) {
		close_arguments(lx);
		return;
	}
	if (token == PP_TOKEN_PUNCT && punct == ',' && lx->depth == lx->call_depth) {
		end_argument(lx);
		return;
	}
	if (lx->call_tokens < 2)
		lx->call_tokens++;
	if (lx->call_arg == 0 && token == PP_TOKEN_STRING) {
		lx->call_name_known = !lx->word_long && !lx->word_escaped;
		pp_names_begin(lx);
		pp_names_part(lx, lx->word, lx->word_len);
	} else if (lx->call_arg == 1) {
		lx->call_value_safe = token == PP_TOKEN_STRING && !pp_settings_spells_temp(lx);
	}
	lx->call_arg_true =
		token == PP_TOKEN_WORD && lx->word_len == 4 && memcmp(lx->word, "true", 4) == 0;
}
