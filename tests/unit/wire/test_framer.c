#include "wire/framer.h"

#include <string.h>

#include "pp_test.h"

typedef enum pp_frame (*look_fn)(const uint8_t *, size_t, struct pp_frame_head *);

static void put_head(uint8_t *at, uint8_t type, uint32_t length)
{
	at[0] = type;
	at[1] = (uint8_t)(length >> 24);
	at[2] = (uint8_t)(length >> 16);
	at[3] = (uint8_t)(length >> 8);
	at[4] = (uint8_t)length;
}

static enum pp_frame ask(look_fn look, uint8_t type, uint32_t length)
{
	uint8_t bytes[5];
	struct pp_frame_head head = {0};
	put_head(bytes, type, length);
	return look(bytes, sizeof bytes, &head);
}

START_TEST(test_framer_only_documented_letters_are_allowed)
{
	static const char front[] = "BCDEFHPQSXcdfp", back[] = "123ACDEGHIKNRSTVWZcdnstv";
	for (int c = 0; c < 256; c++) {
		uint8_t byte = (uint8_t)c;
		struct pp_frame_head head;
		enum pp_frame f = c && strchr(front, c) ? PP_FRAME_MORE : PP_FRAME_BROKEN;
		enum pp_frame b = c && strchr(back, c) ? PP_FRAME_MORE : PP_FRAME_BROKEN;
		ck_assert_int_eq(pp_framer_front(&byte, 1, &head), f);
		ck_assert_int_eq(pp_framer_back(&byte, 1, &head), b);
	}
}
END_TEST

START_TEST(test_framer_length_bounds_of_each_kind_of_message)
{
	static const struct {
		look_fn look;
		const char *types;
		uint32_t min, max; /* of the length word */
	} rows[] = {
		{pp_framer_front, "QPBFd", 4, PP_MSG_LENGTH_MAX},
		{pp_framer_front, "CDEfcX", 4, PP_MSG_SMALL_MAX},
		{pp_framer_front, "SH", 4, 4},
		{pp_framer_front, "p", 4, 65535},
		{pp_framer_back, "123nsIc", 4, 4},
		{pp_framer_back, "Z", 5, 5},
		{pp_framer_back, "CEN", 5, PP_MSG_LENGTH_MAX},
		{pp_framer_back, "DTS", 6, PP_MSG_LENGTH_MAX},
		{pp_framer_back, "d", 4, PP_MSG_LENGTH_MAX},
		{pp_framer_back, "GHW", 7, 7 + 2 * 65535},
		{pp_framer_back, "t", 6, 6 + 4 * 65535},
		{pp_framer_back, "VR", 8, PP_MSG_LENGTH_MAX},
		{pp_framer_back, "A", 10, PP_MSG_LENGTH_MAX},
		{pp_framer_back, "K", 12, 264},
		{pp_framer_back, "v", 12, PP_MSG_LENGTH_MAX},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (const char *t = rows[i].types; *t; t++) {
			uint8_t type = (uint8_t)*t;
			ck_assert_int_ne(ask(rows[i].look, type, rows[i].min), PP_FRAME_BROKEN);
			ck_assert_int_ne(ask(rows[i].look, type, rows[i].max), PP_FRAME_BROKEN);
			ck_assert_int_eq(ask(rows[i].look, type, rows[i].min - 1), PP_FRAME_BROKEN);
			ck_assert_int_eq(ask(rows[i].look, type, rows[i].max + 1), PP_FRAME_BROKEN);
			ck_assert_int_eq(ask(rows[i].look, type, 0), PP_FRAME_BROKEN);
			ck_assert_int_eq(ask(rows[i].look, type, UINT32_MAX), PP_FRAME_BROKEN);
		}
}
END_TEST

/* A relay in small: keeps what is not yet whole, returns how many whole messages it saw. */
struct feeder {
	uint8_t kept[256];
	size_t len;
	char seen[16];
	size_t seen_count;
};

static void feed(struct feeder *f, const uint8_t *bytes, size_t len)
{
	struct pp_frame_head head;
	memcpy(f->kept + f->len, bytes, len);
	f->len += len;
	while (pp_framer_front(f->kept, f->len, &head) == PP_FRAME_WHOLE) {
		f->seen[f->seen_count++] = (char)head.type;
		f->len -= head.total;
		memmove(f->kept, f->kept + head.total, f->len);
	}
}

static size_t make_stream(uint8_t *stream)
{
	static const char types[] = "PBDESQdcX";
	size_t len = 0;
	for (const char *t = types; *t; t++) {
		size_t body = strchr("S", *t) ? 0 : (size_t)(t - types) * 3;
		put_head(stream + len, (uint8_t)*t, (uint32_t)(4 + body));
		memset(stream + len + 5, 'S', body); /* looks like a message, must not be one */
		len += 5 + body;
	}
	return len;
}

START_TEST(test_framer_finds_the_same_messages_at_every_split)
{
	uint8_t stream[256];
	size_t len = make_stream(stream);
	pp_each_split (at, len) {
		struct feeder f = {.len = 0};
		feed(&f, stream, at);
		feed(&f, stream + at, len - at);
		ck_assert_str_eq(f.seen, "PBDESQdcX");
		ck_assert_uint_eq(f.len, 0);
	}
	struct feeder f = {.len = 0};
	for (size_t i = 0; i < len; i++)
		feed(&f, stream + i, 1);
	ck_assert_str_eq(f.seen, "PBDESQdcX");
}
END_TEST

START_TEST(test_framer_says_part_with_the_total_as_soon_as_the_header_is_there)
{
	uint8_t bytes[16] = {0};
	struct pp_frame_head head = {0};
	put_head(bytes, 'Q', 15);
	for (size_t len = 0; len < 5; len++)
		ck_assert_int_eq(pp_framer_front(bytes, len, &head), PP_FRAME_MORE);
	ck_assert_uint_eq(head.total, 0);
	for (size_t len = 5; len <= 16; len++) {
		enum pp_frame want = len < 16 ? PP_FRAME_PART : PP_FRAME_WHOLE;
		ck_assert_int_eq(pp_framer_front(bytes, len, &head), want);
		ck_assert(head.type == 'Q' && head.total == 16);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wire/framer");
	TCase *c = tcase_create("bounds");
	tcase_add_test(c, test_framer_only_documented_letters_are_allowed);
	tcase_add_test(c, test_framer_length_bounds_of_each_kind_of_message);
	suite_add_tcase(s, c);
	c = tcase_create("split");
	tcase_add_test(c, test_framer_finds_the_same_messages_at_every_split);
	tcase_add_test(c, test_framer_says_part_with_the_total_as_soon_as_the_header_is_there);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
