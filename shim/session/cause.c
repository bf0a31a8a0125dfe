#include "session/cause.h"

#include <string.h>

#define WORD_SHOWN_MAX 24

static void append(struct pp_lexer *lx, const char *text, size_t len)
{
	size_t room = sizeof lx->cause - 1 - lx->cause_len;
	if (len > room)
		len = room;
	memcpy(lx->cause + lx->cause_len, text, len);
	lx->cause_len = (uint8_t)(lx->cause_len + len);
}

void pp_cause_add_word(struct pp_lexer *lx)
{
	if (lx->cause_words++ > 0)
		append(lx, " ", 1);
	append(lx, lx->word, lx->word_len < WORD_SHOWN_MAX ? lx->word_len : WORD_SHOWN_MAX);
	if (lx->cause_words == 1)
		lx->cause_first_len = lx->cause_len;
}

void pp_cause_pin(struct pp_lexer *lx, uint32_t found, const char *detail)
{
	uint32_t pins = found & PP_PINS_ALL;
	lx->touched |= found & ~PP_PINS_ALL;
	if (pins && !lx->pins && detail) {
		lx->cause_len = lx->cause_words ? lx->cause_first_len : 0;
		if (lx->cause_len)
			append(lx, " ", 1);
		append(lx, detail, strlen(detail));
		lx->cause_words = PP_CAUSE_WORDS;
	}
	lx->pins |= pins;
}

void pp_cause_give_up(struct pp_lexer *lx, const char *why)
{
	pp_cause_pin(lx, PP_PIN_OPAQUE, why);
	lx->where = PP_LEX_DEAD;
}

void pp_cause_end_statement(struct pp_lexer *lx)
{
	if (lx->pins) {
		lx->cause_words = PP_CAUSE_WORDS;
		return;
	}
	lx->cause_words = 0;
	lx->cause_len = 0;
}

void pp_cause_finish(struct pp_lexer *lx)
{
	if (!lx->pins)
		lx->cause_len = 0;
	else if (lx->cause_len == 0) /* it has no word */
		append(lx, "NOT A STATEMENT", strlen("NOT A STATEMENT"));
	for (size_t i = 0; i < lx->cause_len; i++) {
		unsigned char c = (unsigned char)lx->cause[i];
		if (c >= 'a' && c <= 'z')
			lx->cause[i] = (char)(c - 'a' + 'A');
		else if (c < ' ' || c > '~')
			lx->cause[i] = '?';
	}
	lx->cause[lx->cause_len] = '\0';
}
