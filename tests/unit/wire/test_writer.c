#include "wire/writer.h"

#include <string.h>

#include "pp_test.h"

static void write_two(struct pp_writer *w)
{
	pp_writer_begin(w, 'Q');
	pp_writer_str(w, "select");
	pp_writer_end(w);
	pp_writer_begin(w, 0);
	pp_writer_u8(w, 1);
	pp_writer_u16(w, 0x0203);
	pp_writer_u32(w, 0x04050607);
	pp_writer_bytes(w, "xy", 2);
	pp_writer_bytes(w, NULL, 0);
	pp_writer_end(w);
}

static const uint8_t two[] = {'Q', 0, 0,  0, 11, 's', 'e', 'l', 'e', 'c', 't', 0,  0,
			      0,   0, 13, 1, 2,	 3,   4,   5,	6,   7,	  'x', 'y'};

START_TEST(test_writer_fills_in_lengths_with_and_without_a_letter)
{
	uint8_t bytes[64];
	struct pp_writer w;
	pp_writer_init(&w, bytes, sizeof bytes);
	write_two(&w);
	ck_assert(!pp_writer_failed(&w));
	ck_assert_uint_eq(w.len, sizeof two);
	ck_assert_mem_eq(bytes, two, sizeof two);
}
END_TEST

START_TEST(test_writer_too_small_by_any_amount_fails_and_never_writes_past_the_end)
{
	for (size_t size = 0; size <= sizeof two; size++) {
		uint8_t bytes[64];
		struct pp_writer w;
		memset(bytes, 0xee, sizeof bytes);
		pp_writer_init(&w, bytes, size);
		write_two(&w);
		ck_assert_int_eq(pp_writer_failed(&w), size < sizeof two);
		for (size_t i = size; i < sizeof bytes; i++)
			ck_assert_uint_eq(bytes[i], 0xee);
	}
}
END_TEST

START_TEST(test_writer_stays_failed_even_if_a_later_piece_would_fit)
{
	uint8_t bytes[4];
	struct pp_writer w;
	pp_writer_init(&w, bytes, sizeof bytes);
	pp_writer_str(&w, "too long");
	pp_writer_u8(&w, 1);
	ck_assert(pp_writer_failed(&w));
	ck_assert_uint_eq(w.len, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wire/writer");
	TCase *c = tcase_create("build");
	tcase_add_test(c, test_writer_fills_in_lengths_with_and_without_a_letter);
	tcase_add_test(c, test_writer_too_small_by_any_amount_fails_and_never_writes_past_the_end);
	tcase_add_test(c, test_writer_stays_failed_even_if_a_later_piece_would_fit);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
