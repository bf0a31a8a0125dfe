#include "session/body.h"

#include <string.h>

#include "session/calls.h"
#include "session/cause.h"
#include "session/ddl.h"
#include "session/steps.h"

enum pp_body_expects {
	PP_BODY_ANYTHING,
	PP_BODY_SETTING,      /* SET so far */
	PP_BODY_SET,	      /* SET name so far */
	PP_BODY_ARGUMENT,     /* set_config( so far */
	PP_BODY_QUOTED,	      /* set_config(' so far */
	PP_BODY_ARGUMENT_END, /* set_config('name so far */
};

void pp_body_begin(struct pp_lexer *lx)
{
	memset(&lx->body, 0, sizeof lx->body);
}

static bool is(const struct pp_lexer_body *body, const char *word)
{
	return body->len == strlen(word) && memcmp(body->word, word, body->len) == 0;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void unknown(struct pp_lexer *lx)
{
	pp_names_add_unknown(lx, NULL);
	lx->body.expects = PP_BODY_ANYTHING;
}

/* The name that a set_config( around us was told is overwritten. */
static void begin_name(struct pp_lexer *lx)
{
	if (lx->call_depth)
		lx->call_name_known = false;
	pp_names_begin(lx);
}

/* The word names a setting. Only custom ones, and those that do more than to be set, matter. */
static void add_setting(struct pp_lexer *lx)
{
	const struct pp_lexer_body *body = &lx->body;
	if (body->is_long || body->word[body->len - 1] == '.') {
		unknown(lx);
		return;
	}
	begin_name(lx);
	pp_names_part(lx, body->word, body->len);
	if (body->dotted || is(body, "seed"))
		pp_names_add(lx, PP_NAMES_SET, NULL);
}

/* Perhaps a name that something will set: 'app.tenant', but also 'billing.invoice_seq', 'error.not_found', 'Done.' and '1.5'.
 * Who puts a name together is found by that; so one that cannot be kept is let go. */
static void guess_setting(struct pp_lexer *lx)
{
	const struct pp_lexer_body *body = &lx->body;
	bool is_number = body->word[0] >= '0' && body->word[0] <= '9';
	if (!body->dotted || body->is_long || is_number || body->word[body->len - 1] == '.')
		return;
	begin_name(lx);
	pp_names_part(lx, body->word, body->len);
	pp_names_add(lx, PP_NAMES_GUESS, NULL);
}

/* Each part of a dotted name. */
static void check_parts(struct pp_lexer *lx)
{
	struct pp_lexer_body *body = &lx->body;
	for (size_t at = 0; at < body->len;) {
		const char *dot = memchr(body->word + at, '.', body->len - at);
		size_t end = dot ? (size_t)(dot - body->word) : body->len;
		pp_calls_any_name(lx, body->word + at, end - at);
		if (end - at >= strlen(PP_STEPS_TEMP_SCHEMA) &&
		    memcmp(body->word + at, PP_STEPS_TEMP_SCHEMA, strlen(PP_STEPS_TEMP_SCHEMA)) ==
			    0)
			pp_cause_pin(lx, PP_PIN_DYNAMIC, "PG_TEMP");
		body->last_part = (uint8_t)at;
		at = end + 1;
	}
}

static const struct {
	const char *word;
	uint32_t found;
} telling[] = {
	{"load", PP_PIN_LOAD},
	{"deallocate", PP_PIN_DYNAMIC | PP_TOUCH_STATEMENTS | PP_TOUCH_PREPARES},
	{"execute", PP_PIN_DYNAMIC},
	{"prepare", PP_PIN_DYNAMIC | PP_TOUCH_PREPARES},
	{"listen", PP_PIN_DYNAMIC},
	{"unlisten", PP_PIN_DYNAMIC},
	{"temp", PP_PIN_DYNAMIC},
	{"temporary", PP_PIN_DYNAMIC},
	{"hold", PP_PIN_DYNAMIC},
	{"discard", PP_PIN_DYNAMIC},
	{"pg_settings", PP_PIN_DYNAMIC},
	{"notify", PP_TOUCH_NOTIFIES},
	{"drop", PP_TOUCH_END},
	{"close", PP_TOUCH_END},
};

/* Nearly every word is none of these. */
static uint32_t what_it_tells(const struct pp_lexer_body *body)
{
	if (body->len < 4)
		return 0;
	for (size_t i = 0; i < sizeof telling / sizeof *telling; i++)
		if (telling[i].word[0] == body->word[0] && is(body, telling[i].word))
			return telling[i].found;
	return 0;
}

/* Of UPDATE t SET a = 1; but a condition may end between the two words. */
static void follow_update(struct pp_lexer_body *body)
{
	if (is(body, "update"))
		body->updating = true;
	else if (is(body, "then") || is(body, "begin") || is(body, "else") || is(body, "loop"))
		body->updating = false;
}

/* CREATE [OR REPLACE] FUNCTION ..., ALTER ROLE ... */
static void follow_create(struct pp_lexer *lx)
{
	struct pp_lexer_body *body = &lx->body;
	if (is(body, "create") || is(body, "alter") || is(body, "drop")) {
		body->creating = true;
		body->dropping = is(body, "drop");
	} else if (body->creating && !is(body, "or") && !is(body, "replace")) {
		body->creating = false;
		if (is(body, "role") || is(body, "user") || is(body, "database"))
			lx->touched |= PP_TOUCH_DEFAULTS;
		else if (!body->dropping &&
			 (is(body, "table") || pp_ddl_is_code(body->word, body->len)))
			lx->touched |= PP_TOUCH_CODE;
	}
}

static void plain_word(struct pp_lexer *lx, uint8_t next)
{
	struct pp_lexer_body *body = &lx->body;
	bool fills_string = body->before == '\'' && next == '\'';
	uint32_t tells = what_it_tells(body);
	if (tells)
		pp_cause_pin(lx, tells, NULL);
	if (fills_string) {
		guess_setting(lx);
		return;
	}
	follow_update(body);
	follow_create(lx);
	if (is(body, "reset") || (is(body, "set") && !body->updating)) {
		body->expects = PP_BODY_SETTING;
		pp_cause_pin(lx, PP_PIN_DYNAMIC, NULL);
	}
}

static void end_word(struct pp_lexer *lx, uint8_t next)
{
	struct pp_lexer_body *body = &lx->body;
	check_parts(lx);
	if (next == '&' && is(body, "u")) /* U&"..." spells any name */
		pp_cause_pin(lx, PP_PIN_OPAQUE, NULL);
	body->escapes |= next == '\'' && is(body, "e");
	switch ((enum pp_body_expects)body->expects) {
	case PP_BODY_SET: body->expects = PP_BODY_ANYTHING; /* fall through */
	case PP_BODY_ANYTHING: plain_word(lx, next); break;
	case PP_BODY_SETTING:
		if (is(body, "local") || is(body, "session"))
			break;
		body->expects = PP_BODY_SET;
		add_setting(lx);
		break;
	case PP_BODY_QUOTED:
		body->expects = PP_BODY_ARGUMENT_END;
		add_setting(lx);
		if (next != '\'')
			unknown(lx);
		break;
	case PP_BODY_ARGUMENT_END:
		if (body->before == ':') /* 'name'::text, as the server writes it */
			break;
		/* fall through */
	case PP_BODY_ARGUMENT: unknown(lx); break;
	}
	body->called = true;
}

static void open_bracket(struct pp_lexer *lx)
{
	struct pp_lexer_body *body = &lx->body;
	const struct pp_calls_row *row =
		pp_calls_find(body->word + body->last_part, (size_t)body->len - body->last_part);
	if (!row || body->is_long)
		return;
	pp_cause_pin(lx, row->found ? row->found : PP_PIN_DYNAMIC, row->shown);
	if (!row->found)
		body->expects = PP_BODY_ARGUMENT;
}

/* Not part of a word, not space. A name that is put together shows by what stands beside it: a
 * quote that ends too early, || or the % of format(). */
static void punctuation(struct pp_lexer *lx, uint8_t c)
{
	struct pp_lexer_body *body = &lx->body;
	body->commented |= c == '-' && body->last == '-';
	if (c == ';' || (c == '/' && body->last == '*'))
		body->updating = body->creating = false;
	switch ((enum pp_body_expects)body->expects) {
	case PP_BODY_ANYTHING: break;
	case PP_BODY_SETTING:
		body->expects = PP_BODY_ANYTHING;
		if (strchr("'%|/-$.", c))
			unknown(lx);
		break;
	case PP_BODY_SET:
		if (c == '\'')
			break;
		body->expects = PP_BODY_ANYTHING;
		if (strchr("%|$.", c))
			unknown(lx);
		break;
	case PP_BODY_ARGUMENT:
		body->expects = PP_BODY_QUOTED;
		if (c != '\'')
			unknown(lx);
		break;
	case PP_BODY_QUOTED: /* may be doubled */
		if (c != '\'')
			unknown(lx);
		break;
	case PP_BODY_ARGUMENT_END:
		if (c == '\'' || c == ':')
			break;
		body->expects = PP_BODY_ANYTHING;
		if (c != ',')
			unknown(lx);
		break;
	}
	if (body->called && c == '(')
		open_bracket(lx);
	body->called = false;
}

static bool is_word_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c >= 0x80;
}

static void in_word(struct pp_lexer_body *body, uint8_t c)
{
	if (!body->in_word) {
		body->in_word = true;
		body->before = body->last;
		body->dotted = body->is_long = false;
		body->len = body->last_part = 0;
	}
	body->dotted |= c == '.';
	if (body->len < sizeof body->word)
		body->word[body->len++] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	else
		body->is_long = true;
}

/* "app"."x" is read as app.x: a double quote is as good as nothing. */
void pp_body_feed(struct pp_lexer *lx, const uint8_t *bytes, size_t len)
{
	struct pp_lexer_body *body = &lx->body;
	for (const uint8_t *p = bytes; p < bytes + len; p++) {
		uint8_t c = *p;
		if (c == '"')
			continue;
		if (is_word_byte(c) || (body->in_word && c == '.')) {
			in_word(body, c);
			body->last = c;
			continue;
		}
		if (body->in_word) {
			body->in_word = false;
			end_word(lx, c);
		}
		if (c == '\\' && body->escapes)
			pp_cause_pin(lx, PP_PIN_OPAQUE, NULL);
		if (!is_space(c))
			punctuation(lx, c);
		else if (c == '\n' && body->commented)
			body->commented = body->updating = body->creating = false;
		body->last = c;
	}
}

void pp_body_end(struct pp_lexer *lx)
{
	pp_body_feed(lx, (const uint8_t *)";", 1);
	pp_body_begin(lx);
}
