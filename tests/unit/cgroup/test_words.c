#include "cgroup/words.h"

#include <string.h>

#include "cgroup/governor.h"
#include "pp_test.h"

START_TEST(test_words_every_reason_fits_with_the_largest_numbers)
{
	static const int64_t odd[] = {0, 1, INT64_C(1) << 50, -5};
	for (int words = 0; words < PP_WORDS__COUNT; words++)
		for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
			struct pp_verdict v = {.limit_bytes = INT64_C(1) << 50,
					       .working_set_bytes = odd[i],
					       .cost_bytes = odd[i]};
			pp_words_write(words, &v, odd[i], v.reason, sizeof v.reason);
			ck_assert_uint_gt(strlen(v.reason), 5);
			ck_assert_uint_lt(strlen(v.reason), sizeof v.reason - 1);
			ck_assert_str_ne(v.reason, "unknown");
		}
}
END_TEST

START_TEST(test_words_memory_names_what_is_free_and_what_one_costs)
{
	struct pp_verdict v = {
		.limit_bytes = 96 << 20, .working_set_bytes = 84 << 20, .cost_bytes = 4299162};
	pp_words_write(PP_WORDS_MEMORY, &v, 0, v.reason, sizeof v.reason);
	ck_assert_str_eq(v.reason, "memory: 12.0 MiB free of 96.0 MiB, 4.1 MiB per server at work");
}
END_TEST

START_TEST(test_words_a_kill_without_a_limit_is_not_one_at_0_mib)
{
	struct pp_verdict v = {.working_set_bytes = 84 << 20, .cost_bytes = 4299162};
	pp_words_write(PP_WORDS_EVENT, &v, 0, v.reason, sizeof v.reason);
	ck_assert_str_eq(v.reason,
			 "the kernel killed for want of memory, no limit visible: halved");
}
END_TEST

START_TEST(test_words_limit_names_the_file_and_the_level)
{
	char text[64];
	pp_words_limit("memory.high", 0, text, sizeof text);
	ck_assert_str_eq(text, "memory.high");
	pp_words_limit("memory.max", 1, text, sizeof text);
	ck_assert_str_eq(text, "memory.max, 1 level up");
	pp_words_limit("memory.limit_in_bytes", 12, text, sizeof text);
	ck_assert_str_eq(text, "memory.limit_in_bytes, 12 levels up");
	pp_words_limit(NULL, 0, text, sizeof text);
	ck_assert_str_eq(text, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup/words");
	TCase *c = tcase_create("reasons");
	tcase_add_test(c, test_words_every_reason_fits_with_the_largest_numbers);
	tcase_add_test(c, test_words_memory_names_what_is_free_and_what_one_costs);
	tcase_add_test(c, test_words_a_kill_without_a_limit_is_not_one_at_0_mib);
	tcase_add_test(c, test_words_limit_names_the_file_and_the_level);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
