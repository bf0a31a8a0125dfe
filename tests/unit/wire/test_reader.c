#include "wire/reader.h"

#include "pp_test.h"

static const uint8_t sample[] = {7, 1, 2, 0xfe, 0xdc, 0xba, 0x98, 'h', 'i', 0, 9, 8};

START_TEST(test_reader_reads_network_order_and_strings_in_turn)
{
	struct pp_reader r;
	pp_reader_init(&r, sample, sizeof sample);
	ck_assert_uint_eq(pp_reader_u8(&r), 7);
	ck_assert_uint_eq(pp_reader_u16(&r), 0x0102);
	ck_assert_uint_eq(pp_reader_u32(&r), 0xfedcba98);
	ck_assert_str_eq(pp_reader_str(&r), "hi");
	ck_assert_uint_eq(pp_reader_left(&r), 2);
	ck_assert_ptr_eq(pp_reader_bytes(&r, 2), sample + 10);
	ck_assert_uint_eq(pp_reader_left(&r), 0);
	ck_assert_ptr_nonnull(pp_reader_bytes(&r, 0));
	ck_assert(!r.failed);
}
END_TEST

START_TEST(test_reader_cut_at_any_byte_fails_once_and_for_good)
{
	for (size_t len = 0; len < sizeof sample; len++) {
		struct pp_reader r;
		pp_reader_init(&r, sample, len);
		(void)pp_reader_u8(&r);
		(void)pp_reader_u16(&r);
		(void)pp_reader_u32(&r);
		(void)pp_reader_str(&r);
		ck_assert_ptr_null(pp_reader_bytes(&r, 2));
		ck_assert(r.failed);
		const uint8_t *at = r.at;
		ck_assert_uint_eq(pp_reader_u8(&r), 0);
		ck_assert_uint_eq(pp_reader_u16(&r), 0);
		ck_assert_uint_eq(pp_reader_u32(&r), 0);
		ck_assert_ptr_null(pp_reader_str(&r));
		ck_assert_ptr_null(pp_reader_bytes(&r, 0));
		ck_assert_uint_eq(pp_reader_left(&r), 0);
		ck_assert_ptr_eq(r.at, at);
	}
}
END_TEST

START_TEST(test_reader_string_without_its_nul_is_a_failure)
{
	struct pp_reader r;
	pp_reader_init(&r, "abc", 3);
	ck_assert_ptr_null(pp_reader_str(&r));
	ck_assert(r.failed);
}
END_TEST

START_TEST(test_reader_over_nothing_is_allowed)
{
	struct pp_reader r;
	pp_reader_init(&r, NULL, 0);
	ck_assert_uint_eq(pp_reader_left(&r), 0);
	ck_assert_uint_eq(pp_reader_u8(&r), 0);
	ck_assert(r.failed);
}
END_TEST

START_TEST(test_reader_huge_length_does_not_wrap)
{
	struct pp_reader r;
	pp_reader_init(&r, sample, sizeof sample);
	ck_assert_ptr_null(pp_reader_bytes(&r, SIZE_MAX));
	ck_assert(r.failed);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wire/reader");
	TCase *c = tcase_create("cursor");
	tcase_add_test(c, test_reader_reads_network_order_and_strings_in_turn);
	tcase_add_test(c, test_reader_cut_at_any_byte_fails_once_and_for_good);
	tcase_add_test(c, test_reader_string_without_its_nul_is_a_failure);
	tcase_add_test(c, test_reader_over_nothing_is_allowed);
	tcase_add_test(c, test_reader_huge_length_does_not_wrap);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
