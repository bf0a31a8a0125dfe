/* tests/unit/session/lexer_facts.h - everything the lexer says of a text, as one line; the same
 * however the text is cut. */
#ifndef PP_TESTS_LEXER_FACTS_H
#define PP_TESTS_LEXER_FACTS_H

#include <stdio.h>
#include <string.h>

#include "pp_test.h"
#include "session/lexer.h"

struct facts {
	uint32_t found;
	enum pp_shape shape;
	char cause[PP_LEXER_CAUSE_MAX];
	char shape_name[PP_LEXER_WORD_MAX];
	char names[2 * PP_LEXER_NAMES_MAX]; /* "role, app.x local, *" */
};

static inline void finish_facts(struct pp_lexer *lx, struct facts *facts)
{
	size_t len = 0;
	bool local;
	memset(facts, 0, sizeof *facts);
	facts->found = pp_lexer_finish(lx);
	facts->shape = pp_lexer_shape(lx);
	snprintf(facts->cause, sizeof facts->cause, "%s", pp_lexer_cause(lx));
	snprintf(facts->shape_name, sizeof facts->shape_name, "%s", pp_lexer_shape_name(lx));
	for (const char *n = NULL; (n = pp_lexer_next_name(lx, n, &local));)
		len += (size_t)snprintf(facts->names + len, sizeof facts->names - len, "%s%s%s",
					len ? ", " : "", n, local ? " local" : "");
	if (pp_lexer_names_all(lx))
		snprintf(facts->names + len, sizeof facts->names - len, "%s*", len ? ", " : "");
}

/* Whole, in two pieces at every point, and byte by byte. */
static inline struct facts facts_of(const uint8_t *text, size_t len, bool conforming,
				    const struct pp_watch *watch)
{
	struct pp_lexer lx;
	struct facts whole, cut;
	memset(&lx, 0xA5, sizeof lx);
	pp_lexer_init(&lx, conforming);
	pp_lexer_watch(&lx, watch);
	pp_lexer_feed(&lx, text, len);
	finish_facts(&lx, &whole);
	pp_each_split (at, len) {
		pp_lexer_init(&lx, conforming);
		pp_lexer_watch(&lx, watch);
		pp_lexer_feed(&lx, text, at);
		pp_lexer_feed(&lx, text + at, len - at);
		finish_facts(&lx, &cut);
		ck_assert_msg(!memcmp(&cut, &whole, sizeof cut), "%.*s: split at %zu", (int)len,
			      (const char *)text, at);
	}
	pp_lexer_init(&lx, conforming);
	pp_lexer_watch(&lx, watch);
	for (size_t i = 0; i < len; i++)
		pp_lexer_feed(&lx, text + i, 1);
	finish_facts(&lx, &cut);
	ck_assert_msg(!memcmp(&cut, &whole, sizeof cut), "%.*s: byte by byte", (int)len,
		      (const char *)text);
	return whole;
}

static inline struct facts facts_of_text(const char *text)
{
	return facts_of((const uint8_t *)text, strlen(text), true, NULL);
}

#endif
