#include "session/steps.h"

#include <string.h>

#include "session/calls.h"
#include "session/cause.h"
#include "session/settings.h"
#include "session/shape.h"
#include "session/words.h"

static bool is(const struct pp_lexer *lx, const char *word)
{
	return pp_classify_is_word(lx, word);
}

bool pp_steps_is_temp_schema(const struct pp_lexer *lx)
{
	size_t len = strlen(PP_STEPS_TEMP_SCHEMA);
	return lx->word_len >= len && memcmp(lx->word, PP_STEPS_TEMP_SCHEMA, len) == 0;
}

bool pp_steps_is_code(const char *word, size_t len)
{
	static const char *const kinds[] = {
		"function", "procedure", "routine",	 "trigger", "constraint", "event",
		"view",	    "recursive", "materialized", "rule",    "policy",	  "operator",
		"cast",	    "aggregate", "extension",	 "domain",  "schema"};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strlen(kinds[i]) == len && memcmp(kinds[i], word, len) == 0)
			return true;
	return false;
}

/* UPDATE pg_settings is a rule that calls set_config(name, value, false). */
static void check_update(struct pp_lexer *lx)
{
	if (lx->word_long || !pp_calls_is_name(lx->word, lx->word_len, "pg_settings"))
		return;
	pp_cause_pin(lx, PP_PIN_SETTINGS, "PG_SETTINGS");
	pp_names_add_all(lx);
	lx->names.rereads = true;
}

static void query_name(struct pp_lexer *lx, bool quoted)
{
	if (!quoted && lx->word_len == 4 && is(lx, "into"))
		lx->step = PP_STEP_INTO;
	else if (!quoted && lx->word_len == 6 && is(lx, "update"))
		lx->updating = true; /* WITH ... UPDATE, or FOR UPDATE */
	else if (!quoted && lx->word_len == 6 && is(lx, "insert"))
		lx->touched |= PP_TOUCH_SEQUENCE; /* WITH ... INSERT */
	else if (lx->updating)
		check_update(lx);
}

/* INTO [LOCAL|GLOBAL] TEMP t; also what follows INSERT INTO in a query that began with WITH. */
static void into_name(struct pp_lexer *lx, bool quoted)
{
	if (!quoted &&
	    (is(lx, "table") || is(lx, "unlogged") || is(lx, "local") || is(lx, "global")))
		return;
	if (pp_steps_is_temp_schema(lx))
		pp_cause_pin(lx, PP_PIN_TEMP, "INTO PG_TEMP");
	else if (!quoted && (is(lx, "temp") || is(lx, "temporary")))
		pp_cause_pin(lx, PP_PIN_TEMP, "INTO TEMP");
	lx->step = PP_STEP_SELECT;
}

/* CREATE ... or ALTER ... of this kind: what a name leads to is no longer what it was. */
static void note_kind(struct pp_lexer *lx)
{
	if (pp_steps_is_code(lx->word, lx->word_len))
		lx->touched |= PP_TOUCH_CODE;
	else if (is(lx, "table") || is(lx, "foreign") || is(lx, "unlogged"))
		lx->creates_table = true;
}

/* CREATE [OR REPLACE] [LOCAL|GLOBAL] TEMP ... */
static void create_name(struct pp_lexer *lx)
{
	if (is(lx, "or") || is(lx, "replace") || is(lx, "local") || is(lx, "global"))
		return;
	if (is(lx, "temp") || is(lx, "temporary"))
		pp_cause_pin(lx, PP_PIN_TEMP, NULL);
	else if (is(lx, "database"))
		lx->touched |= PP_TOUCH_DATABASE;
	else
		note_kind(lx);
	lx->step = PP_STEP_DDL;
}

/* CREATE FUNCTION ... LANGUAGE C loads the library at once, to see whether the function is there. */
static void check_language(struct pp_lexer *lx)
{
	if (is(lx, "c"))
		pp_cause_pin(lx, PP_PIN_LOAD, "LANGUAGE C");
}

static void ddl_name(struct pp_lexer *lx, bool quoted)
{
	bool after_as = lx->step == PP_STEP_DDL_AS;
	if (lx->step == PP_STEP_DDL_LANGUAGE)
		check_language(lx);
	lx->step = PP_STEP_DDL;
	if (pp_steps_is_temp_schema(lx))
		pp_cause_pin(lx, PP_PIN_TEMP, "PG_TEMP");
	if (quoted)
		return;
	if (after_as && is(lx, "execute"))
		pp_cause_pin(lx, PP_PIN_PREPARE | PP_TOUCH_STATEMENTS, "AS EXECUTE");
	else if (is(lx, "as"))
		lx->step = PP_STEP_DDL_AS;
	else if (is(lx, "language"))
		lx->step = PP_STEP_DDL_LANGUAGE;
	else if (is(lx, "create")) /* CREATE SCHEMA s CREATE TABLE ... */
		lx->step = PP_STEP_CREATE;
	else if (lx->creates_table && (is(lx, "partition") || is(lx, "inherits") || is(lx, "like")))
		lx->touched |= PP_TOUCH_CODE; /* triggers and defaults come along */
}

/* DECLARE c CURSOR WITH HOLD FOR: what follows FOR is a query of its own. */
static void declare_name(struct pp_lexer *lx, bool quoted)
{
	if (lx->step == PP_STEP_DECLARE_WITH && !quoted && is(lx, "hold"))
		pp_cause_pin(lx, PP_PIN_HOLD, "WITH HOLD");
	lx->step = PP_STEP_DECLARE;
	if (!quoted && is(lx, "with"))
		lx->step = PP_STEP_DECLARE_WITH;
	else if (!quoted && is(lx, "for"))
		lx->step = PP_STEP_SKIM;
}

/* PREPARE TRANSACTION 'id', but also PREPARE transaction AS ... */
static void prepare_name(struct pp_lexer *lx, bool quoted)
{
	if (lx->step == PP_STEP_PREPARE && !quoted && is(lx, "transaction")) {
		lx->step = PP_STEP_PREPARE_TX;
		lx->touched |= PP_TOUCH_END;
		return;
	}
	bool odd = lx->step == PP_STEP_PREPARE_TX; /* a statement of the name "transaction" */
	pp_cause_pin(lx, PP_PIN_PREPARE | PP_TOUCH_PREPARES, NULL);
	lx->step = PP_STEP_PREPARE_AS;
	pp_shape_statement(lx, PP_SHAPE_PREPARE, quoted);
	if (odd)
		pp_shape_spoil(lx);
}

/* PREPARE name (types) AS: the statement in it is what EXECUTE will do. */
static void prepare_body(struct pp_lexer *lx, bool quoted)
{
	if (lx->step == PP_STEP_PREPARE_AS) {
		if (!quoted && lx->depth == 0 && is(lx, "as"))
			lx->step = PP_STEP_PREPARE_BODY;
		return;
	}
	const struct pp_words_row *row =
		quoted || lx->word_long ? NULL : pp_words_find(lx->word, lx->word_len);
	bool fits = row && (row->step == PP_STEP_SELECT || row->step == PP_STEP_UPDATE ||
			    row->found == PP_TOUCH_SEQUENCE);
	lx->step = fits ? (uint8_t)row->step : PP_STEP_SKIM;
	if (fits && row->found)
		pp_cause_pin(lx, row->found, NULL);
}

static void execute_name(struct pp_lexer *lx, bool quoted)
{
	lx->step = PP_STEP_SKIM;
	pp_shape_statement(lx, PP_SHAPE_EXECUTE, quoted);
}

static bool is_role(const struct pp_lexer *lx)
{
	return is(lx, "role") || is(lx, "user") || is(lx, "group");
}

static void drop_name(struct pp_lexer *lx)
{
	if (is(lx, "database"))
		lx->touched |= PP_TOUCH_DATABASE | PP_TOUCH_DEFAULTS;
	else if (is_role(lx) || is(lx, "owned"))
		lx->touched |= PP_TOUCH_DEFAULTS;
	lx->step = PP_STEP_SKIM;
}

static void alter_kind(struct pp_lexer *lx, bool quoted)
{
	if (!quoted && (is(lx, "table") || pp_steps_is_code(lx->word, lx->word_len)))
		lx->touched |= PP_TOUCH_CODE;
	ddl_name(lx, quoted);
}

static void alter_name(struct pp_lexer *lx, bool quoted)
{
	bool database = !quoted && is(lx, "database");
	if (!database && (quoted || !is_role(lx))) {
		alter_kind(lx, quoted);
		return;
	}
	lx->touched |= PP_TOUCH_DEFAULTS;
	lx->step = database ? PP_STEP_ALTER_DATABASE : PP_STEP_SKIM;
}

static void alter_database(struct pp_lexer *lx, bool quoted)
{
	if (!quoted && (is(lx, "rename") || is(lx, "tablespace")))
		lx->touched |= PP_TOUCH_DATABASE;
}

/* GRANT right ON something TO ..., but GRANT role TO ... */
static void grant_name(struct pp_lexer *lx, bool quoted)
{
	if (lx->step == PP_STEP_GRANT && !quoted && is(lx, "on")) {
		lx->step = PP_STEP_GRANT_ON;
		return;
	}
	bool of_role = lx->step == PP_STEP_GRANT && !quoted && (is(lx, "to") || is(lx, "from"));
	if (of_role || (lx->step == PP_STEP_GRANT_ON && !quoted && is(lx, "database")))
		lx->touched |= PP_TOUCH_DEFAULTS;
	if (of_role || lx->step == PP_STEP_GRANT_ON)
		lx->step = PP_STEP_SKIM;
}

/* What a body in another language does cannot be read, and such languages have variables that live
 * as long as the session. */
static void do_language(struct pp_lexer *lx)
{
	if (!is(lx, "plpgsql"))
		pp_cause_pin(lx, PP_PIN_OPAQUE, NULL);
	lx->step = PP_STEP_DO;
}

void pp_steps_name(struct pp_lexer *lx, bool quoted)
{
	switch ((enum pp_step)lx->step) {
	case PP_STEP_SELECT: query_name(lx, quoted); break;
	case PP_STEP_UPDATE: check_update(lx); break;
	case PP_STEP_INTO: into_name(lx, quoted); break;
	case PP_STEP_CREATE: create_name(lx); break;
	case PP_STEP_DDL:
	case PP_STEP_DDL_AS:
	case PP_STEP_DDL_LANGUAGE: ddl_name(lx, quoted); break;
	case PP_STEP_DECLARE:
	case PP_STEP_DECLARE_WITH: declare_name(lx, quoted); break;
	case PP_STEP_PREPARE:
	case PP_STEP_PREPARE_TX: prepare_name(lx, quoted); break;
	case PP_STEP_PREPARE_AS:
	case PP_STEP_PREPARE_BODY: prepare_body(lx, quoted); break;
	case PP_STEP_EXECUTE: execute_name(lx, quoted); break;
	case PP_STEP_DROP: drop_name(lx); break;
	case PP_STEP_ALTER: alter_name(lx, quoted); break;
	case PP_STEP_ALTER_DATABASE: alter_database(lx, quoted); break;
	case PP_STEP_GRANT:
	case PP_STEP_GRANT_ON: grant_name(lx, quoted); break;
	case PP_STEP_DO:
		if (!quoted && is(lx, "language"))
			lx->step = PP_STEP_DO_LANGUAGE;
		break;
	case PP_STEP_DO_LANGUAGE: do_language(lx); break;
	case PP_STEP_SET:
	case PP_STEP_RESET:
	case PP_STEP_SET_NAME:
	case PP_STEP_SET_DOT:
	case PP_STEP_SET_PATH: pp_settings_name(lx, quoted); break;
	case PP_STEP_DEALLOCATE:
	case PP_STEP_DEALLOCATE_NAME:
	case PP_STEP_DISCARD:
	case PP_STEP_SHAPED: pp_shape_name(lx, quoted); break;
	case PP_STEP_SKIM:
	case PP_STEP_FIRST:
	case PP_STEP_EXPLAIN: break;
	}
}

void pp_steps_other(struct pp_lexer *lx, enum pp_token token, char punct)
{
	switch ((enum pp_step)lx->step) {
	case PP_STEP_FIRST: /* (SELECT ...) */
		if (token == PP_TOKEN_PUNCT && (punct == '(' || punct == ')'))
			break;
		pp_cause_pin(lx, PP_PIN_OPAQUE, NULL);
		lx->step = PP_STEP_SKIM;
		break;
	case PP_STEP_INTO: lx->step = PP_STEP_SELECT; break;
	case PP_STEP_DDL_AS: lx->step = PP_STEP_DDL; break;
	case PP_STEP_DDL_LANGUAGE: /* LANGUAGE 'c' is an old way to say it */
		if (token == PP_TOKEN_STRING)
			check_language(lx);
		lx->step = PP_STEP_DDL;
		break;
	case PP_STEP_DECLARE_WITH: lx->step = PP_STEP_DECLARE; break;
	case PP_STEP_PREPARE_TX:
		if (token == PP_TOKEN_PUNCT && punct == '(')
			pp_cause_pin(lx, PP_PIN_PREPARE | PP_TOUCH_PREPARES | PP_TOUCH_STATEMENTS,
				     NULL);
		lx->step = PP_STEP_SKIM;
		break;
	case PP_STEP_DO_LANGUAGE: do_language(lx); break;
	case PP_STEP_SET:
	case PP_STEP_RESET:
	case PP_STEP_SET_NAME:
	case PP_STEP_SET_DOT:
	case PP_STEP_SET_PATH: pp_settings_other(lx, token, punct); break;
	case PP_STEP_DEALLOCATE:
	case PP_STEP_DEALLOCATE_NAME:
	case PP_STEP_DISCARD:
	case PP_STEP_SHAPED: pp_shape_spoil(lx); break;
	default: break;
	}
}
