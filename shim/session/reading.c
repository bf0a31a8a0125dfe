#include "session/reading.h"

#include <string.h>
#include <strings.h>

static const char *const names[] = {
	"array_nulls",	 "backslash_quote",	  "client_encoding", "datestyle",
	"intervalstyle", "lc_monetary",		  "lc_time",	     "standard_conforming_strings",
	"timezone",	 "transform_null_equals", "xmloption",	     NULL};
const char *const pp_reading_words[] = {"client_encoding", "standard_conforming_strings", NULL};
const char *const pp_reading_names[] = {"role", "search_path", "session_authorization", NULL};

static int pick(struct pp_label label, const char *const *which, char bytes[PP_LABEL_MAX],
		size_t *ret_len)
{
	char other[PP_LABEL_MAX];
	size_t len = 0;
	for (; label.len && *which; which++) {
		const char *value = pp_label_get(label, *which);
		if (!value)
			continue;
		memcpy(other, bytes, len);
		if (pp_label_with((struct pp_label){other, len}, *which, value, bytes, &len) < 0)
			return PP_ERR_FULL;
	}
	*ret_len = len;
	return 0;
}

int pp_reading_of(struct pp_label label, char bytes[PP_LABEL_MAX], size_t *ret_len)
{
	return pick(label, names, bytes, ret_len);
}

int pp_reading_names_of(struct pp_label label, char bytes[PP_LABEL_MAX], size_t *ret_len)
{
	return pick(label, pp_reading_names, bytes, ret_len);
}

bool pp_reading_is_same(struct pp_label a, struct pp_label b)
{
	for (size_t i = 0; names[i]; i++) {
		const char *x = pp_label_get(a, names[i]), *y = pp_label_get(b, names[i]);
		if (x != y && (!x || !y || strcmp(x, y) != 0))
			return false;
	}
	return true;
}

/* Words of date and time input that have no digit (docs 8.5.1.4), and those of XML. */
static bool begins_with_word(const char *at, size_t left)
{
	static const char *const words[] = {"now",	"today",    "tomorrow", "yesterday",
					    "allballs", "infinity", "epoch"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) <= left && strncasecmp(at, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

static bool literal_matters(const char *at, size_t left)
{
	return strchr("0123456789\\{<", *at) || begins_with_word(at, left);
}

static bool code_matters(const char *at, size_t left)
{
	bool comment =
		left > 1 && ((at[0] == '-' && at[1] == '-') || (at[0] == '/' && at[1] == '*'));
	bool dollar = at[0] == '$' && left > 1 && !(at[1] >= '0' && at[1] <= '9');
	bool null = left >= 4 && strncasecmp(at, "null", 4) == 0;
	return comment || dollar || null;
}

bool pp_reading_matters(const uint8_t *text, size_t len)
{
	const char *at = (const char *)text, *end = at + strnlen(at, len);
	char quote = '\0';
	for (; at < end; at++) {
		if ((unsigned char)*at >= 0x80)
			return true;
		if (quote && *at == quote)
			quote = '\0'; /* a doubled one begins again at once */
		else if (!quote && (*at == '\'' || *at == '"'))
			quote = *at;
		else if (quote == '\'' && literal_matters(at, (size_t)(end - at)))
			return true;
		else if (!quote && code_matters(at, (size_t)(end - at)))
			return true;
	}
	return false;
}
