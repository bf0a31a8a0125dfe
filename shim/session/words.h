/* shim/session/words.h - the words a statement may begin with. One row per word of PostgreSQL's
 * list of commands. */
#ifndef PP_SESSION_WORDS_H
#define PP_SESSION_WORDS_H

#include "session/classify.h"

struct pp_words_row {
	const char *word;
	enum pp_step step;
	uint32_t found; /* for the word alone: pins and enum pp_touch flags */
};

/* NULL: no statement known begins so. `word` is lower case, not terminated. */
const struct pp_words_row *pp_words_find(const char *word, size_t len);

#endif
