#include "ipc/stamp.h"

#include <string.h>

#include "pp_test.h"

static uint64_t stamp_of(uint64_t netns, const char *text)
{
	struct pp_targets targets;
	memset(&targets, 0x55, sizeof targets);
	ck_assert_int_eq(pp_targets_parse(text, &targets, NULL), 0);
	return pp_stamp_make(netns, &targets);
}

START_TEST(test_stamp_is_the_same_however_the_targets_are_spelt)
{
	ck_assert_uint_eq(stamp_of(7, "*:5432,10.0.0.0/8:6432"),
			  stamp_of(7, " *:5432 , 10.0.0.0/8:6432"));
	ck_assert_uint_eq(stamp_of(7, "[::ffff:10.1.2.3]:5432"), stamp_of(7, "10.1.2.3:5432"));
	ck_assert_uint_eq(stamp_of(0, "db:5432"), stamp_of(0, "db:5432"));
}
END_TEST

START_TEST(test_stamp_differs_with_network_and_every_target)
{
	static const char *const texts[] = {"*:5432",	       "*:5433",	  "*:5432,*:5433",
					    "10.0.0.0/8:5432", "10.0.0.0/9:5432", "11.0.0.0/8:5432",
					    "db:5432",	       "dc:5432",	  "[::1]:5432"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		ck_assert_uint_ne(stamp_of(7, texts[i]), 0);
		ck_assert_uint_ne(stamp_of(7, texts[i]), stamp_of(8, texts[i]));
		ck_assert_uint_ne(stamp_of(7, texts[i]), stamp_of(0, texts[i]));
		for (size_t j = 0; j < i; j++)
			ck_assert_uint_ne(stamp_of(7, texts[i]), stamp_of(7, texts[j]));
	}
}
END_TEST

START_TEST(test_stamp_elsewhere_is_only_what_both_know)
{
	ck_assert(pp_stamp_is_elsewhere(7, 8));
	ck_assert(!pp_stamp_is_elsewhere(7, 7));
	ck_assert(!pp_stamp_is_elsewhere(0, 8));
	ck_assert(!pp_stamp_is_elsewhere(7, 0));
}
END_TEST

START_TEST(test_stamp_text_has_always_one_length)
{
	char text[PP_STAMP_TEXT_MAX];
	pp_stamp_write(UINT64_C(0x0123456789abcdef), text);
	ck_assert_str_eq(text, "0123456789abcdef");
	pp_stamp_write(1, text);
	ck_assert_str_eq(text, "0000000000000001");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ipc/stamp");
	TCase *c = tcase_create("stamps");
	tcase_add_test(c, test_stamp_is_the_same_however_the_targets_are_spelt);
	tcase_add_test(c, test_stamp_differs_with_network_and_every_target);
	tcase_add_test(c, test_stamp_elsewhere_is_only_what_both_know);
	tcase_add_test(c, test_stamp_text_has_always_one_length);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
