#include "session/clause.h"

#include <string.h>

/* One bit for each depth; what is deeper has none. */
static uint32_t bit_of(const struct pp_lexer *lx)
{
	return lx->depth < 32 ? UINT32_C(1) << lx->depth : 0;
}

void pp_clause_start(struct pp_lexer *lx)
{
	lx->clause_from = lx->clause_condition = 0;
	lx->clause_as = false;
}

#define LENGTH(n) (UINT32_C(1) << (n))
#define LETTER(c) [(c) - 'a']
#define IS(word_) (memcmp(lx->word, word_, sizeof(word_) - 1) == 0)

/* By their first letter, how long the keywords are that matter: nearly every word is none. */
static const uint32_t lengths[26] = {
	LETTER('a') = LENGTH(2),			 /* as */
	LETTER('c') = LENGTH(5),			 /* cross */
	LETTER('e') = LENGTH(6),			 /* except */
	LETTER('f') = LENGTH(3) | LENGTH(4) | LENGTH(5), /* for, from, full, fetch */
	LETTER('g') = LENGTH(5),			 /* group */
	LETTER('i') = LENGTH(4) | LENGTH(5) | LENGTH(9), /* into, inner, intersect */
	LETTER('j') = LENGTH(4),			 /* join */
	LETTER('l') = LENGTH(4) | LENGTH(5),		 /* left, limit */
	LETTER('n') = LENGTH(7),			 /* natural */
	LETTER('o') = LENGTH(2) | LENGTH(5) | LENGTH(6), /* on, order, offset */
	LETTER('r') = LENGTH(5) | LENGTH(9),		 /* right, returning */
	LETTER('s') = LENGTH(3) | LENGTH(6),		 /* set, select */
	LETTER('t') = LENGTH(5),			 /* table */
	LETTER('u') = LENGTH(5),			 /* union */
	LETTER('v') = LENGTH(6),			 /* values */
	LETTER('w') = LENGTH(5) | LENGTH(6),		 /* where, window */
};

static bool may_be_keyword(const struct pp_lexer *lx)
{
	unsigned letter = (unsigned)((uint8_t)lx->word[0] - 'a');
	return letter < 26 && lx->word_len < 32 && lengths[letter] & LENGTH(lx->word_len);
}

/* Behind AS and a dot keywords are names: SELECT 1 AS where. */
static bool is_name(const struct pp_lexer *lx)
{
	return (lx->last == PP_TOKEN_WORD && lx->clause_as) ||
	       (lx->last == PP_TOKEN_PUNCT && lx->last_punct == '.');
}

/* Of those of its length. */
static bool ends_condition(const struct pp_lexer *lx)
{
	switch (lx->word_len) {
	case 3: return IS("set") || IS("for");
	case 4: return IS("into") || IS("join") || IS("left") || IS("full");
	case 5:
		return IS("table") || IS("union") || IS("group") || IS("order") || IS("limit") ||
		       IS("fetch") || IS("right") || IS("inner") || IS("cross");
	case 6: return IS("select") || IS("values") || IS("except") || IS("window") || IS("offset");
	case 7: return IS("natural");
	case 9: return IS("returning") || IS("intersect");
	default: return false;
	}
}

/* SELECT begins anew: ON may be that of DISTINCT ON. */
static void keyword(struct pp_lexer *lx, uint32_t bit)
{
	bool condition = lx->clause_condition & bit;
	if (lx->word_len == 4 && IS("from"))
		lx->clause_from |= bit;
	else if (lx->word_len == 5 && IS("where"))
		lx->clause_condition |= bit;
	else if (condition && ends_condition(lx))
		lx->clause_condition &= ~bit;
	else if (lx->word_len == 2 && IS("on"))
		lx->clause_condition |= lx->clause_from & bit;
	if (lx->word_len == 6 && IS("select"))
		lx->clause_from &= ~bit;
}

void pp_clause_word(struct pp_lexer *lx)
{
	bool matters = may_be_keyword(lx) && !is_name(lx);
	lx->clause_as = matters && lx->word_len == 2 && IS("as");
	if (matters)
		keyword(lx, bit_of(lx));
}

/* FROM a JOIN b ON condition, function() */
void pp_clause_punct(struct pp_lexer *lx, char c)
{
	uint32_t bit = bit_of(lx);
	if (c == ',')
		lx->clause_condition &= ~bit;
	else if (bit) { /* of what was within nothing is left */
		lx->clause_from &= 2 * bit - 1;
		lx->clause_condition &= 2 * bit - 1;
	}
}

bool pp_clause_is_condition(const struct pp_lexer *lx)
{
	return lx->clause_condition != 0;
}
