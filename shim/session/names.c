#include "session/names.h"

#include <string.h>

#include "session/cause.h"
#include "session/label.h"
#include "session/reading.h"

void pp_names_init(struct pp_lexer_names *names)
{
	names->len = names->spelled_len = 0;
	names->all = names->custom = names->renames = names->rereads = names->too_long = false;
}

void pp_names_begin(struct pp_lexer *lx)
{
	lx->names.spelled_len = 0;
	lx->names.too_long = false;
}

void pp_names_part(struct pp_lexer *lx, const char *part, size_t len)
{
	struct pp_lexer_names *names = &lx->names;
	size_t room = sizeof names->spelled - names->spelled_len;
	if (len > room) {
		names->too_long = true;
		len = room;
	}
	for (size_t i = 0; i < len; i++)
		names->spelled[names->spelled_len++] =
			(char)(part[i] | (part[i] >= 'A' && part[i] <= 'Z' ? 0x20 : 0));
}

bool pp_names_is(const struct pp_lexer *lx, const char *name)
{
	size_t len = strlen(name);
	return !lx->names.too_long && lx->names.spelled_len == len &&
	       memcmp(lx->names.spelled, name, len) == 0;
}

bool pp_names_is_custom(const struct pp_lexer *lx)
{
	return memchr(lx->names.spelled, '.', lx->names.spelled_len) != NULL;
}

void pp_names_add_all(struct pp_lexer *lx)
{
	lx->names.all = true;
	lx->names.renames = true;
}

void pp_names_add_unknown(struct pp_lexer *lx, const char *cause)
{
	pp_cause_pin(lx, PP_PIN_SETTINGS | PP_PIN_OPAQUE, cause);
	lx->names.all = lx->names.custom = true;
	lx->names.renames = lx->names.rereads = true;
}

/* A name set for the session and for the transaction is set for the session. */
static bool is_known(struct pp_lexer_names *names, char kind)
{
	for (size_t at = 0; at < names->len; at += strlen(names->text + at) + 1) {
		const char *name = names->text + at + 1;
		if (strlen(name) != names->spelled_len ||
		    memcmp(name, names->spelled, names->spelled_len) != 0)
			continue;
		if (kind == 's' || names->text[at] == 'g')
			names->text[at] = kind;
		return true;
	}
	return false;
}

static bool store(struct pp_lexer_names *names, char kind)
{
	if (is_known(names, kind))
		return true;
	if (names->len + names->spelled_len + 2u > sizeof names->text)
		return false;
	char *entry = names->text + names->len;
	entry[0] = kind;
	memcpy(entry + 1, names->spelled, names->spelled_len);
	entry[1 + names->spelled_len] = '\0';
	names->len = (uint16_t)(names->len + names->spelled_len + 2);
	return true;
}

static bool is_ascii(const struct pp_lexer_names *names)
{
	for (size_t i = 0; i < names->spelled_len; i++)
		if ((unsigned char)names->spelled[i] >= 0x80)
			return false;
	return true;
}

static bool ends_with_transaction(const struct pp_lexer *lx)
{
	char name[sizeof lx->names.spelled + 1];
	memcpy(name, lx->names.spelled, lx->names.spelled_len);
	name[lx->names.spelled_len] = '\0';
	return pp_label_ends_with_transaction(name);
}

static bool is_among(const struct pp_lexer *lx, const char *const *names)
{
	while (*names && !pp_names_is(lx, *names))
		names++;
	return *names;
}

static void add_custom(struct pp_lexer *lx, enum pp_names_how how, const char *cause)
{
	bool local = how == PP_NAMES_SET_LOCAL, guess = how == PP_NAMES_GUESS;
	if (!store(&lx->names, local ? 'l' : guess ? 'g' : 's')) {
		if (!guess)
			pp_names_add_unknown(lx, cause);
		return;
	}
	lx->names.custom |= !local;
	if (local)
		lx->touched |= PP_TOUCH_LOCAL;
	else
		pp_cause_pin(lx, PP_PIN_SETTINGS, cause);
}

void pp_names_add(struct pp_lexer *lx, enum pp_names_how how, const char *cause)
{
	struct pp_lexer_names *names = &lx->names;
	if (names->spelled_len == 0 || (how == PP_NAMES_GUESS && !is_ascii(names)))
		return;
	if (names->too_long || memchr(names->spelled, '\0', names->spelled_len)) {
		pp_names_add_unknown(lx, cause);
		return;
	}
	if (!is_ascii(names)) {
		pp_names_add_unknown(lx, cause); /* it would be another one in another encoding */
		return;
	}
	if (pp_names_is_custom(lx)) {
		add_custom(lx, how, cause);
		return;
	}
	if (ends_with_transaction(lx))
		return;
	if (pp_names_is(lx, "seed") && how != PP_NAMES_RESET) {
		pp_cause_pin(lx, PP_PIN_SEED, cause); /* not undone by any end */
		return;
	}
	lx->names.rereads |= how != PP_NAMES_RESET && is_among(lx, pp_reading_words);
	if (pp_names_is(lx, "temp_buffers") && how != PP_NAMES_RESET)
		lx->touched |= PP_TOUCH_TEMP_PATH;
	lx->names.renames |= is_among(lx, pp_reading_names);
	if (how == PP_NAMES_SET_LOCAL)
		return;
	if (how == PP_NAMES_SET)
		pp_cause_pin(lx, PP_PIN_SETTINGS, cause);
	names->all |= !store(names, 's');
	if (!pp_names_is(lx, "session_authorization"))
		return;
	pp_names_begin(lx); /* it also sets the role */
	pp_names_part(lx, "role", strlen("role"));
	names->all |= !store(names, 's');
}

bool pp_lexer_names_all(const struct pp_lexer *lx)
{
	return lx->names.all;
}

bool pp_lexer_names_rename(const struct pp_lexer *lx)
{
	return lx->names.renames;
}

bool pp_lexer_names_reread(const struct pp_lexer *lx)
{
	return lx->names.rereads;
}

bool pp_lexer_names_custom(const struct pp_lexer *lx)
{
	return lx->names.custom;
}

bool pp_lexer_name_is_guess(const char *name)
{
	return name[-1] == 'g';
}

const char *pp_lexer_next_name(const struct pp_lexer *lx, const char *previous, bool *ret_local)
{
	const char *entry = previous ? previous + strlen(previous) + 1 : lx->names.text;
	if (entry >= lx->names.text + lx->names.len)
		return NULL;
	if (ret_local)
		*ret_local = *entry == 'l';
	return entry + 1;
}
