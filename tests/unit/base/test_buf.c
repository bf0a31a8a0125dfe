#include "base/buf.h"

#include <string.h>

#include "pp_test.h"

START_TEST(test_buf_keeps_order_across_growth_and_consumption)
{
	struct pp_buf b = {0};
	uint8_t next_in = 0, next_out = 0;
	for (int round = 0; round < 2000; round++) {
		uint8_t piece[97];
		size_t n = (size_t)(round * 31 % 97);
		for (size_t i = 0; i < n; i++)
			piece[i] = next_in++;
		ck_assert_int_eq(pp_buf_append(&b, piece, n, 1 << 20), 0);
		size_t take = pp_buf_len(&b) * 2 / 3;
		for (size_t i = 0; i < take; i++)
			ck_assert_uint_eq(pp_buf_bytes(&b)[i], next_out++);
		pp_buf_consume(&b, take);
	}
	pp_buf_finish(&b);
}
END_TEST

START_TEST(test_buf_append_is_all_or_nothing_at_the_cap)
{
	struct pp_buf b = {0};
	ck_assert_int_eq(pp_buf_append(&b, "1234", 4, 6), 0);
	ck_assert_int_eq(pp_buf_append(&b, "567", 3, 6), PP_ERR_FULL);
	ck_assert_uint_eq(pp_buf_len(&b), 4);
	ck_assert_int_eq(pp_buf_append(&b, "56", 2, 6), 0);
	ck_assert_int_eq(memcmp(pp_buf_bytes(&b), "123456", 6), 0);
	pp_buf_finish(&b);
}
END_TEST

START_TEST(test_buf_owns_nothing_when_empty)
{
	struct pp_buf b = {0};
	ck_assert_int_eq(pp_buf_append(&b, "x", 1, 1), 0);
	pp_buf_consume(&b, 1);
	ck_assert_ptr_null(b.mem);
	pp_buf_finish(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base/buf");
	TCase *c = tcase_create("queue");
	tcase_add_test(c, test_buf_keeps_order_across_growth_and_consumption);
	tcase_add_test(c, test_buf_append_is_all_or_nothing_at_the_cap);
	tcase_add_test(c, test_buf_owns_nothing_when_empty);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
