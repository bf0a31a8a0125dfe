#include "wire/shape.h"

#include <string.h>

#include "pp_test.h"
#include "wire/writer.h"

struct column {
	const char *name;
	uint32_t table, type, modifier;
};

static size_t write_columns(uint8_t *bytes, size_t size, uint16_t count,
			    const struct column *columns)
{
	struct pp_writer w;
	pp_writer_init(&w, bytes, size);
	pp_writer_u16(&w, count);
	for (int i = 0; i < count; i++) {
		pp_writer_str(&w, columns[i].name);
		pp_writer_u32(&w, columns[i].table);
		pp_writer_u16(&w, 1);
		pp_writer_u32(&w, columns[i].type);
		pp_writer_u16(&w, 4);
		pp_writer_u32(&w, columns[i].modifier);
		pp_writer_u16(&w, 0);
	}
	ck_assert(!pp_writer_failed(&w));
	return w.len;
}

static uint64_t shape(uint16_t count, const struct column *columns)
{
	uint8_t bytes[500];
	return pp_shape_of(bytes, write_columns(bytes, sizeof bytes, count, columns));
}

static const struct column two[] = {{"a", 100, 23, 0}, {"b", 100, 25, 0}};

START_TEST(test_shape_is_another_one_for_other_columns)
{
	static const struct column others[][3] = {{{"a", 100, 20, 0}, {"b", 100, 25, 0}},
						  {{"a", 100, 23, 0}, {"c", 100, 25, 0}},
						  {{"b", 100, 25, 0}, {"a", 100, 23, 0}},
						  {{"a", 100, 23, 7}, {"b", 100, 25, 0}},
						  {{"", 100, 23, 0}, {"ab", 100, 25, 0}}};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		ck_assert_uint_ne(shape(2, two), shape(2, others[i]));
	ck_assert_uint_ne(shape(2, two), shape(1, two));
	ck_assert_uint_gt(shape(0, two), PP_SHAPE_NO_ROWS);
}
END_TEST

START_TEST(test_shape_is_the_same_for_a_table_made_again_and_in_another_encoding)
{
	static const struct column again[] = {{"a", 999, 23, 0}, {"b", 999, 25, 0}};
	static const struct column utf8[] = {{"a", 100, 23, 0}, {"\xc3\xa4", 100, 25, 0}};
	static const struct column latin1[] = {{"a", 100, 23, 0}, {"\xe4", 100, 25, 0}};
	ck_assert_uint_eq(shape(2, two), shape(2, again));
	ck_assert_uint_eq(shape(2, utf8), shape(2, latin1));
}
END_TEST

START_TEST(test_shape_of_what_is_cut_or_too_long_is_none)
{
	uint8_t bytes[500];
	size_t len = write_columns(bytes, sizeof bytes, 2, two);
	ck_assert_uint_ne(pp_shape_of(bytes, len), 0);
	for (size_t cut = 0; cut < len; cut++)
		ck_assert_uint_eq(pp_shape_of(bytes, cut), 0);
	ck_assert_uint_eq(pp_shape_of(bytes, len + 1), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wire/shape");
	TCase *c = tcase_create("shape");
	tcase_add_test(c, test_shape_is_another_one_for_other_columns);
	tcase_add_test(c, test_shape_is_the_same_for_a_table_made_again_and_in_another_encoding);
	tcase_add_test(c, test_shape_of_what_is_cut_or_too_long_is_none);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
