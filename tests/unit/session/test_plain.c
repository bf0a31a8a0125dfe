#include "session/plain.h"

#include <string.h>

#include "pp_test.h"

static bool draw(struct pp_plain_image *ret_image, const char *text)
{
	return pp_plain_draw(ret_image, (const uint8_t *)text, strlen(text));
}

static void learn(struct pp_plain *plain, uint32_t generation, const char *text)
{
	struct pp_plain_image image;
	ck_assert(draw(&image, text));
	pp_plain_learn(plain, generation, &image);
}

static bool knows(struct pp_plain *plain, uint32_t generation, const char *text)
{
	return pp_plain_knows(plain, generation, (const uint8_t *)text, strlen(text));
}

START_TEST(test_plain_image_is_the_text_but_for_whole_numbers)
{
	static const struct {
		const char *text, *image; /* NULL: as it is */
	} table[] = {
		{"", NULL},
		{"SELECT a FROM t WHERE id = 4711;", "SELECT a FROM t WHERE id = 0;"},
		{"select f(1,22,-3), 5", "select f(0,0,-0), 0"},
		{"7", "0"},
		{"update t1 set a2 = b3 + 44 where c=5", "update t1 set a2 = b3 + 0 where c=0"},
		{"values (1),(10)", "values (0),(0)"},
		{"a[1:23]", "a[0:0]"},
		{"select 1 -2/3", "select 0 -0/0"},
		/* parts of something else */
		{"select 1.5, .5, 5., 1e5, 0x1F, 1into", NULL},
		{"select t1, \xc3\xa4"
		 "1, _1, a1",
		 NULL},
		{"select ' 1 ', \" 2 \", '3', x'4'", NULL},
		{"select '', '''1 ', \"\"\" 1 \"", NULL},
		{"select ' 1 ' 5 \" 1 \"", "select ' 1 ' 0 \" 1 \""},
		{"'1'2", NULL},
		{"1'2'", NULL},
	};
	struct pp_plain_image image;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const char *expected = table[i].image ? table[i].image : table[i].text;
		ck_assert_msg(draw(&image, table[i].text), "%s", table[i].text);
		ck_assert_msg(image.len == strlen(expected) &&
				      memcmp(image.text, expected, image.len) == 0,
			      "%s: '%.*s'", table[i].text, image.len, (const char *)image.text);
	}
}
END_TEST

START_TEST(test_plain_has_no_image_where_quotes_are_hard_to_follow)
{
	static const char *const table[] = {
		"select 1 -- it's", "select /* ' */ 1", "select $1",
		"select $$ 1 $$",   "select E'\\' 1 '", "select U&\"\\0061\"",
		"select 'open",	    "select \"open",	"'",
	};
	char longest[PP_PLAIN_MAX + 2], numbers[2 * PP_PLAIN_NUMBERS + 2] = "";
	struct pp_plain_image image;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		ck_assert_msg(!draw(&image, table[i]), "%s", table[i]);
	ck_assert(!pp_plain_draw(&image, (const uint8_t *)"a\0b", 3));
	ck_assert(!pp_plain_draw(&image, (const uint8_t *)"'\0'", 3));
	memset(longest, 'a', sizeof longest);
	ck_assert(pp_plain_draw(&image, (const uint8_t *)longest, PP_PLAIN_MAX));
	ck_assert(!pp_plain_draw(&image, (const uint8_t *)longest, PP_PLAIN_MAX + 1));
	for (int i = 0; i < PP_PLAIN_NUMBERS; i++)
		strcat(numbers, "1 ");
	ck_assert(draw(&image, numbers));
	strcat(numbers, "1");
	ck_assert(!draw(&image, numbers));
}
END_TEST

START_TEST(test_plain_knows_what_it_learned_in_the_same_generation)
{
	static struct pp_plain plain;
	ck_assert(!knows(&plain, 0, "select 1") && !knows(&plain, 0, ""));
	learn(&plain, 7, "select 1");
	ck_assert(knows(&plain, 7, "select 99"));
	ck_assert(!knows(&plain, 7, "select a"));
	ck_assert(!knows(&plain, 8, "select 99"));
	learn(&plain, 8, "select a");
	ck_assert(knows(&plain, 8, "select a"));
	ck_assert(!knows(&plain, 8, "select 99") && !knows(&plain, 7, "select 99"));
}
END_TEST

START_TEST(test_plain_knows_what_differs_in_whole_numbers_only)
{
	static const char *const learned = "f(1, '2', a3, 4.5) -6/7 where x=8";
	static const struct {
		const char *text;
		bool is_known;
	} table[] = {
		{"f(1, '2', a3, 4.5) -6/7 where x=8", true},
		{"f(111, '2', a3, 4.5) -66/0 where x=80", true},
		{"f(1, '22', a3, 4.5) -6/7 where x=8", false},
		{"f(1, '2', a33, 4.5) -6/7 where x=8", false},
		{"f(1, '2', a3, 44.5) -6/7 where x=8", false},
		{"f(1a, '2', a3, 4.5) -6/7 where x=8", false},
		{"f(1.1, '2', a3, 4.5) -6/7 where x=8", false},
		{"f(, '2', a3, 4.5) -6/7 where x=8", false},
		{"f(1, '2', a3, 4.5) --6/7 where x=8", false},
		{"f(1, '2', a3, 4.5) -6/7 where x=8;", false},
		{"f(1, '2', a3, 4.5) -6/7 where x=", false},
		{"f(1", false},
		{"f(", false},
	};
	static struct pp_plain plain;
	learn(&plain, 1, "another");
	learn(&plain, 1, learned);
	learn(&plain, 1, "7");
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		ck_assert_msg(knows(&plain, 1, table[i].text) == table[i].is_known, "%s",
			      table[i].text);
	ck_assert(knows(&plain, 1, "another") && knows(&plain, 1, "12"));
}
END_TEST

START_TEST(test_plain_the_last_comer_replaces_who_is_in_its_way)
{
	static struct pp_plain plain;
	char text[] = "select aa";
	size_t known = 0;
	for (char a = 'a'; a <= 'z'; a++) {
		text[7] = a;
		learn(&plain, 1, text);
		ck_assert(knows(&plain, 1, text));
	}
	for (char a = 'a'; a <= 'z'; a++) {
		text[7] = a;
		known += knows(&plain, 1, text);
	}
	ck_assert_uint_ge(known, PP_PLAIN_TEXTS / 2); /* well spread */
	ck_assert_uint_le(known, PP_PLAIN_TEXTS);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/plain");
	TCase *c = tcase_create("texts");
	tcase_add_test(c, test_plain_image_is_the_text_but_for_whole_numbers);
	tcase_add_test(c, test_plain_has_no_image_where_quotes_are_hard_to_follow);
	tcase_add_test(c, test_plain_knows_what_it_learned_in_the_same_generation);
	tcase_add_test(c, test_plain_knows_what_differs_in_whole_numbers_only);
	tcase_add_test(c, test_plain_the_last_comer_replaces_who_is_in_its_way);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
