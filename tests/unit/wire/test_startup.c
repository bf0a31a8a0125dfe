#include "wire/startup.h"

#include <string.h>

#include "wire/writer.h"
#include "pp_test.h"

struct packet {
	uint8_t bytes[PP_STARTUP_LENGTH_MAX + 16];
	size_t len;
};

static void make(struct packet *p, uint32_t code, const void *body, size_t len)
{
	struct pp_writer w;
	pp_writer_init(&w, p->bytes, sizeof p->bytes);
	pp_writer_begin(&w, 0);
	pp_writer_u32(&w, code);
	pp_writer_bytes(&w, body, len);
	pp_writer_end(&w);
	ck_assert(!pp_writer_failed(&w));
	p->len = w.len;
}

static enum pp_startup_kind parse(const struct packet *p, struct pp_startup *s)
{
	return pp_startup_parse(p->bytes, p->len, s);
}

#define V3   UINT32_C(0x00030000)
#define SPEC UINT32_C(0x04d20000)
#define BODY "user\0ann\0database\0shop\0options\0\0user\0bob\0"

START_TEST(test_startup_session_gives_its_parameters_and_the_last_of_a_name_wins)
{
	struct packet p;
	struct pp_startup s;
	make(&p, V3 | 2, BODY, sizeof BODY);
	memcpy(p.bytes + p.len, "Q", 1); /* what follows the packet is not its business */
	p.len++;
	ck_assert_int_eq(parse(&p, &s), PP_STARTUP_SESSION);
	ck_assert(s.kind == PP_STARTUP_SESSION && s.minor == 2 && s.total == p.len - 1);
	ck_assert_str_eq(pp_startup_find(&s, "user"), "bob");
	ck_assert_str_eq(pp_startup_find(&s, "database"), "shop");
	ck_assert_str_eq(pp_startup_find(&s, "options"), "");
	ck_assert_ptr_null(pp_startup_find(&s, "ann"));
	size_t at = 0, count = 0;
	for (const char *name, *value; pp_startup_next(&s, &at, &name, &value);)
		count++;
	ck_assert_uint_eq(count, 4);
}
END_TEST

START_TEST(test_startup_without_parameters_is_the_servers_to_refuse)
{
	struct packet p;
	struct pp_startup s;
	make(&p, V3, "", 1);
	ck_assert_int_eq(parse(&p, &s), PP_STARTUP_SESSION);
	ck_assert_ptr_null(pp_startup_find(&s, "user"));
}
END_TEST

START_TEST(test_startup_requests_are_told_apart)
{
	static const struct {
		uint32_t code;
		size_t body;
		enum pp_startup_kind kind;
	} rows[] = {
		{SPEC | 5679, 0, PP_STARTUP_SSL},      {SPEC | 5679, 1, PP_STARTUP_BROKEN},
		{SPEC | 5680, 0, PP_STARTUP_GSSENC},   {SPEC | 5680, 4, PP_STARTUP_BROKEN},
		{SPEC | 5678, 8, PP_STARTUP_CANCEL},   {SPEC | 5678, 7, PP_STARTUP_BROKEN},
		{SPEC | 5678, 260, PP_STARTUP_CANCEL}, {SPEC | 5678, 261, PP_STARTUP_BROKEN},
		{SPEC | 1, 0, PP_STARTUP_VERSION},     {0x00020000, 288, PP_STARTUP_VERSION},
		{0x00040000, 9, PP_STARTUP_VERSION},   {V3, 0, PP_STARTUP_BROKEN},
	};
	static const uint8_t body[300] = {0, 0, 0x30, 0x39, 'k', 'e', 'y', '!'};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct packet p;
		struct pp_startup s;
		make(&p, rows[i].code, body, rows[i].body);
		ck_assert_int_eq(parse(&p, &s), rows[i].kind);
		ck_assert_int_eq(s.kind, rows[i].kind);
		if (s.kind != PP_STARTUP_CANCEL)
			continue;
		ck_assert_uint_eq(s.cancel_pid, 12345);
		ck_assert_uint_eq(s.cancel_key_len, rows[i].body - 4);
		ck_assert_ptr_eq(s.cancel_key, p.bytes + 12);
	}
}
END_TEST

START_TEST(test_startup_broken_parameter_lists_are_refused)
{
	static const struct {
		const char *body;
		size_t len;
	} bad[] = {{"user", 4},	    {"user\0", 5},	    {"user\0ann", 8},
		   {"user\0\0", 6}, {"user\0ann\0\0x", 11}, {"\0user\0ann\0", 10}};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct packet p;
		struct pp_startup s;
		make(&p, V3, bad[i].body, bad[i].len);
		ck_assert_int_eq(parse(&p, &s), PP_STARTUP_BROKEN);
	}
}
END_TEST

START_TEST(test_startup_length_limit_is_the_servers)
{
	static uint8_t body[PP_STARTUP_LENGTH_MAX];
	struct packet p;
	struct pp_startup s;
	memset(body, 'x', sizeof body);
	size_t len = PP_STARTUP_LENGTH_MAX - 4;
	body[1] = body[len - 2] = body[len - 1] = 0;
	make(&p, V3, body, len);
	ck_assert_uint_eq(p.len, 10004);
	ck_assert_int_eq(parse(&p, &s), PP_STARTUP_SESSION);
	make(&p, V3, body, len + 1);
	ck_assert_int_eq(parse(&p, &s), PP_STARTUP_BROKEN);
	ck_assert_int_eq(pp_startup_parse((const uint8_t *)"\0\0\0\7", 4, &s), PP_STARTUP_BROKEN);
}
END_TEST

START_TEST(test_startup_other_protocols_are_known_at_their_first_bytes)
{
	struct pp_startup s;
	ck_assert_int_eq(pp_startup_parse((const uint8_t *)"\x16\x03\x01", 3, &s), PP_STARTUP_TLS);
	ck_assert_int_eq(pp_startup_parse((const uint8_t *)"\x16", 1, &s), PP_STARTUP_TLS);
	ck_assert_int_eq(pp_startup_parse((const uint8_t *)"GET /", 5, &s), PP_STARTUP_BROKEN);
	ck_assert_int_eq(pp_startup_parse((const uint8_t *)"G", 1, &s), PP_STARTUP_BROKEN);
	ck_assert_int_eq(pp_startup_parse((const uint8_t *)"\0\x01", 2, &s), PP_STARTUP_BROKEN);
	ck_assert_int_eq(pp_startup_parse(NULL, 0, &s), PP_STARTUP_MORE);
}
END_TEST

START_TEST(test_startup_every_prefix_says_more_or_what_the_whole_says)
{
	static const uint32_t codes[] = {V3,	      SPEC | 5678, SPEC | 5679,
					 SPEC | 5680, 0x00020000,  0x16161616};
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		for (size_t body = 0; body <= sizeof BODY; body++) {
			struct packet p;
			struct pp_startup s;
			make(&p, codes[i], BODY, body);
			enum pp_startup_kind whole = parse(&p, &s);
			ck_assert_int_ne(whole, PP_STARTUP_MORE);
			for (size_t len = 0; len < p.len; len++) {
				enum pp_startup_kind k = pp_startup_parse(p.bytes, len, &s);
				ck_assert(k == PP_STARTUP_MORE ||
					  (k == whole && k == PP_STARTUP_BROKEN));
			}
		}
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wire/startup");
	TCase *c = tcase_create("kinds");
	tcase_add_test(c, test_startup_session_gives_its_parameters_and_the_last_of_a_name_wins);
	tcase_add_test(c, test_startup_without_parameters_is_the_servers_to_refuse);
	tcase_add_test(c, test_startup_requests_are_told_apart);
	tcase_add_test(c, test_startup_broken_parameter_lists_are_refused);
	tcase_add_test(c, test_startup_length_limit_is_the_servers);
	suite_add_tcase(s, c);
	c = tcase_create("split");
	tcase_add_test(c, test_startup_other_protocols_are_known_at_their_first_bytes);
	tcase_add_test(c, test_startup_every_prefix_says_more_or_what_the_whole_says);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
