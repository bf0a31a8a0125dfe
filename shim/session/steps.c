#include "session/steps.h"

#include <string.h>

#include "session/calls.h"
#include "session/cause.h"
#include "session/ddl.h"
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

/* UPDATE pg_settings is a rule that calls set_config(name, value, false). */
static void check_update(struct pp_lexer *lx)
{
	if (lx->word_long || !pp_calls_is_name(lx->word, lx->word_len, "pg_settings"))
		return;
	pp_cause_pin(lx, PP_PIN_SETTINGS, "PG_SETTINGS");
	pp_names_add_all(lx);
	lx->names.rereads = true;
}

/* The INTO that follows names a table that is there. */
static void note_insert(struct pp_lexer *lx)
{
	lx->touched |= PP_TOUCH_SEQUENCE;
	lx->inserting = true;
}

static void query_name(struct pp_lexer *lx, bool quoted)
{
	if (!quoted && lx->word_len == 4 && is(lx, "into"))
		lx->step = PP_STEP_INTO;
	else if (!quoted && lx->word_len == 6 && is(lx, "update"))
		lx->updating = true; /* WITH ... UPDATE, or FOR UPDATE */
	else if (!quoted && lx->word_len == 6 && is(lx, "insert"))
		note_insert(lx); /* WITH ... INSERT */
	else if (!quoted && lx->word_len == 5 && is(lx, "merge"))
		note_insert(lx);
	else if (lx->updating)
		check_update(lx);
}

/* INTO [LOCAL|GLOBAL] TEMP t; also what follows INSERT INTO in a query that began with WITH. */
static void into_name(struct pp_lexer *lx, bool quoted)
{
	if (!quoted &&
	    (is(lx, "table") || is(lx, "unlogged") || is(lx, "local") || is(lx, "global")))
		return;
	if (!lx->inserting)
		lx->touched |= PP_TOUCH_DDL | PP_TOUCH_UNSETTLED;
	if (pp_steps_is_temp_schema(lx))
		pp_cause_pin(lx, PP_PIN_TEMP, "INTO PG_TEMP");
	else if (!quoted && (is(lx, "temp") || is(lx, "temporary")))
		pp_cause_pin(lx, PP_PIN_TEMP, "INTO TEMP");
	lx->inserting = false;
	lx->step = PP_STEP_SELECT;
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
	case PP_STEP_CREATE:
	case PP_STEP_DDL:
	case PP_STEP_DDL_AS:
	case PP_STEP_DDL_LANGUAGE:
	case PP_STEP_DROP:
	case PP_STEP_ALTER:
	case PP_STEP_ALTER_DATABASE:
	case PP_STEP_GRANT:
	case PP_STEP_GRANT_ON: pp_ddl_name(lx, quoted); break;
	case PP_STEP_DECLARE:
	case PP_STEP_DECLARE_WITH: declare_name(lx, quoted); break;
	case PP_STEP_PREPARE:
	case PP_STEP_PREPARE_TX: prepare_name(lx, quoted); break;
	case PP_STEP_PREPARE_AS:
	case PP_STEP_PREPARE_BODY: prepare_body(lx, quoted); break;
	case PP_STEP_EXECUTE: execute_name(lx, quoted); break;
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
	case PP_STEP_DDL_AS:
	case PP_STEP_DDL_LANGUAGE: pp_ddl_other(lx, token); break;
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
