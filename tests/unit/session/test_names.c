#include "session/names.h"

#include <stdio.h>

#include "lexer_facts.h"

static struct pp_lexer lx;

static void setup(void)
{
	memset(&lx, 0xA5, sizeof lx);
	pp_lexer_init(&lx, true);
}

static void spell(const char *name)
{
	pp_names_begin(&lx);
	for (const char *dot; (dot = strchr(name, '.')); name = dot + 1) {
		pp_names_part(&lx, name, (size_t)(dot - name));
		pp_names_part(&lx, ".", 1);
	}
	pp_names_part(&lx, name, strlen(name));
}

static uint32_t add(const char *name, enum pp_names_how how)
{
	lx.pins = lx.touched = 0;
	spell(name);
	pp_names_add(&lx, how, NULL);
	return lx.pins | lx.touched;
}

/* "a, b.c local" */
static const char *told(void)
{
	static char text[400];
	bool local;
	*text = '\0';
	for (const char *n = NULL; (n = pp_lexer_next_name(&lx, n, &local));)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s%s",
			 *text ? ", " : "", n, local ? " local" : "");
	return text;
}

START_TEST(test_names_know_no_case)
{
	spell("Work_MEM");
	ck_assert(pp_names_is(&lx, "work_mem") && !pp_names_is(&lx, "work_me"));
	ck_assert(!pp_names_is_custom(&lx));
	spell("App.Tenant");
	ck_assert(pp_names_is(&lx, "app.tenant") && pp_names_is_custom(&lx));
	spell("\xC5\xBD.X"); /* bytes of other letters stay */
	ck_assert(pp_names_is(&lx, "\xC5\xBD.x"));
}
END_TEST

START_TEST(test_names_of_the_transaction_matter_if_they_are_custom)
{
	ck_assert_uint_eq(add("work_mem", PP_NAMES_SET_LOCAL), 0);
	ck_assert_uint_eq(add("app.x", PP_NAMES_SET_LOCAL), PP_TOUCH_LOCAL);
	ck_assert_str_eq(told(), "app.x local");
	ck_assert(!pp_lexer_names_custom(&lx) && !pp_lexer_names_all(&lx));
}
END_TEST

START_TEST(test_names_set_for_both_are_set_for_the_session)
{
	add("app.x", PP_NAMES_SET_LOCAL);
	ck_assert_uint_eq(add("app.x", PP_NAMES_SET), PP_PIN_SETTINGS);
	ck_assert_str_eq(told(), "app.x");
	add("app.x", PP_NAMES_SET_LOCAL);
	ck_assert_str_eq(told(), "app.x");
	ck_assert(pp_lexer_names_custom(&lx));
}
END_TEST

/* lexer.h: those of RESET pin only if they are custom. */
START_TEST(test_names_reset_are_told)
{
	ck_assert_uint_eq(add("work_mem", PP_NAMES_RESET) & PP_PINS_ALL, 0);
	ck_assert_uint_eq(add("app.x", PP_NAMES_RESET) & PP_PINS_ALL, PP_PIN_SETTINGS);
	ck_assert_str_eq(told(), "work_mem, app.x");
}
END_TEST

START_TEST(test_names_whose_setting_is_more_than_theirs)
{
	ck_assert_uint_eq(add("session_authorization", PP_NAMES_SET), PP_PIN_SETTINGS);
	ck_assert_str_eq(told(), "session_authorization, role");
	ck_assert_uint_eq(add("seed", PP_NAMES_SET), PP_PIN_SEED);
	ck_assert_uint_eq(add("seed", PP_NAMES_SET_LOCAL), PP_PIN_SEED); /* no end undoes it */
}
END_TEST

static bool rereads(const char *name, enum pp_names_how how)
{
	pp_lexer_init(&lx, true);
	(void)add(name, how);
	return pp_lexer_names_reread(&lx);
}

START_TEST(test_names_that_decide_how_texts_are_read_are_told_of_a_transaction_too)
{
	ck_assert(rereads("standard_conforming_strings", PP_NAMES_SET_LOCAL));
	ck_assert(rereads("client_encoding", PP_NAMES_SET));
	ck_assert(!rereads("client_encoding", PP_NAMES_RESET));
	ck_assert(!rereads("work_mem", PP_NAMES_SET) &&
		  !rereads("my.client_encoding", PP_NAMES_SET));
	pp_names_add_all(&lx); /* RESET ALL */
	ck_assert(!pp_lexer_names_reread(&lx));
	pp_names_add_unknown(&lx, NULL);
	ck_assert(pp_lexer_names_reread(&lx));
}
END_TEST

static bool renames(const char *name, enum pp_names_how how)
{
	pp_lexer_init(&lx, true);
	(void)add(name, how);
	return pp_lexer_names_rename(&lx);
}

START_TEST(test_names_that_decide_what_names_mean_are_told_of_a_transaction_too)
{
	static const char *const names[] = {"search_path", "role", "session_authorization"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		ck_assert(renames(names[i], PP_NAMES_SET));
		ck_assert(renames(names[i], PP_NAMES_SET_LOCAL));
		ck_assert(renames(names[i], PP_NAMES_RESET));
	}
	ck_assert(!renames("work_mem", PP_NAMES_SET) && !renames("app.role", PP_NAMES_SET_LOCAL));
	pp_names_add_all(&lx); /* RESET ALL */
	ck_assert(pp_lexer_names_rename(&lx));
	ck_assert(!renames("roles", PP_NAMES_SET));
	pp_names_add_unknown(&lx, NULL);
	ck_assert(pp_lexer_names_rename(&lx));
}
END_TEST

START_TEST(test_names_that_do_not_fit_are_all_and_custom_ones_opaque)
{
	char name[PP_LEXER_NAME_MAX];
	for (int i = 0; !pp_lexer_names_all(&lx); i++) {
		snprintf(name, sizeof name, "a_setting_of_some_length_%d", i);
		ck_assert_uint_eq(add(name, PP_NAMES_SET), PP_PIN_SETTINGS);
		ck_assert_int_lt(i, PP_LEXER_NAMES_MAX);
	}
	ck_assert(!pp_lexer_names_custom(&lx)); /* pg_settings lists them all */
	ck_assert_uint_eq(add("app.a_setting_of_some_length", PP_NAMES_SET_LOCAL),
			  PP_PIN_SETTINGS | PP_PIN_OPAQUE);
	ck_assert(pp_lexer_names_custom(&lx));
}
END_TEST

START_TEST(test_names_nobody_can_know_are_opaque)
{
	char name[2 * PP_LEXER_NAME_MAX + 2];
	memset(name, 'x', sizeof name);
	name[sizeof name - 1] = '\0';
	ck_assert_uint_eq(add(name, PP_NAMES_SET), PP_PIN_SETTINGS | PP_PIN_OPAQUE);
	ck_assert(pp_lexer_names_all(&lx));
	spell("");
	lx.pins = 0;
	pp_names_add(&lx, PP_NAMES_SET, NULL); /* none was spelled */
	ck_assert_uint_eq(lx.pins, 0);
	pp_names_begin(&lx);
	pp_names_part(&lx, "a\0b", 3);
	pp_names_add(&lx, PP_NAMES_SET, NULL);
	ck_assert_uint_eq(lx.pins, PP_PIN_SETTINGS | PP_PIN_OPAQUE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/names");
	TCase *c = tcase_create("names");
	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_test(c, test_names_know_no_case);
	tcase_add_test(c, test_names_of_the_transaction_matter_if_they_are_custom);
	tcase_add_test(c, test_names_set_for_both_are_set_for_the_session);
	tcase_add_test(c, test_names_reset_are_told);
	tcase_add_test(c, test_names_whose_setting_is_more_than_theirs);
	tcase_add_test(c, test_names_that_decide_how_texts_are_read_are_told_of_a_transaction_too);
	tcase_add_test(c, test_names_that_decide_what_names_mean_are_told_of_a_transaction_too);
	tcase_add_test(c, test_names_that_do_not_fit_are_all_and_custom_ones_opaque);
	tcase_add_test(c, test_names_nobody_can_know_are_opaque);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
