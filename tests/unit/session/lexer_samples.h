/* tests/unit/session/lexer_samples.h - tables of texts, and what the lexer should find in each. */
#ifndef PP_TESTS_LEXER_SAMPLES_H
#define PP_TESTS_LEXER_SAMPLES_H

#include "lexer_facts.h"

struct sample {
	const char *text;
	uint32_t found;
};

static void check_all(const struct sample *sample, size_t count, uint32_t mask)
{
	for (; count > 0; count--, sample++) {
		uint32_t found = facts_of_text(sample->text).found & mask;
		ck_assert_msg(found == sample->found, "%s: %x, not %x", sample->text, found,
			      sample->found);
	}
}

#define CHECK_ALL(table, mask) check_all(table, sizeof table / sizeof *table, mask)

#endif
