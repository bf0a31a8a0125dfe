#include "session/pins.h"

#include <stdio.h>
#include <string.h>

#include "pp_test.h"

START_TEST(test_pins_text_lists_the_words_in_bit_order)
{
	char text[64];
	pp_pins_text(PP_PIN_TEMP | PP_PIN_SETTINGS | PP_PIN_SESSION, text, sizeof text);
	ck_assert_str_eq(text, "set,temp,session-mode");
	pp_pins_text(0, text, sizeof text);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(test_pins_text_is_cut_to_any_size_and_terminated)
{
	char whole[256];
	uint32_t all = (UINT32_C(1) << PP_PIN_BIT__COUNT) - 1;
	pp_pins_text(all, whole, sizeof whole);
	for (size_t size = 0; size < sizeof whole; size++) {
		char text[sizeof whole + 1];
		memset(text, '#', sizeof text);
		pp_pins_text(all, text, size);
		ck_assert_int_eq(text[size], '#');
		if (size > 0)
			ck_assert_uint_lt(strlen(text), size);
		if (size > strlen(whole))
			ck_assert_str_eq(text, whole);
	}
}
END_TEST

START_TEST(test_pins_every_bit_has_a_word_of_its_own)
{
	for (unsigned a = 0; a < PP_PIN_BIT__COUNT; a++)
		for (unsigned b = 0; b < a; b++)
			ck_assert_str_ne(pp_pins_word(a), pp_pins_word(b));
	ck_assert_str_eq(pp_pins_word(PP_PIN_BIT_SETTINGS), "set");
	ck_assert_str_eq(pp_pins_word(PP_PIN_BIT__COUNT), "unknown");
}
END_TEST

START_TEST(test_pins_one_that_cannot_be_scrubbed_spoils_all)
{
	ck_assert(pp_pins_may_scrub(0));
	ck_assert(pp_pins_may_scrub(PP_PIN_SETTINGS | PP_PIN_TEMP | PP_PIN_ADVISORY));
	ck_assert(!pp_pins_may_scrub(PP_PIN_SETTINGS | PP_PIN_SEED));
	ck_assert(!pp_pins_may_scrub(PP_PIN_PID)); /* who was told may come late */
	ck_assert(!pp_pins_may_scrub(PP_PIN_OPAQUE));
	ck_assert(!pp_pins_may_scrub(PP_PIN_DYNAMIC));
}
END_TEST

START_TEST(test_pins_say_what_the_server_must_be_asked)
{
	uint32_t probed =
		PP_PIN_LISTEN | PP_PIN_TEMP | PP_PIN_PREPARE | PP_PIN_HOLD | PP_PIN_ADVISORY;
	ck_assert_uint_eq(pp_pins_to_probe(0), 0);
	ck_assert_uint_eq(pp_pins_to_probe(PP_PIN_TEMP | PP_PIN_SEED), PP_PIN_TEMP);
	ck_assert_uint_eq(pp_pins_to_probe(PP_PIN_SETTINGS | PP_PIN_OPAQUE), PP_PIN_SETTINGS);
	ck_assert_uint_eq(pp_pins_to_probe(PP_PIN_DYNAMIC), probed | PP_PIN_SETTINGS);
	ck_assert_uint_eq(pp_pins_lasting(PP_PINS_ALL),
			  PP_PINS_ALL &
				  ~(probed | PP_PIN_SETTINGS | PP_PIN_DYNAMIC | PP_PIN_NEXTVAL));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/pins");
	TCase *c = tcase_create("words");
	tcase_add_test(c, test_pins_text_lists_the_words_in_bit_order);
	tcase_add_test(c, test_pins_text_is_cut_to_any_size_and_terminated);
	tcase_add_test(c, test_pins_every_bit_has_a_word_of_its_own);
	tcase_add_test(c, test_pins_one_that_cannot_be_scrubbed_spoils_all);
	tcase_add_test(c, test_pins_say_what_the_server_must_be_asked);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
