#include "session/cause.h"

#include "lexer_facts.h"

static const char *cause_of(const char *text)
{
	static struct facts facts;
	facts = facts_of_text(text);
	return facts.cause;
}

START_TEST(test_cause_is_the_first_words_of_the_statement_that_pinned_first)
{
	static const struct {
		const char *text, *cause;
	} table[] = {
		{"select 1", ""},
		{"listen news", "LISTEN NEWS"},
		{"select 1; Listen /* the */ news; load 'x'", "LISTEN NEWS"},
		{"create temp table orders_of_somebody (n int)", "CREATE TEMP TABLE"},
		{"select set_config('work_mem', '7MB', false)", "SELECT SET_CONFIG("},
		{"with x as (select 1) select pg_advisory_lock(1) from x",
		 "WITH PG_ADVISORY_LOCK("},
		{"'text'", "NOT A STATEMENT"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		ck_assert_str_eq(cause_of(table[i].text), table[i].cause);
}
END_TEST

/* It goes into log lines and JSON, cut anywhere. */
START_TEST(test_cause_is_ascii_and_short_whatever_the_text)
{
	char text[4 * PP_LEXER_WORD_MAX];
	for (int c = 1; c < 256; c++) {
		int n = snprintf(text, sizeof text, "listen a%c %cb", c, c);
		struct facts facts = facts_of((const uint8_t *)text, (size_t)n, true, NULL);
		for (const char *p = facts.cause; *p; p++)
			ck_assert(*p >= ' ' && *p <= '~');
	}
	strcpy(text, "load ");
	memset(text + 5, 'x', sizeof text - 6);
	text[sizeof text - 1] = '\0';
	ck_assert_uint_lt(strlen(cause_of(text)), PP_LEXER_CAUSE_MAX);
	memcpy(text, "opq__", 5);
	ck_assert_uint_lt(strlen(cause_of(text)), PP_LEXER_CAUSE_MAX);
}
END_TEST

START_TEST(test_cause_shows_what_was_found_behind_the_first_word)
{
	struct pp_lexer lx;
	pp_lexer_init(&lx, true);
	memcpy(lx.word, "select", 6);
	lx.word_len = 6;
	pp_cause_add_word(&lx);
	memcpy(lx.word, "custom", 6);
	pp_cause_add_word(&lx);
	pp_cause_pin(&lx, PP_TOUCH_END, "NO PIN");
	ck_assert_uint_eq(lx.touched & PP_TOUCH_END, PP_TOUCH_END);
	pp_cause_pin(&lx, PP_PIN_ADVISORY, "LOCK(");
	pp_cause_pin(&lx, PP_PIN_SEED, "SETSEED("); /* the first one is shown */
	pp_cause_end_statement(&lx);
	pp_cause_finish(&lx);
	ck_assert_str_eq(lx.cause, "SELECT LOCK(");
	ck_assert_uint_eq(lx.pins, PP_PIN_ADVISORY | PP_PIN_SEED);
}
END_TEST

START_TEST(test_cause_of_a_text_given_up_says_why)
{
	struct pp_lexer lx;
	pp_lexer_init(&lx, true);
	pp_cause_give_up(&lx, "NOBODY KNOWS");
	pp_lexer_feed(&lx, (const uint8_t *)"; listen a", 10); /* is not read */
	ck_assert_uint_eq(pp_lexer_finish(&lx) & PP_PINS_ALL, PP_PIN_OPAQUE);
	ck_assert_str_eq(pp_lexer_cause(&lx), "NOBODY KNOWS");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/cause");
	TCase *c = tcase_create("cause");
	tcase_add_test(c, test_cause_is_the_first_words_of_the_statement_that_pinned_first);
	tcase_add_test(c, test_cause_is_ascii_and_short_whatever_the_text);
	tcase_add_test(c, test_cause_shows_what_was_found_behind_the_first_word);
	tcase_add_test(c, test_cause_of_a_text_given_up_says_why);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
