#include "base/num.h"

#include <stdint.h>

#include "pp_test.h"

START_TEST(test_num_durations_take_units_and_bare_numbers_are_seconds)
{
	static const struct {
		const char *text;
		pp_ms ms;
	} good[] = {
		{"0", 0},	{"30", 30000},	  {"30s", 30000},  {"250ms", 250},
		{"5m", 300000}, {"5min", 300000}, {"1h", 3600000}, {"365d", INT64_C(31536000000)}};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		pp_ms ms = -1;
		ck_assert_int_eq(pp_num_parse_duration(good[i].text, &ms), 0);
		ck_assert_int_eq(ms, good[i].ms);
	}
}
END_TEST

START_TEST(test_num_bad_texts_are_refused_and_leave_the_result_alone)
{
	static const char *const bad[] = {"",	 " 1", "1 ", "-1",   "+1",
					  "1.5", "s",  "1x", "1mss", "0x10"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		pp_ms ms = 7;
		uint64_t bytes = 7, number = 7;
		ck_assert_int_eq(pp_num_parse_duration(bad[i], &ms), PP_ERR_INVALID);
		ck_assert_int_eq(pp_num_parse_bytes(bad[i], &bytes), PP_ERR_INVALID);
		ck_assert_int_eq(pp_num_parse_u64(bad[i], 100, &number), PP_ERR_INVALID);
		ck_assert(ms == 7 && bytes == 7 && number == 7);
	}
}
END_TEST

START_TEST(test_num_overflow_is_a_range_error)
{
	pp_ms ms;
	uint64_t v;
	ck_assert_int_eq(pp_num_parse_duration("366d", &ms), PP_ERR_RANGE);
	ck_assert_int_eq(pp_num_parse_u64("101", 100, &v), PP_ERR_RANGE);
	ck_assert_int_eq(pp_num_parse_u64("18446744073709551616", UINT64_MAX, &v), PP_ERR_RANGE);
	ck_assert_int_eq(pp_num_parse_u64("18446744073709551615", UINT64_MAX, &v), 0);
	ck_assert_int_eq(pp_num_parse_bytes("9999999999Gi", &v), PP_ERR_RANGE);
	ck_assert_int_eq(pp_num_parse_bytes("512Mi", &v), 0);
	ck_assert_uint_eq(v, UINT64_C(512) << 20);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base/num");
	TCase *c = tcase_create("parse");
	tcase_add_test(c, test_num_durations_take_units_and_bare_numbers_are_seconds);
	tcase_add_test(c, test_num_bad_texts_are_refused_and_leave_the_result_alone);
	tcase_add_test(c, test_num_overflow_is_a_range_error);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
