#include "session/ddl.h"

#include <string.h>

#include "session/cause.h"
#include "session/steps.h"

static bool is(const struct pp_lexer *lx, const char *word)
{
	return pp_classify_is_word(lx, word);
}

bool pp_ddl_is_code(const char *word, size_t len)
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

/* CREATE ... or ALTER ... of this kind: what a name leads to is no longer what it was. */
static void note_kind(struct pp_lexer *lx)
{
	if (pp_ddl_is_code(lx->word, lx->word_len))
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

static void later_name(struct pp_lexer *lx, bool quoted)
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
	if (!quoted && (is(lx, "table") || pp_ddl_is_code(lx->word, lx->word_len)))
		lx->touched |= PP_TOUCH_CODE;
	later_name(lx, quoted);
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

void pp_ddl_name(struct pp_lexer *lx, bool quoted)
{
	switch ((enum pp_step)lx->step) {
	case PP_STEP_CREATE: create_name(lx); break;
	case PP_STEP_DROP: drop_name(lx); break;
	case PP_STEP_ALTER: alter_name(lx, quoted); break;
	case PP_STEP_ALTER_DATABASE: alter_database(lx, quoted); break;
	case PP_STEP_GRANT:
	case PP_STEP_GRANT_ON: grant_name(lx, quoted); break;
	default: later_name(lx, quoted); break;
	}
}

void pp_ddl_other(struct pp_lexer *lx, enum pp_token token)
{
	if (lx->step == PP_STEP_DDL_LANGUAGE && token == PP_TOKEN_STRING)
		check_language(lx); /* LANGUAGE 'c' is an old way to say it */
	lx->step = PP_STEP_DDL;
}
