#include "session/steps.h"

#include <string.h>
#include <strings.h>

#include "session/calls.h"
#include "session/cause.h"

#define TEMP_SCHEMA "pg_temp" /* and pg_temp_3, which is the same thing in its own session */
#define PATH	    "search_path"

static bool is(const struct pp_lexer *lx, const char *word)
{
	return pp_classify_is_word(lx, word);
}

static bool is_temp_schema(const struct pp_lexer *lx)
{
	size_t len = strlen(TEMP_SCHEMA);
	return lx->word_len >= len && memcmp(lx->word, TEMP_SCHEMA, len) == 0;
}

/* UPDATE pg_settings is a rule that calls set_config(name, value, false). */
static void check_update(struct pp_lexer *lx)
{
	if (pp_calls_is_name(lx, "pg_settings"))
		pp_names_add_unknown(lx, "PG_SETTINGS");
}

static void query_name(struct pp_lexer *lx, bool quoted)
{
	if (!quoted && lx->word_len == 4 && is(lx, "into"))
		lx->step = PP_STEP_INTO;
	else if (!quoted && lx->word_len == 6 && is(lx, "update"))
		lx->updating = true; /* WITH ... UPDATE, or FOR UPDATE */
	else if (lx->updating)
		check_update(lx);
}

/* INTO [LOCAL|GLOBAL] TEMP t; also what follows INSERT INTO in a query that began with WITH. */
static void into_name(struct pp_lexer *lx, bool quoted)
{
	if (!quoted &&
	    (is(lx, "table") || is(lx, "unlogged") || is(lx, "local") || is(lx, "global")))
		return;
	if (is_temp_schema(lx))
		pp_cause_pin(lx, PP_PIN_TEMP, "INTO PG_TEMP");
	else if (!quoted && (is(lx, "temp") || is(lx, "temporary")))
		pp_cause_pin(lx, PP_PIN_TEMP, "INTO TEMP");
	lx->step = PP_STEP_SELECT;
}

/* CREATE [OR REPLACE] [LOCAL|GLOBAL] TEMP ... */
static void create_name(struct pp_lexer *lx)
{
	if (is(lx, "or") || is(lx, "replace") || is(lx, "local") || is(lx, "global"))
		return;
	if (is(lx, "temp") || is(lx, "temporary"))
		pp_cause_pin(lx, PP_PIN_TEMP, NULL);
	lx->step = PP_STEP_DDL;
}

static void ddl_name(struct pp_lexer *lx, bool quoted)
{
	bool after_as = lx->step == PP_STEP_DDL_AS;
	lx->step = PP_STEP_DDL;
	if (is_temp_schema(lx))
		pp_cause_pin(lx, PP_PIN_TEMP, "PG_TEMP");
	if (quoted)
		return;
	if (after_as && is(lx, "execute"))
		pp_cause_pin(lx, PP_PIN_PREPARE, "AS EXECUTE");
	else if (is(lx, "as"))
		lx->step = PP_STEP_DDL_AS;
	else if (is(lx, "create")) /* CREATE SCHEMA s CREATE TABLE ... */
		lx->step = PP_STEP_CREATE;
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
		return;
	}
	pp_cause_pin(lx, PP_PIN_PREPARE, NULL);
	lx->step = PP_STEP_SKIM;
}

/* Names of settings know no case, quoted or not. SET SCHEMA is another way to say it. */
static bool is_path_setting(const struct pp_lexer *lx, bool quoted)
{
	return (lx->word_len == strlen(PATH) && strncasecmp(lx->word, PATH, lx->word_len) == 0) ||
	       (!quoted && is(lx, "schema"));
}

static void set_target(struct pp_lexer *lx, bool quoted)
{
	pp_cause_pin(lx, PP_PIN_SETTINGS, NULL);
	if (quoted && lx->word_dot)
		pp_names_add_unknown(lx, NULL);
	lx->step = is_path_setting(lx, quoted) ? PP_STEP_SET_PATH : PP_STEP_SET_NAME;
}

/* SET LOCAL, SET TRANSACTION and SET CONSTRAINTS end with the transaction. */
static void set_name(struct pp_lexer *lx, bool quoted)
{
	if (!quoted && is(lx, "local"))
		lx->step = PP_STEP_SET_LOCAL;
	else if (!quoted && (is(lx, "transaction") || is(lx, "constraints")))
		lx->step = PP_STEP_SET_TX;
	else
		set_target(lx, quoted);
}

void pp_steps_name(struct pp_lexer *lx, bool quoted)
{
	switch ((enum pp_step)lx->step) {
	case PP_STEP_SELECT: query_name(lx, quoted); break;
	case PP_STEP_UPDATE: check_update(lx); break;
	case PP_STEP_INTO: into_name(lx, quoted); break;
	case PP_STEP_CREATE: create_name(lx); break;
	case PP_STEP_DDL:
	case PP_STEP_DDL_AS: ddl_name(lx, quoted); break;
	case PP_STEP_DECLARE:
	case PP_STEP_DECLARE_WITH: declare_name(lx, quoted); break;
	case PP_STEP_PREPARE:
	case PP_STEP_PREPARE_TX: prepare_name(lx, quoted); break;
	case PP_STEP_SET: set_name(lx, quoted); break;
	case PP_STEP_SET_NAME:
		if (!quoted && is(lx, "to"))
			lx->step = PP_STEP_SKIM;
		else
			set_target(lx, quoted);
		break;
	case PP_STEP_SET_LOCAL:
		lx->step = is_path_setting(lx, quoted) ? PP_STEP_SET_PATH : PP_STEP_SKIM;
		break;
	case PP_STEP_SET_TX: lx->step = PP_STEP_SKIM; break;
	case PP_STEP_SET_PATH:
		/* What is created under such a path is temporary, and outlives a local path. */
		if (is_temp_schema(lx))
			pp_cause_pin(lx, PP_PIN_TEMP, "SEARCH_PATH PG_TEMP");
		break;
	case PP_STEP_RESET:
		if (quoted && lx->word_dot)
			pp_names_add_unknown(lx, NULL);
		break;
	case PP_STEP_SKIM:
	case PP_STEP_FIRST:
	case PP_STEP_EXPLAIN: break;
	}
}

static bool may_spell_temp_schema(const struct pp_lexer *lx)
{
	size_t len = strlen(TEMP_SCHEMA);
	if (lx->word_long || lx->word_escaped)
		return true;
	for (size_t i = 0; i + len <= lx->word_len; i++)
		if (strncasecmp(lx->word + i, TEMP_SCHEMA, len) == 0)
			return true;
	return false;
}

/* LOCAL, TRANSACTION and SCHEMA are also good first halves of a name: SET local.x = 1. */
static void set_other(struct pp_lexer *lx, enum pp_token token, char punct)
{
	bool dot = token == PP_TOKEN_PUNCT && punct == '.';
	if (dot)
		pp_names_add_unknown(lx, NULL);
	if (lx->step == PP_STEP_SET_PATH) {
		if (token == PP_TOKEN_STRING && may_spell_temp_schema(lx))
			pp_cause_pin(lx, PP_PIN_TEMP, "SEARCH_PATH PG_TEMP");
	} else if (!dot) {
		lx->step = PP_STEP_SKIM;
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
	case PP_STEP_DECLARE_WITH: lx->step = PP_STEP_DECLARE; break;
	case PP_STEP_PREPARE_TX:
		if (token == PP_TOKEN_PUNCT && punct == '(')
			pp_cause_pin(lx, PP_PIN_PREPARE, NULL);
		lx->step = PP_STEP_SKIM;
		break;
	case PP_STEP_SET:
	case PP_STEP_SET_LOCAL:
	case PP_STEP_SET_TX:
	case PP_STEP_SET_NAME:
	case PP_STEP_SET_PATH: set_other(lx, token, punct); break;
	case PP_STEP_RESET: /* even RESET defines a custom setting that was not there */
		if (token == PP_TOKEN_PUNCT && punct == '.')
			pp_names_add_unknown(lx, NULL);
		break;
	default: break;
	}
}
