#include "broker/guards.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name, *value;
} guards_table[PP_GUARD_BIT__COUNT] = {
#define X(bit, setting, value) [PP_GUARD_BIT_##bit] = {setting, value},
	PP_GUARDS(X)
#undef X
};

static uint32_t bit(enum pp_guard_bit at)
{
	return UINT32_C(1) << at;
}

void pp_guards_options(uint32_t guards, char ret_text[PP_GUARDS_TEXT_MAX])
{
	size_t at = 0;
	ret_text[0] = '\0';
	for (int i = 0; i < PP_GUARD_BIT__COUNT; i++)
		if (guards & bit(i))
			at += (size_t)snprintf(ret_text + at, PP_GUARDS_TEXT_MAX - at, "-c %s=%s ",
					       guards_table[i].name, guards_table[i].value);
}

void pp_guards_names(uint32_t guards, char ret_text[PP_GUARDS_TEXT_MAX])
{
	size_t at = 0;
	ret_text[0] = '\0';
	for (int i = 0; i < PP_GUARD_BIT__COUNT; i++)
		if (guards & bit(i))
			at += (size_t)snprintf(ret_text + at, PP_GUARDS_TEXT_MAX - at, "%s%s",
					       at ? ", " : "", guards_table[i].name);
}

/* Errors that would have come without the guards, too: who you are, which database, no room, not up. */
static bool is_unrelated(const char *sqlstate)
{
	static const char *const classes[] = {"28", "3D", "53", "57"};
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
		if (strncmp(sqlstate, classes[i], 2) == 0)
			return true;
	return false;
}

/* In any language an unknown name is quoted as it came. */
static bool is_named(const char *message)
{
	for (int i = 0; i < PP_GUARD_BIT__COUNT; i++)
		if (strstr(message, guards_table[i].name))
			return true;
	return false;
}

uint32_t pp_guards_after_refusal(uint32_t asked, const char *sqlstate, const char *message)
{
	if (is_unrelated(sqlstate))
		return asked;
	if (strcmp(sqlstate, "42704") != 0)
		return 0; /* no server that would tell one name from another */
	if (!is_named(message))
		return asked; /* a name of the program's own */
	/* The youngest first. */
	for (int i = PP_GUARD_BIT_CHECK_INTERVAL; i >= PP_GUARD_BIT_USER_TIMEOUT; i--)
		if (asked & bit(i))
			return asked & ~bit(i);
	return 0;
}

uint32_t pp_guards_of_setting(const char *setting)
{
	size_t len = strcspn(setting, "=");
	for (int i = 0; i < PP_GUARD_BIT__COUNT; i++)
		if (strlen(guards_table[i].name) == len &&
		    strncmp(guards_table[i].name, setting, len) == 0)
			return bit(i);
	return 0;
}
