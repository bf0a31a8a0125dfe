#include "session/words.h"

#include <stdlib.h>
#include <string.h>

/* Sorted. What is not here pins: a statement of a newer PostgreSQL may do anything. RETURN stands
 * only in the BEGIN ATOMIC body of a function that is being created. */
static const struct pp_words_row rows[] = {
	{"abort", PP_STEP_SKIM, PP_TOUCH_END},
	{"alter", PP_STEP_ALTER, PP_TOUCH_DDL | PP_TOUCH_UNSETTLED},
	{"analyse", PP_STEP_SKIM, 0},
	{"analyze", PP_STEP_SKIM, 0},
	{"begin", PP_STEP_SKIM, 0},
	{"call", PP_STEP_SKIM, PP_PIN_DYNAMIC | PP_TOUCH_END | PP_TOUCH_UNSETTLED},
	{"checkpoint", PP_STEP_SKIM, 0},
	{"close", PP_STEP_SKIM, PP_TOUCH_END},
	{"cluster", PP_STEP_SKIM, 0},
	{"comment", PP_STEP_SKIM, 0},
	{"commit", PP_STEP_SKIM, PP_TOUCH_END},
	{"copy", PP_STEP_SKIM, PP_TOUCH_SEQUENCE},
	{"create", PP_STEP_CREATE, PP_TOUCH_DDL | PP_TOUCH_UNSETTLED},
	{"deallocate", PP_STEP_DEALLOCATE, PP_TOUCH_END | PP_TOUCH_STATEMENTS | PP_TOUCH_FORGETS},
	{"declare", PP_STEP_DECLARE, 0},
	{"delete", PP_STEP_SKIM, 0},
	{"discard", PP_STEP_DISCARD, PP_TOUCH_END | PP_TOUCH_FORGETS | PP_TOUCH_UNSETTLED},
	{"do", PP_STEP_DO, PP_PIN_DYNAMIC | PP_TOUCH_END | PP_TOUCH_UNSETTLED},
	{"drop", PP_STEP_DROP, PP_TOUCH_END | PP_TOUCH_DDL | PP_TOUCH_UNSETTLED},
	{"end", PP_STEP_SKIM, PP_TOUCH_END},
	{"execute", PP_STEP_EXECUTE, PP_PIN_PREPARE},
	{"explain", PP_STEP_EXPLAIN, 0},
	{"fetch", PP_STEP_SKIM, 0},
	{"grant", PP_STEP_GRANT, PP_TOUCH_UNSETTLED},
	{"import", PP_STEP_DDL, PP_TOUCH_DDL | PP_TOUCH_UNSETTLED},
	{"insert", PP_STEP_SKIM, PP_TOUCH_SEQUENCE},
	{"listen", PP_STEP_SKIM, PP_PIN_LISTEN},
	{"load", PP_STEP_SKIM, PP_PIN_LOAD | PP_TOUCH_LIBRARIES},
	{"lock", PP_STEP_SKIM, 0},
	{"merge", PP_STEP_SKIM, PP_TOUCH_SEQUENCE},
	{"move", PP_STEP_SKIM, 0},
	{"notify", PP_STEP_SKIM, PP_TOUCH_NOTIFIES},
	{"prepare", PP_STEP_PREPARE, 0},
	{"reassign", PP_STEP_SKIM, PP_TOUCH_DEFAULTS | PP_TOUCH_UNSETTLED},
	{"refresh", PP_STEP_SKIM, 0},
	{"reindex", PP_STEP_SKIM, 0},
	{"release", PP_STEP_SKIM, 0},
	{"reset", PP_STEP_RESET, PP_TOUCH_END | PP_TOUCH_UNSETTLED},
	{"return", PP_STEP_SKIM, 0},
	{"revoke", PP_STEP_GRANT, PP_TOUCH_UNSETTLED},
	{"rollback", PP_STEP_SKIM, PP_TOUCH_END},
	{"savepoint", PP_STEP_SKIM, 0},
	{"security", PP_STEP_SKIM, 0},
	{"select", PP_STEP_SELECT, 0},
	{"set", PP_STEP_SET, PP_TOUCH_UNSETTLED},
	{"show", PP_STEP_SKIM, 0},
	{"start", PP_STEP_SKIM, 0},
	{"table", PP_STEP_SELECT, 0},
	{"truncate", PP_STEP_SKIM, 0},
	{"unlisten", PP_STEP_SKIM, PP_TOUCH_END},
	{"update", PP_STEP_UPDATE, 0},
	{"vacuum", PP_STEP_SKIM, 0},
	{"values", PP_STEP_SELECT, 0},
	{"with", PP_STEP_SELECT, 0},
};

struct key {
	const char *word;
	size_t len;
};

static int compare(const void *key_, const void *row_)
{
	const struct key *key = key_;
	const struct pp_words_row *row = row_;
	int order = strncmp(key->word, row->word, key->len);
	return order ? order : row->word[key->len] ? -1 : 0;
}

const struct pp_words_row *pp_words_find(const char *word, size_t len)
{
	static const struct pp_words_row select = {"select", PP_STEP_SELECT, 0};
	if (len == 6 && memcmp(word, "select", 6) == 0) /* nearly always */
		return &select;
	struct key key = {word, len};
	return bsearch(&key, rows, sizeof rows / sizeof *rows, sizeof *rows, compare);
}
