#include "session/watch.h"

#include "lexer_facts.h"

struct list {
	const char *const *names; /* ends with NULL */
	unsigned looked_up;
};

static uint32_t look_up(void *arg, const char *name, size_t len)
{
	struct list *list = arg;
	list->looked_up++;
	for (const char *const *n = list->names; *n; n++)
		if (strlen(*n) == len && memcmp(*n, name, len) == 0)
			return PP_PIN_ADVISORY | PP_TOUCH_END;
	return 0;
}

#define LONG63 "x23456789_123456789_123456789_123456789_123456789_123456789_123"

static const char *const names[] = {"lock_it", "Quoted Name", LONG63, NULL};

static void build(struct pp_watch *watch, struct list *list)
{
	*list = (struct list){.names = names};
	*watch = (struct pp_watch){.look_up = look_up, .arg = list};
	for (const char *const *n = names; *n; n++)
		pp_watch_add(watch, *n, strlen(*n));
}

START_TEST(test_watch_finds_its_names_wherever_they_stand)
{
	static const struct {
		const char *text, *cause; /* NULL: not found */
	} table[] = {
		{"SELECT lock_it(1)", "SELECT LOCK_IT"},
		{"SELECT public.Lock_It (1)", "SELECT LOCK_IT"},
		{"SELECT \"lock_it\"", "SELECT LOCK_IT"},
		{"INSERT INTO \"Quoted Name\" VALUES (1)", "INSERT QUOTED NAME"},
		{"SELECT " LONG63, "SELECT " LONG63},
		{"SELECT " LONG63 "456", "SELECT " LONG63},
		{"SELECT \"Lock_it\"", NULL},
		{"SELECT 'lock_it'", NULL},
		{"SELECT quoted name", NULL},
	};
	struct pp_watch watch;
	struct list list;
	build(&watch, &list);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const char *text = table[i].text, *cause = table[i].cause;
		struct facts facts = facts_of((const uint8_t *)text, strlen(text), true, &watch);
		uint32_t expected = cause ? PP_PIN_ADVISORY | PP_TOUCH_END : 0;
		ck_assert_msg((facts.found & ~PP_TOUCH_SEQUENCE) == expected, "%s", text);
		for (const char *c = facts.cause; cause && *c; c++, cause++)
			ck_assert_msg(*c == (*cause >= 'a' ? *cause - 32 : *cause), "%s: '%s'",
				      text, facts.cause);
	}
	const char *body = "DO $$ begin perform a.lock_it(1); end $$";
	struct facts facts = facts_of((const uint8_t *)body, strlen(body), true, &watch);
	ck_assert_uint_eq(facts.found & PP_PINS_ALL, PP_PIN_DYNAMIC | PP_PIN_ADVISORY);
}
END_TEST

START_TEST(test_watch_that_is_empty_is_never_asked)
{
	struct list list = {.names = names};
	struct pp_watch empty = {.look_up = look_up, .arg = &list};
	const char *text = "SELECT lock_it(1)";
	struct facts facts = facts_of((const uint8_t *)text, strlen(text), true, &empty);
	ck_assert_uint_eq(facts.found, 0);
	ck_assert_uint_eq(list.looked_up, 0);
}
END_TEST

START_TEST(test_watch_may_go_with_every_text)
{
	struct list list = {.names = names};
	struct pp_watch all = {.always = PP_PIN_DYNAMIC, .look_up = look_up, .arg = &list};
	struct facts facts = facts_of((const uint8_t *)"SELECT 1", 8, true, &all);
	ck_assert_uint_eq(facts.found, PP_PIN_DYNAMIC);
	ck_assert_uint_eq(list.looked_up, 0);
}
END_TEST

START_TEST(test_watch_filter_knows_what_was_added_and_little_else)
{
	struct pp_watch watch;
	struct list list;
	char name[16];
	unsigned passed = 0;
	build(&watch, &list);
	for (const char *const *n = names; *n; n++)
		ck_assert(pp_watch_may_know(&watch, *n, strlen(*n)));
	ck_assert(pp_watch_may_know(&watch, LONG63 "4", 64));
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "%d_column", i * 7919);
		passed += pp_watch_may_know(&watch, name, strlen(name));
	}
	ck_assert_uint_lt(passed, 300);
	ck_assert(!pp_watch_may_know(&(struct pp_watch){0}, "x", 1));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/watch");
	TCase *c = tcase_create("watch");
	tcase_add_test(c, test_watch_finds_its_names_wherever_they_stand);
	tcase_add_test(c, test_watch_that_is_empty_is_never_asked);
	tcase_add_test(c, test_watch_may_go_with_every_text);
	tcase_add_test(c, test_watch_filter_knows_what_was_added_and_little_else);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
