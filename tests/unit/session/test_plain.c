#include "session/plain.h"

#include <string.h>

#include "pp_test.h"

static bool draw(struct pp_plain_image *ret_image, const char *text)
{
	return pp_plain_draw(ret_image, (const uint8_t *)text, strlen(text));
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
	char longest[PP_PLAIN_MAX + 2];
	struct pp_plain_image image;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		ck_assert_msg(!draw(&image, table[i]), "%s", table[i]);
	ck_assert(!pp_plain_draw(&image, (const uint8_t *)"a\0b", 3));
	ck_assert(!pp_plain_draw(&image, (const uint8_t *)"'\0'", 3));
	memset(longest, 'a', sizeof longest);
	ck_assert(pp_plain_draw(&image, (const uint8_t *)longest, PP_PLAIN_MAX));
	ck_assert(!pp_plain_draw(&image, (const uint8_t *)longest, PP_PLAIN_MAX + 1));
}
END_TEST

START_TEST(test_plain_knows_what_it_learned_in_the_same_generation)
{
	static struct pp_plain plain;
	struct pp_plain_image one, same, other, none;
	ck_assert(draw(&one, "select 1") && draw(&same, "select 99") && draw(&other, "select a"));
	ck_assert(draw(&none, ""));
	ck_assert(!pp_plain_knows(&plain, 0, &one) && !pp_plain_knows(&plain, 0, &none));
	pp_plain_learn(&plain, 7, &one);
	ck_assert(pp_plain_knows(&plain, 7, &same));
	ck_assert(!pp_plain_knows(&plain, 7, &other));
	ck_assert(!pp_plain_knows(&plain, 8, &same));
	pp_plain_learn(&plain, 8, &other);
	ck_assert(pp_plain_knows(&plain, 8, &other));
	ck_assert(!pp_plain_knows(&plain, 8, &same) && !pp_plain_knows(&plain, 7, &same));
}
END_TEST

START_TEST(test_plain_the_last_comer_replaces_who_is_in_its_way)
{
	static struct pp_plain plain;
	char text[] = "select aa";
	struct pp_plain_image image;
	size_t known = 0;
	for (char a = 'a'; a <= 'z'; a++) {
		text[7] = a;
		ck_assert(draw(&image, text));
		pp_plain_learn(&plain, 1, &image);
		ck_assert(pp_plain_knows(&plain, 1, &image));
	}
	for (char a = 'a'; a <= 'z'; a++) {
		text[7] = a;
		ck_assert(draw(&image, text));
		known += pp_plain_knows(&plain, 1, &image);
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
	tcase_add_test(c, test_plain_the_last_comer_replaces_who_is_in_its_way);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
