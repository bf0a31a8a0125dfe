#include "session/rowless.h"

#include <string.h>
#include <strings.h>

/* What returns rows only with RETURNING, and utility commands that UtilityReturnsTuples() (utility.c) does not know. */
static bool is_command(const char *word, size_t len)
{
	static const char *const words[] = {
		"alter",   "analyze", "begin",	  "close",    "comment", "commit",   "copy",
		"create",  "delete",  "discard",  "do",	      "drop",	 "end",	     "deallocate",
		"declare", "grant",   "insert",	  "listen",   "lock",	 "merge",    "notify",
		"prepare", "refresh", "release",  "reset",    "revoke",	 "rollback", "savepoint",
		"set",	   "start",   "truncate", "unlisten", "update",	 "vacuum"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == len && strncasecmp(word, words[i], len) == 0)
			return true;
	return false;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* $n, wherever it stands; false: $ of something else, or too high a number. */
static bool read_symbol(const char **at, const char *end, uint32_t *symbols)
{
	uint32_t n = 0;
	const char *p = *at + 1;
	for (; p < end && *p >= '0' && *p <= '9' && n <= UINT16_MAX; p++)
		n = n * 10 + (uint32_t)(*p - '0');
	if (n == 0 || n > UINT16_MAX)
		return false;
	*at = p;
	if (n > *symbols)
		*symbols = n;
	return true;
}

bool pp_rowless_is_sure(const uint8_t *text, size_t len, uint32_t *ret_symbols)
{
	static const char returning[] = "returning";
	const char *at = (const char *)text, *end = at + strnlen(at, len), *word;
	size_t n = sizeof returning - 1;
	*ret_symbols = 0;
	while (at < end && is_space(*at))
		at++;
	for (word = at; at < end && ((*at | 0x20) >= 'a' && (*at | 0x20) <= 'z');)
		at++;
	if (!is_command(word, (size_t)(at - word)))
		return false;
	while (at < end) {
		if ((*at | 0x20) == 'r' && (size_t)(end - at) >= n &&
		    strncasecmp(at, returning, n) == 0)
			return false;
		if (*at != '$')
			at++;
		else if (!read_symbol(&at, end, ret_symbols))
			return false;
	}
	return true;
}
