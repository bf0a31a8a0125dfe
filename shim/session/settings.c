#include "session/settings.h"

#include <string.h>
#include <strings.h>

#include "session/cause.h"
#include "session/past.h"
#include "session/steps.h"

static void spell(struct pp_lexer *lx, const char *name)
{
	pp_names_begin(lx);
	pp_names_part(lx, name, strlen(name));
}

/* The server cuts a longer word; where, depends on its encoding. */
static void spell_word(struct pp_lexer *lx)
{
	pp_names_part(lx, lx->word, lx->word_len);
	lx->names.too_long |= lx->word_len >= PP_LEXER_NAME_MAX;
}

static void begin_name(struct pp_lexer *lx, bool quoted)
{
	pp_names_begin(lx);
	spell_word(lx);
	lx->setting_quoted = quoted;
	lx->step = PP_STEP_SET_NAME;
}

static void add(struct pp_lexer *lx)
{
	/* Accepted, removed or refused: that cannot be repeated on another server. */
	if (lx->setting == PP_NAMES_SET && pp_past_is_refused(lx))
		pp_cause_pin(lx, PP_PIN_LOAD | PP_TOUCH_LIBRARIES, "A LIBRARY'S SETTING");
	pp_names_add(lx, (enum pp_names_how)lx->setting, NULL);
}

/* The ways to say a setting without its name. TRANSACTION and CONSTRAINTS end with the transaction.
 * Returns false when no setting is meant that has a name. */
static bool translate(struct pp_lexer *lx)
{
	static const char *const words[][2] = {
		{"time", "timezone"}, {"names", "client_encoding"}, {"schema", "search_path"},
		{"xml", "xmloption"}, {"transaction", NULL},	    {"constraints", NULL},
	};
	if (lx->setting_quoted)
		return true;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!pp_names_is(lx, words[i][0]))
			continue;
		if (words[i][1])
			spell(lx, words[i][1]);
		return words[i][1] != NULL;
	}
	if (lx->setting != PP_NAMES_RESET || !pp_names_is(lx, "all"))
		return true;
	pp_names_add_all(lx);
	return false;
}

static void end_name(struct pp_lexer *lx)
{
	lx->step = PP_STEP_SKIM;
	if (!translate(lx))
		return;
	if (lx->setting != PP_NAMES_RESET && pp_names_is(lx, "search_path"))
		lx->step = PP_STEP_SET_PATH;
	add(lx);
}

/* SESSION AUTHORIZATION, SESSION CHARACTERISTICS AS TRANSACTION, SESSION name. */
static void after_session(struct pp_lexer *lx, bool quoted)
{
	static const char *const characteristics[] = {"default_transaction_isolation",
						      "default_transaction_read_only",
						      "default_transaction_deferrable"};
	if (!quoted && pp_classify_is_word(lx, "authorization")) {
		spell(lx, "session_authorization");
		add(lx);
		lx->step = PP_STEP_SKIM;
	} else if (!quoted && pp_classify_is_word(lx, "characteristics")) {
		for (size_t i = 0; i < sizeof characteristics / sizeof *characteristics; i++) {
			spell(lx, characteristics[i]);
			add(lx);
		}
		lx->step = PP_STEP_SKIM;
	} else {
		begin_name(lx, quoted);
	}
}

static void after_name(struct pp_lexer *lx, bool quoted)
{
	if (!lx->setting_quoted && pp_names_is(lx, "session")) {
		after_session(lx, quoted);
	} else if (!lx->setting_quoted && lx->setting == PP_NAMES_SET && pp_names_is(lx, "local")) {
		lx->setting = PP_NAMES_SET_LOCAL;
		begin_name(lx, quoted);
	} else {
		end_name(lx);
	}
}

void pp_settings_name(struct pp_lexer *lx, bool quoted)
{
	switch ((enum pp_step)lx->step) {
	case PP_STEP_SET:
	case PP_STEP_RESET:
		lx->setting = lx->step == PP_STEP_SET ? PP_NAMES_SET : PP_NAMES_RESET;
		begin_name(lx, quoted);
		break;
	case PP_STEP_SET_NAME: after_name(lx, quoted); break;
	case PP_STEP_SET_DOT:
		spell_word(lx);
		lx->step = PP_STEP_SET_NAME;
		break;
	default: /* SET_PATH */
		if (pp_steps_is_temp_schema(lx))
			pp_cause_pin(lx, PP_PIN_TEMP | PP_TOUCH_TEMP_PATH, "SEARCH_PATH PG_TEMP");
		break;
	}
}

/* SESSION, LOCAL and the like are also good first halves of a name: SET local.x = 1. */
void pp_settings_other(struct pp_lexer *lx, enum pp_token token, char punct)
{
	if (lx->step == PP_STEP_SET_NAME && token == PP_TOKEN_PUNCT && punct == '.') {
		pp_names_part(lx, ".", 1);
		lx->step = PP_STEP_SET_DOT;
		return;
	}
	if (lx->step == PP_STEP_SET || lx->step == PP_STEP_RESET)
		lx->step = PP_STEP_SKIM;
	pp_settings_end(lx);
	if (lx->step == PP_STEP_SET_PATH && token == PP_TOKEN_STRING && pp_settings_spells_temp(lx))
		pp_cause_pin(lx, PP_PIN_TEMP | PP_TOUCH_TEMP_PATH, "SEARCH_PATH PG_TEMP");
}

void pp_settings_end(struct pp_lexer *lx)
{
	if (lx->step == PP_STEP_SET_NAME || lx->step == PP_STEP_SET_DOT)
		end_name(lx);
}

bool pp_settings_spells_temp(const struct pp_lexer *lx)
{
	size_t len = strlen(PP_STEPS_TEMP_SCHEMA);
	if (lx->word_long || lx->word_escaped)
		return true;
	for (size_t i = 0; i + len <= lx->word_len; i++)
		if (strncasecmp(lx->word + i, PP_STEPS_TEMP_SCHEMA, len) == 0)
			return true;
	return false;
}
