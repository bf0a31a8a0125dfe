#include "config/value.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "pp_test.h"

union field {
	bool flag;
	uint32_t number;
	pp_ms ms;
	uint64_t bytes;
	int word;
	char text[16];
};

static int parse(enum pp_value_type type, const char *text, union field *field)
{
	struct pp_errctx err;
	return pp_value_parse(type, "PODPOOL_X", text, field, sizeof field->text, &err);
}

/* What is printed is what a person would have written, and reads back as the same value. */
START_TEST(test_value_printed_reads_back_the_same)
{
	static const struct {
		enum pp_value_type type;
		const char *text, *printed;
	} table[] = {
		{PP_VALUE_BOOL, "on", "on"},
		{PP_VALUE_BOOL, "1", "on"},
		{PP_VALUE_BOOL, "yes", "on"},
		{PP_VALUE_BOOL, "true", "on"},
		{PP_VALUE_BOOL, "off", "off"},
		{PP_VALUE_BOOL, "0", "off"},
		{PP_VALUE_BOOL, "no", "off"},
		{PP_VALUE_BOOL, "false", "off"},
		{PP_VALUE_U32, "0", "0"},
		{PP_VALUE_U32, "10000", "10000"},
		{PP_VALUE_DURATION, "0", "0s"},
		{PP_VALUE_DURATION, "90", "90s"},
		{PP_VALUE_DURATION, "60s", "1m"},
		{PP_VALUE_DURATION, "1500ms", "1500ms"},
		{PP_VALUE_DURATION, "60min", "1h"},
		{PP_VALUE_DURATION, "24h", "1d"},
		{PP_VALUE_DURATION, "365d", "365d"},
		{PP_VALUE_BYTES, "", ""}, /* not given */
		{PP_VALUE_BYTES, "1Gi", "1073741824"},
		{PP_VALUE_BYTES, "500M", "500000000"},
		{PP_VALUE_TEXT, "", ""},
		{PP_VALUE_TEXT, "fifteen letters", "fifteen letters"},
		{PP_VALUE_MODE, "transaction", "transaction"},
		{PP_VALUE_MODE, "session", "session"},
		{PP_VALUE_LEND, "rotate", "rotate"},
		{PP_VALUE_FAIL, "closed", "closed"},
		{PP_VALUE_CLIENT_TLS, "tunnel", "tunnel"},
		{PP_VALUE_CLIENT_TLS, "terminate", "terminate"},
		{PP_VALUE_CLIENT_TLS, "refuse", "refuse"},
		{PP_VALUE_SSLMODE, "verify-full", "verify-full"},
		{PP_VALUE_SSLMODE, "disable", "disable"},
		{PP_VALUE_LOG, "debug", "debug"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		union field field, again;
		char text[32];
		memset(&field, 0, sizeof field);
		memset(&again, 0, sizeof again);
		ck_assert_int_eq(parse(table[i].type, table[i].text, &field), 0);
		ck_assert_uint_eq(pp_value_print(table[i].type, &field, text, sizeof text),
				  strlen(table[i].printed));
		ck_assert_str_eq(text, table[i].printed);
		ck_assert_int_eq(parse(table[i].type, text, &again), 0);
		ck_assert_mem_eq(&again, &field, sizeof field);
	}
}
END_TEST

START_TEST(test_value_units_are_what_they_say)
{
	union field field;
	ck_assert_int_eq(parse(PP_VALUE_DURATION, "5m", &field), 0);
	ck_assert_int_eq(field.ms, 5 * 60 * 1000);
	ck_assert_int_eq(parse(PP_VALUE_DURATION, "7", &field), 0);
	ck_assert_int_eq(field.ms, 7000);
	ck_assert_int_eq(parse(PP_VALUE_BYTES, "64Ki", &field), 0);
	ck_assert_uint_eq(field.bytes, 65536);
	ck_assert_int_eq(parse(PP_VALUE_BYTES, "128k", &field), 0);
	ck_assert_uint_eq(field.bytes, 128000);
}
END_TEST

START_TEST(test_value_refused_leaves_the_field_alone_and_says_why)
{
	static const struct {
		enum pp_value_type type;
		const char *text, *reason;
	} table[] = {
		{PP_VALUE_BOOL, "On", "PODPOOL_X: 'On' is not on or off"},
		{PP_VALUE_BOOL, "", "PODPOOL_X: '' is not on or off"},
		{PP_VALUE_U32, "10001", "PODPOOL_X: '10001' is not a number from 0 to 10000"},
		{PP_VALUE_U32, "-1", "PODPOOL_X: '-1' is not a number from 0 to 10000"},
		{PP_VALUE_DURATION, "366d",
		 "PODPOOL_X: '366d' is not a duration up to 365d, such as 250ms, 30s, 5m, 1h "
		 "(a bare number is seconds)"},
		{PP_VALUE_BYTES, "12 MB",
		 "PODPOOL_X: '12 MB' is not a size, such as 512Mi, 1Gi or plain bytes"},
		{PP_VALUE_TEXT, "sixteen letters.", "PODPOOL_X: longer than 15 characters"},
		{PP_VALUE_TEXT, "two\nlines", "PODPOOL_X: a control character is not allowed"},
		{PP_VALUE_TEXT, "\x7F", "PODPOOL_X: a control character is not allowed"},
		{PP_VALUE_MODE, "Session",
		 "PODPOOL_X: 'Session' is not one of transaction, session"},
		{PP_VALUE_FAIL, "openly", "PODPOOL_X: 'openly' is not one of open, closed"},
		{PP_VALUE_LOG, "0123456789012345678901234567890123456789012",
		 "PODPOOL_X: '0123456789012345678901234567890123456789...' is not one of error, "
		 "warning, info, debug"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		union field field, before;
		struct pp_errctx err;
		memset(&field, 0xA5, sizeof field);
		before = field;
		ck_assert_int_lt(pp_value_parse(table[i].type, "PODPOOL_X", table[i].text, &field,
						sizeof field.text, &err),
				 0);
		ck_assert_str_eq(err.text, table[i].reason);
		ck_assert_mem_eq(&field, &before, sizeof field);
	}
}
END_TEST

/* As snprintf: so much would have been written. */
START_TEST(test_value_print_is_cut_to_the_room_there_is)
{
	union field field = {.ms = 1500};
	char text[4];
	ck_assert_uint_eq(pp_value_print(PP_VALUE_DURATION, &field, text, sizeof text), 6);
	ck_assert_str_eq(text, "150");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config/value");
	TCase *c = tcase_create("value");
	tcase_add_test(c, test_value_printed_reads_back_the_same);
	tcase_add_test(c, test_value_units_are_what_they_say);
	tcase_add_test(c, test_value_refused_leaves_the_field_alone_and_says_why);
	tcase_add_test(c, test_value_print_is_cut_to_the_room_there_is);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
