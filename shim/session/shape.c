#include "session/shape.h"

#include <string.h>

#include "session/cause.h"

#define SPOILT 2 /* statements: what a text of more than one has */

void pp_shape_spoil(struct pp_lexer *lx)
{
	lx->statements = SPOILT;
}

/* How the server folds what is not ASCII depends on its locale; longer names it cuts. */
static bool is_sure_name(const struct pp_lexer *lx, bool quoted)
{
	if (lx->word_long || lx->word_len == 0 || lx->word_len >= PP_LEXER_NAME_MAX)
		return false;
	for (size_t i = 0; !quoted && i < lx->word_len; i++)
		if ((unsigned char)lx->word[i] >= 0x80)
			return false;
	return true;
}

/* DEALLOCATE PREPARE may mean a statement of the name "prepare", or be followed by the name. */
static void deallocate_name(struct pp_lexer *lx, bool quoted)
{
	bool first = lx->step == PP_STEP_DEALLOCATE;
	lx->step = PP_STEP_SHAPED;
	lx->shape = PP_SHAPE_DEALLOCATE;
	if (!quoted && pp_classify_is_word(lx, "all"))
		lx->shape = PP_SHAPE_DEALLOCATE_ALL;
	else if (!is_sure_name(lx, quoted))
		pp_shape_spoil(lx);
	else if (first && !quoted && pp_classify_is_word(lx, "prepare"))
		lx->step = PP_STEP_DEALLOCATE_NAME;
}

static void discard_name(struct pp_lexer *lx, bool quoted)
{
	lx->step = PP_STEP_SKIM;
	if (quoted || !pp_classify_is_word(lx, "all"))
		return;
	lx->touched |= PP_TOUCH_STATEMENTS;
	lx->shape = PP_SHAPE_DISCARD_ALL;
	lx->step = PP_STEP_SHAPED;
	pp_names_add_all(lx);
}

void pp_shape_name(struct pp_lexer *lx, bool quoted)
{
	if (lx->step == PP_STEP_DISCARD)
		discard_name(lx, quoted);
	else if (lx->step == PP_STEP_SHAPED)
		pp_shape_spoil(lx);
	else
		deallocate_name(lx, quoted);
}

void pp_shape_statement(struct pp_lexer *lx, enum pp_shape shape, bool quoted)
{
	lx->speaks = true;
	lx->shape = (uint8_t)shape;
	if (!is_sure_name(lx, quoted)) {
		pp_shape_spoil(lx);
		return;
	}
	memcpy(lx->statement, lx->word, lx->word_len);
	lx->statement[lx->word_len] = '\0';
}

void pp_shape_end_statement(struct pp_lexer *lx)
{
	if (lx->statements < SPOILT)
		lx->statements++;
}

/* What it does besides is no matter: it is not answered here. */
static bool is_passed_on(uint8_t shape)
{
	return shape == PP_SHAPE_PREPARE || shape == PP_SHAPE_EXECUTE;
}

void pp_shape_finish(struct pp_lexer *lx)
{
	uint32_t spoils = is_passed_on(lx->shape) ? (uint32_t)PP_PIN_OPAQUE : PP_PINS_ALL;
	if (lx->statements != 1 || lx->pins & spoils)
		lx->shape = PP_SHAPE_OTHER;
	if (lx->shape == PP_SHAPE_OTHER && lx->speaks)
		lx->touched |= PP_TOUCH_STATEMENTS;
	else if (lx->shape != PP_SHAPE_OTHER && !is_passed_on(lx->shape))
		lx->touched &= ~(uint32_t)PP_TOUCH_STATEMENTS;
	if (lx->shape == PP_SHAPE_DEALLOCATE) /* the last word of the text is the name */
		lx->word[lx->word_len] = '\0';
}

enum pp_shape pp_lexer_shape(const struct pp_lexer *lx)
{
	return (enum pp_shape)lx->shape;
}

const char *pp_lexer_shape_name(const struct pp_lexer *lx)
{
	if (lx->shape == PP_SHAPE_DEALLOCATE)
		return lx->word;
	return is_passed_on(lx->shape) ? lx->statement : "";
}
