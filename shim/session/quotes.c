#include "session/quotes.h"

#include <string.h>

#include "session/body.h"
#include "session/cause.h"
#include "session/classify.h"

static void store(struct pp_lexer *lx, uint8_t c)
{
	if (lx->word_len < PP_LEXER_WORD_MAX)
		lx->word[lx->word_len++] = (char)c;
	else
		lx->word_long = true;
}

static void begin(struct pp_lexer *lx, enum pp_lexer_where where)
{
	lx->where = (uint8_t)where;
	lx->word_len = 0;
	lx->word_long = lx->word_dot = lx->word_escaped = false;
}

void pp_quotes_begin_string(struct pp_lexer *lx, enum pp_quote quote)
{
	begin(lx, PP_LEX_STRING);
	lx->quote = (uint8_t)quote;
	lx->word_escaped = quote == PP_QUOTE_UNICODE;
	if (lx->searches && lx->word_escaped)
		pp_cause_pin(lx, PP_PIN_OPAQUE, NULL);
}

void pp_quotes_begin_quoted(struct pp_lexer *lx)
{
	begin(lx, PP_LEX_QUOTED);
}

static const uint8_t *in_string(struct pp_lexer *lx, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *begin = p;
	while (p < end) {
		uint8_t c = *p++;
		if (c == '\'') {
			lx->where = PP_LEX_STRING_END;
			break;
		}
		if (c == '\\' && lx->quote == PP_QUOTE_ESCAPE) {
			lx->word_escaped = true;
			lx->where = PP_LEX_STRING_ESC;
			if (lx->searches)
				pp_cause_pin(lx, PP_PIN_OPAQUE, NULL);
			break;
		}
		if (c == '\\' && !lx->conforming) {
			pp_cause_give_up(lx, "BACKSLASH IN QUOTES");
			break;
		}
		store(lx, c);
	}
	if (lx->searches)
		pp_body_feed(lx, begin, (size_t)(p - begin) - (lx->where != PP_LEX_STRING));
	return p;
}

static const uint8_t *after_string(struct pp_lexer *lx, const uint8_t *p)
{
	if (*p == '\'') {
		/* B'1''0' are two tokens, the second a plain one. */
		if (lx->quote == PP_QUOTE_BITS)
			lx->quote = PP_QUOTE_PLAIN;
		store(lx, *p);
		if (lx->searches)
			pp_body_feed(lx, p, 1);
		lx->where = PP_LEX_STRING;
		return p + 1;
	}
	pp_classify_string(lx);
	lx->newline = false;
	lx->where = lx->quote == PP_QUOTE_ESCAPE ? PP_LEX_E_GAP : PP_LEX_GAP;
	return p;
}

/* "Two string constants that are only separated by whitespace with at least one newline are
 * concatenated" (4.1.2.1): the backslashes of the second count if those of the first did. Line
 * comments are whitespace here, block comments are not. */
static const uint8_t *after_e_string(struct pp_lexer *lx, const uint8_t *p)
{
	switch (*p) {
	case '\n':
	case '\r': lx->newline = true; return p + 1;
	case ' ':
	case '\t':
	case '\f':
	case '\v': return p + 1;
	case '-': lx->where = PP_LEX_E_DASH; return p + 1;
	case '\'':
		if (!lx->newline)
			break;
		pp_quotes_begin_string(lx, PP_QUOTE_ESCAPE);
		return p + 1;
	}
	lx->where = PP_LEX_GAP;
	return p;
}

static const uint8_t *in_line_comment(struct pp_lexer *lx, const uint8_t *p, const uint8_t *end)
{
	while (p < end && *p != '\n' && *p != '\r')
		p++;
	if (p < end) /* the end of line is read again: it counts for E'...' */
		lx->where = lx->where == PP_LEX_LINE_COMMENT ? PP_LEX_GAP : PP_LEX_E_GAP;
	return p;
}

static const uint8_t *in_comment(struct pp_lexer *lx, const uint8_t *p, const uint8_t *end)
{
	while (p < end && *p != '*' && *p != '/')
		p++;
	if (p == end)
		return p;
	lx->where = *p == '*' ? PP_LEX_COMMENT_STAR : PP_LEX_COMMENT_SLASH;
	return p + 1;
}

static const uint8_t *after_comment_star(struct pp_lexer *lx, const uint8_t *p)
{
	if (*p == '/')
		lx->where = --lx->comment_depth > 0 ? PP_LEX_COMMENT : PP_LEX_GAP;
	else if (*p != '*')
		lx->where = PP_LEX_COMMENT;
	return p + 1;
}

static const uint8_t *after_comment_slash(struct pp_lexer *lx, const uint8_t *p)
{
	if (*p == '*')
		lx->comment_depth++;
	if (*p != '/')
		lx->where = PP_LEX_COMMENT;
	return p + 1;
}

static const uint8_t *in_quoted(struct pp_lexer *lx, const uint8_t *p, const uint8_t *end)
{
	while (p < end) {
		uint8_t c = *p++;
		if (c == '"') {
			lx->where = PP_LEX_QUOTED_END;
			break;
		}
		lx->word_dot |= c == '.';
		store(lx, c);
	}
	return p;
}

static const uint8_t *after_quoted(struct pp_lexer *lx, const uint8_t *p)
{
	if (*p == '"') {
		store(lx, *p);
		lx->where = PP_LEX_QUOTED;
		return p + 1;
	}
	lx->where = PP_LEX_GAP;
	pp_classify_quoted(lx);
	return p;
}

/* The opening tag is in lx->word, where nothing else is needed meanwhile. */
static const uint8_t *in_body(struct pp_lexer *lx, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *dollar = memchr(p, '$', (size_t)(end - p));
	if (lx->searches)
		pp_body_feed(lx, p, (size_t)((dollar ? dollar : end) - p));
	if (!dollar)
		return end;
	lx->where = PP_LEX_BODY_END;
	lx->tag_matched = 0;
	return dollar + 1;
}

/* What looked like the closing tag is part of the body. */
static void not_the_tag(struct pp_lexer *lx)
{
	if (!lx->searches)
		return;
	pp_body_feed(lx, (const uint8_t *)"$", 1);
	pp_body_feed(lx, (const uint8_t *)lx->word, lx->tag_matched);
}

static const uint8_t *in_body_end(struct pp_lexer *lx, const uint8_t *p)
{
	if (lx->tag_matched == lx->word_len && *p == '$') {
		lx->where = PP_LEX_GAP;
		lx->word_escaped = true; /* its text has not been kept */
		pp_classify_string(lx);
	} else if (lx->tag_matched < lx->word_len && *p == (uint8_t)lx->word[lx->tag_matched]) {
		lx->tag_matched++;
	} else if (*p == '$') { /* may be the first of the closing tag */
		not_the_tag(lx);
		lx->tag_matched = 0;
	} else {
		not_the_tag(lx);
		lx->where = PP_LEX_BODY;
		return p;
	}
	return p + 1;
}

const uint8_t *pp_quotes_read(struct pp_lexer *lx, const uint8_t *p, const uint8_t *end)
{
	switch ((enum pp_lexer_where)lx->where) {
	case PP_LEX_STRING: return in_string(lx, p, end);
	case PP_LEX_STRING_ESC: lx->where = PP_LEX_STRING; return p + 1;
	case PP_LEX_STRING_END: return after_string(lx, p);
	case PP_LEX_E_GAP: return after_e_string(lx, p);
	case PP_LEX_E_DASH:
		lx->where = *p == '-' ? PP_LEX_E_COMMENT : PP_LEX_DASH;
		return *p == '-' ? p + 1 : p;
	case PP_LEX_LINE_COMMENT:
	case PP_LEX_E_COMMENT: return in_line_comment(lx, p, end);
	case PP_LEX_COMMENT: return in_comment(lx, p, end);
	case PP_LEX_COMMENT_STAR: return after_comment_star(lx, p);
	case PP_LEX_COMMENT_SLASH: return after_comment_slash(lx, p);
	case PP_LEX_QUOTED: return in_quoted(lx, p, end);
	case PP_LEX_QUOTED_END: return after_quoted(lx, p);
	case PP_LEX_BODY: return in_body(lx, p, end);
	case PP_LEX_BODY_END: return in_body_end(lx, p);
	default: return end; /* not ours */
	}
}

bool pp_quotes_is_closed(const struct pp_lexer *lx)
{
	switch ((enum pp_lexer_where)lx->where) {
	case PP_LEX_STRING:
	case PP_LEX_STRING_ESC:
	case PP_LEX_QUOTED:
	case PP_LEX_COMMENT:
	case PP_LEX_COMMENT_STAR:
	case PP_LEX_COMMENT_SLASH:
	case PP_LEX_BODY:
	case PP_LEX_BODY_END: return false;
	default: return true;
	}
}
