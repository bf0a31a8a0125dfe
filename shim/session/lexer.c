#include "session/lexer.h"

#include <string.h>
#include <strings.h>

#include "session/body.h"
#include "session/cause.h"
#include "session/classify.h"
#include "session/quotes.h"
#include "session/shape.h"
#include "session/watch.h"

/* In this order: what is not punctuation continues a word from C_DOLLAR on. Bytes above ASCII are
 * letters, as in PostgreSQL's own scanner. */
enum {
	C_PUNCT,
	C_SPACE,
	C_QUOTE,
	C_DQUOTE,
	C_DASH,
	C_SLASH,
	C_DOLLAR,
	C_DIGIT,
	C_LETTER,
	C_CAPITAL = 0x20 | (C_LETTER + 1) /* the bit that makes it a small letter is in its class */
};

static const uint8_t classes[256] = {
	[' '] = C_SPACE,	  ['\t' ... '\r'] = C_SPACE,
	['a' ... 'z'] = C_LETTER, ['A' ... 'Z'] = C_CAPITAL,
	['_'] = C_LETTER,	  [0x80 ... 0xFF] = C_LETTER,
	['0' ... '9'] = C_DIGIT,  ['\''] = C_QUOTE,
	['"'] = C_DQUOTE,	  ['$'] = C_DOLLAR,
	['-'] = C_DASH,		  ['/'] = C_SLASH,
};

static char fold(uint8_t c)
{
	return (char)(c | (classes[c] & 0x20));
}

void pp_lexer_init(struct pp_lexer *lx, bool conforming)
{
	lx->pins = lx->touched = 0;
	lx->watch = NULL;
	lx->where = PP_LEX_GAP;
	lx->conforming = conforming;
	lx->comment_depth = 0;
	lx->cause_words = lx->cause_len = lx->cause_first_len = 0;
	lx->cause[0] = '\0';
	lx->word_len = 0;
	lx->word_long = lx->word_dot = lx->word_escaped = false;
	lx->shape = PP_SHAPE_OTHER;
	lx->statements = 0;
	lx->speaks = false;
	lx->statement[0] = '\0';
	lx->creates_table = false;
	pp_names_init(&lx->names);
	pp_classify_start(lx);
}

void pp_lexer_watch(struct pp_lexer *lx, const struct pp_watch *watch)
{
	lx->watch = watch && (watch->filter || watch->always) ? watch : NULL;
}

static void begin_word(struct pp_lexer *lx, enum pp_lexer_where where)
{
	lx->where = (uint8_t)where;
	lx->word_len = 0;
	lx->word_long = lx->word_dot = lx->word_escaped = false;
}

/* One letter and a quote: a string of its own kind. Returns how much was consumed. */
static unsigned prefixed_string(struct pp_lexer *lx, uint8_t c)
{
	char prefix = lx->word[0];
	if (prefix == 'u' && c == '&') {
		lx->where = PP_LEX_U_AMP;
		return 1;
	}
	if (c != '\'')
		return 0;
	switch (prefix) {
	case 'e': pp_quotes_begin_string(lx, PP_QUOTE_ESCAPE); return 1;
	case 'n': pp_quotes_begin_string(lx, PP_QUOTE_PLAIN); return 1;
	case 'b':
	case 'x': pp_quotes_begin_string(lx, PP_QUOTE_BITS); return 1;
	default: return 0;
	}
}

static const uint8_t *in_word(struct pp_lexer *lx, const uint8_t *p, const uint8_t *end)
{
	size_t room = (size_t)(PP_LEXER_WORD_MAX - lx->word_len);
	const uint8_t *full = (size_t)(end - p) < room ? end : p + room;
	char *to = lx->word + lx->word_len;
	while (p < full && classes[*p] >= C_DOLLAR)
		*to++ = fold(*p++);
	lx->word_len = (uint8_t)(to - lx->word);
	for (; p < end && classes[*p] >= C_DOLLAR; p++)
		lx->word_long = true;
	if (p == end)
		return p;
	if (lx->word_len == 1 && prefixed_string(lx, *p))
		return p + 1;
	lx->where = PP_LEX_GAP;
	pp_classify_word(lx);
	return p;
}

/* U&"..." can spell any name, and UESCAPE decides later how: not followed. */
static const uint8_t *after_u_amp(struct pp_lexer *lx, const uint8_t *p)
{
	if (*p == '"') {
		pp_cause_pin(lx, PP_PIN_OPAQUE, "U&\"");
		pp_quotes_begin_quoted(lx);
		return p + 1;
	}
	if (*p == '\'') {
		pp_quotes_begin_string(lx, PP_QUOTE_UNICODE);
		return p + 1;
	}
	lx->where = PP_LEX_GAP;
	pp_classify_word(lx);
	pp_classify_punct(lx, '&');
	return p;
}

/* Before PostgreSQL 15 a word may follow a number directly: SELECT 1INTO TEMP t. */
static const uint8_t *in_number(struct pp_lexer *lx, const uint8_t *p, const uint8_t *end)
{
	bool exponent = lx->where == PP_LEX_NUMBER;
	while (p < end && (classes[*p] == C_DIGIT || (exponent && *p == '.')))
		p++;
	if (p == end)
		return p;
	if (exponent && fold(*p) == 'e') {
		lx->where = PP_LEX_NUMBER_E;
		return p + 1;
	}
	lx->where = PP_LEX_GAP;
	return p;
}

static const uint8_t *after_number_e(struct pp_lexer *lx, const uint8_t *p)
{
	if (classes[*p] == C_DIGIT) {
		lx->where = PP_LEX_DIGITS;
		return p;
	}
	begin_word(lx, PP_LEX_WORD);
	lx->word[lx->word_len++] = 'e';
	return p;
}

static const uint8_t *after_dollar(struct pp_lexer *lx, const uint8_t *p)
{
	switch (classes[*p]) {
	case C_DIGIT:
		lx->where = PP_LEX_DIGITS;
		pp_classify_number(lx);
		return p;
	case C_LETTER:
	case C_CAPITAL: begin_word(lx, PP_LEX_TAG); return p;
	case C_DOLLAR: begin_word(lx, PP_LEX_BODY); return p + 1;
	default:
		lx->where = PP_LEX_GAP;
		pp_classify_punct(lx, '$');
		return p;
	}
}

/* A tag keeps its case. What turns out not to be one is a $ and a word. */
static const uint8_t *in_tag(struct pp_lexer *lx, const uint8_t *p, const uint8_t *end)
{
	for (; p < end && classes[*p] >= C_DIGIT; p++) {
		if (lx->word_len < PP_LEXER_TAG_MAX)
			lx->word[lx->word_len++] = (char)*p;
		else
			lx->word_long = true;
	}
	if (p == end)
		return p;
	if (*p == '$' && lx->word_long) {
		pp_cause_give_up(lx, "DOLLAR QUOTE");
		return end;
	}
	if (*p == '$') {
		lx->where = PP_LEX_BODY;
		return p + 1;
	}
	pp_classify_punct(lx, '$');
	for (size_t i = 0; i < lx->word_len; i++)
		lx->word[i] = fold((uint8_t)lx->word[i]);
	lx->where = PP_LEX_WORD;
	return p;
}

static const uint8_t *in_gap(struct pp_lexer *lx, const uint8_t *p, const uint8_t *end)
{
	while (p < end) {
		switch (classes[*p]) {
		case C_SPACE: p++; break;
		case C_LETTER:
		case C_CAPITAL:
			begin_word(lx, PP_LEX_WORD);
			p = in_word(lx, p, end);
			if (lx->where != PP_LEX_GAP)
				return p;
			break;
		case C_PUNCT: pp_classify_punct(lx, (char)*p++); break;
		case C_DIGIT:
			lx->where = PP_LEX_NUMBER;
			pp_classify_number(lx);
			return p;
		case C_QUOTE: pp_quotes_begin_string(lx, PP_QUOTE_PLAIN); return p + 1;
		case C_DQUOTE: pp_quotes_begin_quoted(lx); return p + 1;
		case C_DOLLAR: lx->where = PP_LEX_DOLLAR; return p + 1;
		case C_DASH: lx->where = PP_LEX_DASH; return p + 1;
		case C_SLASH: lx->where = PP_LEX_SLASH; return p + 1;
		}
	}
	return p;
}

/* An operator ends where a comment begins in it: one byte of it is all that is ever held back. */
static const uint8_t *after_operator(struct pp_lexer *lx, const uint8_t *p)
{
	bool dash = lx->where == PP_LEX_DASH;
	if (*p == (dash ? '-' : '*')) {
		lx->where = dash ? PP_LEX_LINE_COMMENT : PP_LEX_COMMENT;
		lx->comment_depth = 1;
		return p + 1;
	}
	lx->where = PP_LEX_GAP;
	pp_classify_punct(lx, dash ? '-' : '/');
	return p;
}

static const uint8_t *read_on(struct pp_lexer *lx, const uint8_t *p, const uint8_t *end)
{
	switch ((enum pp_lexer_where)lx->where) {
	case PP_LEX_GAP: return in_gap(lx, p, end);
	case PP_LEX_WORD: return in_word(lx, p, end);
	case PP_LEX_U_AMP: return after_u_amp(lx, p);
	case PP_LEX_NUMBER:
	case PP_LEX_DIGITS: return in_number(lx, p, end);
	case PP_LEX_NUMBER_E: return after_number_e(lx, p);
	case PP_LEX_DOLLAR: return after_dollar(lx, p);
	case PP_LEX_TAG: return in_tag(lx, p, end);
	case PP_LEX_DASH:
	case PP_LEX_SLASH: return after_operator(lx, p);
	case PP_LEX_DEAD: return end;
	default: return pp_quotes_read(lx, p, end);
	}
}

void pp_lexer_feed(struct pp_lexer *lx, const uint8_t *text, size_t len)
{
	if (len == 0)
		return;
	const uint8_t *p = text, *nul = memchr(text, 0, len);
	const uint8_t *end = nul ? nul : text + len;
	while (p < end)
		p = read_on(lx, p, end);
	if (nul && lx->where != PP_LEX_DEAD)
		pp_cause_give_up(lx, "NUL BYTE");
}

void pp_lexer_feed_body(struct pp_lexer *lx, const uint8_t *body, size_t len)
{
	pp_body_begin(lx);
	pp_body_feed(lx, body, len);
	pp_body_end(lx);
}

uint32_t pp_lexer_finish(struct pp_lexer *lx)
{
	if (lx->where != PP_LEX_DEAD) {
		if (!pp_quotes_is_closed(lx))
			pp_cause_give_up(lx, "UNTERMINATED QUOTE OR COMMENT");
		else /* a byte that continues nothing completes what is held back */
			pp_lexer_feed(lx, (const uint8_t *)"\n;", 2);
	}
	if (lx->watch && lx->watch->always)
		pp_cause_pin(lx, lx->watch->always, "WHATEVER FUNCTIONS DO");
	pp_shape_finish(lx);
	pp_classify_finish(lx);
	pp_cause_finish(lx);
	return lx->pins | lx->touched;
}

bool pp_lexer_may_read(const char *client_encoding)
{
	static const char *const unsafe[] = {"SJIS", "SHIFT_JIS_2004", "BIG5", "GBK",
					     "UHC",  "GB18030",	       "JOHAB"};
	for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++)
		if (strcasecmp(client_encoding, unsafe[i]) == 0)
			return false;
	return true;
}

const char *pp_lexer_cause(const struct pp_lexer *lx)
{
	return lx->cause;
}
