#include "broker/suspects.h"

#include <stdio.h>
#include <string.h>

#include "pp_test.h"
#include "session/lexer.h"

static struct pp_suspects *found;
static struct pp_watch watch;

static void setup(void)
{
	found = pp_suspects_new();
	ck_assert_ptr_nonnull(found);
	memset(&watch, 0xA5, sizeof watch);
}

static void teardown(void)
{
	pp_suspects_free(found);
}

static void add(enum pp_suspects_kind kind, const char *name, const char *text)
{
	ck_assert_int_eq(pp_suspects_add(found, kind, name, strlen(name), (const uint8_t *)text,
					 strlen(text)),
			 0);
}

static void finish(void)
{
	ck_assert_int_eq(pp_suspects_finish(found, &watch), 0);
}

/* As the lexer asks; 0 for what the watch does not know. */
static uint32_t pins_of(const char *name)
{
	size_t len = strlen(name);
	return pp_watch_may_know(&watch, name, len)
		       ? watch.look_up(watch.arg, name, len) & PP_PINS_ALL
		       : 0;
}

START_TEST(test_suspects_are_those_whose_bodies_say_so)
{
	add(PP_SUSPECT_BODY, "locks", "begin perform pg_advisory_lock(1); end");
	add(PP_SUSPECT_BODY, "adds", "select $1 + $2");
	add(PP_SUSPECT_BODY, "makes", "begin create temp table t (n int); end");
	add(PP_SUSPECT_MACHINE, "remembers", "");
	add(PP_SUSPECT_KEEPING, "keeps", "$_SHARED{a} = 1");
	finish();
	ck_assert(pins_of("locks") & PP_PIN_ADVISORY);
	ck_assert_uint_eq(pins_of("adds"), 0);
	ck_assert_uint_ne(pins_of("makes"), 0);
	ck_assert_uint_eq(pins_of("remembers"), PP_PIN_LOAD);
	ck_assert_uint_eq(pins_of("keeps"), PP_PIN_OPAQUE);
	ck_assert_uint_eq(pins_of("unheard_of"), 0);
	ck_assert_uint_eq(pp_suspects_count(found), 4);
}
END_TEST

/* Whose transaction's end others hear of is no reason to keep a server, nor is who writes its server's pid down. */
START_TEST(test_suspects_that_only_notify_pin_nothing)
{
	add(PP_SUSPECT_BODY, "tells", "begin perform pg_notify('a', 'b'); return new; end");
	add(PP_SUSPECT_LEADS_TO, "noisy", "tells");
	add(PP_SUSPECT_BODY, "audits", "begin insert into log values (pg_backend_pid()); end");
	finish();
	ck_assert_uint_eq(watch.look_up(watch.arg, "noisy", 5), PP_TOUCH_NOTIFIES);
	ck_assert_uint_eq(pins_of("audits"), 0);
}
END_TEST

/* A body cannot be read in another language; its calls can, if they are SQL. */
START_TEST(test_suspects_in_another_language_may_do_anything)
{
	add(PP_SUSPECT_FOREIGN, "script", "spi_exec_query('select pg_advisory_lock(1)')");
	add(PP_SUSPECT_UNREADABLE, "binary", "");
	finish();
	ck_assert_uint_eq(pins_of("script"), PP_PIN_DYNAMIC | PP_PIN_ADVISORY);
	ck_assert_uint_eq(pins_of("binary"), PP_PIN_DYNAMIC);
}
END_TEST

/* Function in a function, behind a view, behind a trigger; in whatever order the rows come. */
START_TEST(test_suspects_lead_to_what_calls_them)
{
	add(PP_SUSPECT_BODY, "outer_one", "select middle_one()");
	add(PP_SUSPECT_EXPRESSION, "view_of_it", "SELECT outer_one() AS n");
	add(PP_SUSPECT_LEADS_TO, "table_with_trigger", "middle_one");
	add(PP_SUSPECT_BODY, "middle_one", "select inner_one()");
	add(PP_SUSPECT_BODY, "inner_one", "select setseed(0.5)");
	add(PP_SUSPECT_BODY, "bystander", "select other_one()");
	finish();
	static const char *const lead[] = {"outer_one", "view_of_it", "table_with_trigger",
					   "middle_one", "inner_one"};
	for (size_t i = 0; i < sizeof lead / sizeof *lead; i++)
		ck_assert_msg(pins_of(lead[i]) & PP_PIN_SEED, "%s", lead[i]);
	ck_assert_uint_eq(pins_of("bystander"), 0);
}
END_TEST

START_TEST(test_suspects_that_call_each_other_come_to_an_end)
{
	add(PP_SUSPECT_BODY, "ping", "select pong()");
	add(PP_SUSPECT_BODY, "pong", "select ping(); select pg_try_advisory_lock(1)");
	add(PP_SUSPECT_BODY, "itself", "select itself()");
	finish();
	ck_assert(pins_of("ping") & PP_PIN_ADVISORY);
	ck_assert(pins_of("pong") & PP_PIN_ADVISORY);
	ck_assert_uint_eq(pins_of("itself"), 0);
}
END_TEST

/* "": a row of no name is what any text may lead to. */
START_TEST(test_suspects_behind_every_text)
{
	add(PP_SUSPECT_LEADS_TO, "", "event_trigger");
	add(PP_SUSPECT_BODY, "event_trigger", "begin perform pg_advisory_lock(1); end");
	finish();
	ck_assert(watch.always & PP_PIN_ADVISORY);
}
END_TEST

START_TEST(test_suspects_are_known_in_any_case_and_as_long_as_names_are)
{
	char text[80], name[64];
	memset(name, 'n', 63);
	name[63] = '\0';
	add(PP_SUSPECT_BODY, "MixedCase", "select setseed(0)");
	add(PP_SUSPECT_BODY, name, "select setseed(0)");
	snprintf(text, sizeof text, "select %s()", name);
	add(PP_SUSPECT_BODY, "calls_the_long_one", text);
	finish();
	ck_assert(pins_of("MixedCase") & PP_PIN_SEED); /* quoted */
	ck_assert(pins_of("mixedcase") & PP_PIN_SEED); /* one too many is not too few */
	ck_assert(pins_of(name) & PP_PIN_SEED);
	ck_assert(pins_of("calls_the_long_one") & PP_PIN_SEED);
}
END_TEST

START_TEST(test_suspects_tell_the_custom_settings_that_bodies_name)
{
	add(PP_SUSPECT_BODY, "hidden",
	    "begin perform set_config('app.' || $1, 'x', false); perform 'app.tenant'; end");
	add(PP_SUSPECT_BODY, "plain", "select 'app.plain'");
	finish();
	ck_assert(pp_nameset_has(pp_suspects_settings(found), "app.tenant"));
	ck_assert(!pp_nameset_has(pp_suspects_settings(found), "app.plain"));
}
END_TEST

START_TEST(test_suspects_many_and_found_among_them)
{
	char name[32], text[64];
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof name, "function_%d", i);
		snprintf(text, sizeof text, i % 10 ? "select %d" : "select setseed(%d)", i);
		add(PP_SUSPECT_BODY, name, text);
	}
	finish();
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof name, "function_%d", i);
		ck_assert_uint_eq(pins_of(name), i % 10 ? 0 : PP_PIN_SEED);
	}
	ck_assert_uint_eq(pp_suspects_count(found), 300);
}
END_TEST

START_TEST(test_suspects_have_a_cap)
{
	char name[32];
	int r = 0;
	for (int i = 0; i <= PP_SUSPECTS_ROWS_MAX && r == 0; i++) {
		size_t len = (size_t)snprintf(name, sizeof name, "f%d", i);
		r = pp_suspects_add(found, PP_SUSPECT_UNREADABLE, name, len, NULL, 0);
		ck_assert(r == 0 || i == PP_SUSPECTS_ROWS_MAX);
	}
	ck_assert_int_eq(r, PP_ERR_FULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("broker/suspects");
	TCase *c = tcase_create("suspects");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_suspects_are_those_whose_bodies_say_so);
	tcase_add_test(c, test_suspects_that_only_notify_pin_nothing);
	tcase_add_test(c, test_suspects_in_another_language_may_do_anything);
	tcase_add_test(c, test_suspects_lead_to_what_calls_them);
	tcase_add_test(c, test_suspects_that_call_each_other_come_to_an_end);
	tcase_add_test(c, test_suspects_behind_every_text);
	tcase_add_test(c, test_suspects_are_known_in_any_case_and_as_long_as_names_are);
	tcase_add_test(c, test_suspects_tell_the_custom_settings_that_bodies_name);
	tcase_add_test(c, test_suspects_many_and_found_among_them);
	tcase_add_test(c, test_suspects_have_a_cap);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
