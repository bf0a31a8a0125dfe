#include "session/past.h"

#include <string.h>

#define LIBRARY "plpgsql."

static bool begins_with(const uint8_t *text, size_t len, const char *word)
{
	size_t n = 0;
	while (n < len && word[n] && (text[n] | 0x20) == word[n])
		n++;
	return n < len && !word[n];
}

static bool ends_with(const uint8_t *text, size_t len, const char *word)
{
	size_t n = strlen(word);
	return len >= n && memcmp(text + len - n, word, n) == 0;
}

/* Every text is searched, so by its rarest letter: most have few underscores. */
static bool holds_name(const uint8_t *text, size_t len)
{
	const uint8_t *p = text, *end = text + len;
	while (p < end && (p = memchr(p, '_', (size_t)(end - p)))) {
		size_t before = (size_t)(p++ - text);
		if (ends_with(text, before, "pg_stat") ||
		    (ends_with(text, before, "temp") &&
		     begins_with(p, (size_t)(end - p), "buffers")))
			return true;
	}
	return false;
}

/* SET and LOAD are short and rare; of all other texts only a name is looked for. */
bool pp_past_may_matter(const uint8_t *text, size_t len)
{
	while (len > 0 && (*text <= ' ' || *text == ';')) {
		text++;
		len--;
	}
	return begins_with(text, len, "set") || begins_with(text, len, "load") ||
	       holds_name(text, len);
}

static bool is(const char *name, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(name, word, len) == 0;
}

static bool is_of(const char *name, size_t len, const char *family)
{
	return strlen(family) < len && memcmp(name, family, strlen(family)) == 0;
}

/* docs 28.2: a server reports what it did once a second at most, and only of itself can that be hurried. */
uint32_t pp_past_counted(const char *name, size_t len)
{
	if (!is_of(name, len, "pg_stat"))
		return 0;
	if (is(name, len, "pg_stat_force_next_flush"))
		return PP_PIN_STATS | PP_TOUCH_SESSIONS;
	if (is(name, len, "pg_stat_database") || is(name, len, "pg_stat_get_db_sessions"))
		return PP_TOUCH_SESSIONS;
	if (is_of(name, len, "pg_statio_") || is_of(name, len, "pg_stat_user_") ||
	    is_of(name, len, "pg_stat_all_") || is_of(name, len, "pg_stat_xact_"))
		return PP_PIN_STATS;
	return 0;
}

/* docs 43.11.2, 43.12, 43.9.2 */
bool pp_past_is_refused(const struct pp_lexer *lx)
{
	static const char *const known[] = {"variable_conflict", "print_strict_params",
					    "check_asserts", "extra_warnings", "extra_errors"};
	size_t prefix = strlen(LIBRARY), len = lx->names.spelled_len;
	const char *name = lx->names.spelled;
	if (len <= prefix || memcmp(name, LIBRARY, prefix) != 0)
		return false;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (is(name + prefix, len - prefix, known[i]))
			return false;
	return true;
}
