#include "session/classify.h"

#include <string.h>

#include "session/body.h"
#include "session/calls.h"
#include "session/cause.h"
#include "session/clause.h"
#include "session/settings.h"
#include "session/shape.h"
#include "session/steps.h"
#include "session/words.h"

void pp_classify_start(struct pp_lexer *lx)
{
	lx->depth = 0;
	lx->step = PP_STEP_FIRST;
	lx->last = PP_TOKEN_NONE;
	lx->updating = lx->inserting = lx->searches = false;
	lx->call_depth = 0;
	pp_clause_start(lx);
}

void pp_classify_end(struct pp_lexer *lx)
{
	pp_calls_end(lx);
	pp_settings_end(lx);
	if (lx->last != PP_TOKEN_NONE)
		pp_shape_end_statement(lx);
	pp_cause_end_statement(lx);
	pp_classify_start(lx);
}

/* What is created may be called by the next statement of the same text; and a new table matters only
 * if it has something to do with what is watched for. */
void pp_classify_finish(struct pp_lexer *lx)
{
	if (lx->creates_table && lx->pins)
		lx->touched |= PP_TOUCH_CODE;
	if (lx->touched & PP_TOUCH_CODE && lx->statements > 1)
		pp_cause_pin(lx, PP_PIN_DYNAMIC, "WHAT IT CREATED");
}

bool pp_classify_is_word(const struct pp_lexer *lx, const char *word)
{
	size_t len = strlen(word);
	return lx->word_len == len && !lx->word_long && memcmp(lx->word, word, len) == 0;
}

static void first_word(struct pp_lexer *lx)
{
	const struct pp_words_row *row =
		lx->word_long ? NULL : pp_words_find(lx->word, lx->word_len);
	if (!row) {
		pp_cause_pin(lx, PP_PIN_OPAQUE, NULL);
		lx->step = PP_STEP_SKIM;
		return;
	}
	if (row->found)
		pp_cause_pin(lx, row->found, NULL);
	lx->step = (uint8_t)row->step;
	if (lx->last != PP_TOKEN_NONE) /* EXPLAIN or a parenthesis before it */
		pp_shape_spoil(lx);
	if (row->step == PP_STEP_DO) {
		lx->searches = true;
		pp_body_begin(lx);
	}
}

static bool is_query_word(const struct pp_lexer *lx)
{
	return pp_classify_is_word(lx, "select") || pp_classify_is_word(lx, "with") ||
	       pp_classify_is_word(lx, "values") || pp_classify_is_word(lx, "table");
}

/* EXPLAIN ANALYZE VERBOSE statement, EXPLAIN (options) statement, but also EXPLAIN (SELECT ...). */
static void explain_word(struct pp_lexer *lx)
{
	bool opened = lx->last == PP_TOKEN_PUNCT && lx->last_punct == '(';
	if (lx->depth > 0) {
		if (opened && is_query_word(lx))
			lx->step = PP_STEP_SELECT;
		return;
	}
	if (!pp_classify_is_word(lx, "analyze") && !pp_classify_is_word(lx, "analyse") &&
	    !pp_classify_is_word(lx, "verbose"))
		first_word(lx);
}

void pp_classify_word(struct pp_lexer *lx)
{
	if (lx->cause_words < PP_CAUSE_WORDS)
		pp_cause_add_word(lx);
	pp_clause_word(lx);
	pp_calls_any_name(lx, lx->word, lx->word_len);
	if (lx->call_depth)
		pp_calls_token(lx, PP_TOKEN_WORD, 0);
	switch ((enum pp_step)lx->step) {
	case PP_STEP_SKIM: break;
	case PP_STEP_FIRST: first_word(lx); break;
	case PP_STEP_EXPLAIN: explain_word(lx); break;
	default: pp_steps_name(lx, false); break;
	}
	lx->last = PP_TOKEN_WORD;
}

void pp_classify_quoted(struct pp_lexer *lx)
{
	pp_calls_any_name(lx, lx->word, lx->word_len);
	if (lx->call_depth)
		pp_calls_token(lx, PP_TOKEN_QUOTED, 0);
	if (lx->step == PP_STEP_FIRST)
		pp_steps_other(lx, PP_TOKEN_QUOTED, 0);
	else if (lx->step != PP_STEP_SKIM && lx->step != PP_STEP_EXPLAIN)
		pp_steps_name(lx, true);
	lx->last = PP_TOKEN_QUOTED;
}

static void value(struct pp_lexer *lx, enum pp_token token)
{
	if (lx->call_depth)
		pp_calls_token(lx, token, 0);
	if (lx->step >= PP_STEP_FIRST)
		pp_steps_other(lx, token, 0);
	lx->last = (uint8_t)token;
}

void pp_classify_string(struct pp_lexer *lx)
{
	if (lx->searches)
		pp_body_end(lx);
	value(lx, PP_TOKEN_STRING);
}

void pp_classify_number(struct pp_lexer *lx)
{
	value(lx, PP_TOKEN_NUMBER);
}

void pp_classify_punct(struct pp_lexer *lx, char c)
{
	bool named = lx->last == PP_TOKEN_WORD || lx->last == PP_TOKEN_QUOTED;
	if (c == ';') {
		pp_classify_end(lx);
		return;
	}
	if (c == '(')
		lx->depth++;
	else if (c == ')' && lx->depth > 0)
		lx->depth--;
	if (lx->call_depth)
		pp_calls_token(lx, PP_TOKEN_PUNCT, c);
	if (c == ',' || c == ')')
		pp_clause_punct(lx, c);
	if (c == '(' && named)
		pp_calls_open(lx);
	if (lx->step >= PP_STEP_FIRST)
		pp_steps_other(lx, PP_TOKEN_PUNCT, c);
	lx->last = PP_TOKEN_PUNCT;
	lx->last_punct = c;
}
