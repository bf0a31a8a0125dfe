#include "session/body.h"

#include "lexer_facts.h"
#include "session/watch.h"

enum {
	DYNAMIC = PP_PIN_DYNAMIC,
	SET = DYNAMIC | PP_PIN_SETTINGS,
	OPAQUE = DYNAMIC | PP_PIN_OPAQUE,
	UNKNOWN = SET | OPAQUE
};

struct sample {
	const char *text;
	uint32_t pins;
	const char *names;
};

static void check_all(const struct sample *sample, size_t count)
{
	for (; count > 0; count--, sample++) {
		struct facts facts = facts_of_text(sample->text);
		uint32_t pins = facts.found & PP_PINS_ALL;
		ck_assert_msg(pins == sample->pins, "%s: pins %x, not %x", sample->text, pins,
			      sample->pins);
		ck_assert_msg(!strcmp(facts.names, sample->names), "%s: '%s'", sample->text,
			      facts.names);
	}
}

#define CHECK_ALL(table) check_all(table, sizeof table / sizeof *table)

START_TEST(test_body_of_do_is_searched_for_what_cannot_be_asked)
{
	static const struct sample table[] = {
		{"DO $$ begin null; end $$", DYNAMIC, ""},
		{"DO 'begin update t set a = 1, b = 2 where c; end'", DYNAMIC, ""},
		{"DO $$ begin listen a; create temp table t(); end $$", DYNAMIC, ""},
		{"DO $x$ begin perform setseed(0.5); end $x$", DYNAMIC | PP_PIN_SEED, ""},
		{"DO 'begin perform pg_catalog.SetSeed (1); end'", DYNAMIC | PP_PIN_SEED, ""},
		{"DO $$ begin x := currval(''); end $$", DYNAMIC | PP_PIN_SEQUENCE, ""},
		{"DO LANGUAGE plpgsql $a$ $aa$ lastval() $aa $a$", DYNAMIC | PP_PIN_SEQUENCE, ""},
		{"DO $a$ $$ $alastval() $a$", DYNAMIC, ""},
		{"DO $a$ $$ $a lastval() $a$", DYNAMIC | PP_PIN_SEQUENCE, ""},
		{"DO $$ begin load 'age'; end $$", DYNAMIC | PP_PIN_LOAD, ""},
		{"DO $$ begin raise notice '%', pg_backend_pid(); end $$", DYNAMIC | PP_PIN_PID,
		 ""},
		{"DO $$ begin execute 'load ''age'''; end $$", DYNAMIC | PP_PIN_LOAD, ""},
		{"DO $$ begin perform dblink_connect('x'); end $$", OPAQUE, ""},
		{"DO $$ begin pg_advisory_lock(1); end $$", DYNAMIC | PP_PIN_ADVISORY, ""},
		{"DO $$ -- setseed lastval load_it (", DYNAMIC | OPAQUE, ""},
		{"DO $$ begin perform setseed, (1); end $$", DYNAMIC, ""},
		{"DO $$ begin perform u&\"lastv\\0061l\"(); end $$", OPAQUE, ""},
		{"DO $$ begin execute E'\\nset app.x = 1'; end $$", OPAQUE, ""},
		{"DO E'begin null;\\nend'", OPAQUE, ""},
		{"DO E'begin null; end'", DYNAMIC, ""},
		{"DO U&'begin null; end'", OPAQUE, ""},
		{"DO $$ x $$ LANGUAGE plpython3u", OPAQUE, ""},
		{"DO LANGUAGE 'plperl' $$ x $$", OPAQUE, ""},
		{"DO LANGUAGE 'plpgsql' $$ x $$", DYNAMIC, ""},
		{"DO '' LANGUAGE \"plpgsql\"; SELECT 'lastval()'", DYNAMIC, ""},
		{"CALL p('lastval()')", DYNAMIC, ""},
		{"SELECT query_to_xml('SELECT lastval()', true, false, '')",
		 DYNAMIC | PP_PIN_SEQUENCE, ""},
		{"SELECT ts_stat($$SELECT set_config('a.b', 'c', false)$$)", SET, "a.b"},
		{"SELECT ts_stat('x'); SELECT 'lastval()'", DYNAMIC, ""},
	};
	CHECK_ALL(table);
}
END_TEST

START_TEST(test_body_tells_the_custom_settings)
{
	static const struct sample table[] = {
		{"DO $$ begin set work_mem = 1; set local role = r; reset all; end $$", DYNAMIC,
		 ""},
		{"DO $$ begin set App.X = 1; end $$", SET, "app.x"},
		{"DO $$ begin SET LOCAL app.x TO 1; RESET a.b; end $$", SET, "app.x, a.b"},
		{"DO $$ begin set session \"app\".\"x\" = 1; end $$", SET, "app.x"},
		{"DO 'begin set app.x = 1; set app.x = 2; end'", SET, "app.x"},
		{"DO $$ begin execute 'set app.x = ' || quote_literal(v); end $$", SET, "app.x"},
		{"DO $$ begin execute format('set app.x to %L', v); end $$", SET, "app.x"},
		{"DO $$ begin execute $q$set app.x to 1$q$; end $$", SET, "app.x"},
		{"DO $$ begin perform set_config('app.x', v, true); end $$", SET, "app.x"},
		{"DO $$ begin perform set_config('work_mem', v, true); end $$", DYNAMIC, ""},
		{"DO $$ begin perform set_config ( 'seed' , v, true); end $$",
		 DYNAMIC | PP_PIN_SEED, ""},
		{"DO 'begin perform set_config(''app.x'', v, true); end'", SET, "app.x"},
		{"DO $$ begin execute 'select set_config(''app.x'', $1, false)'; end $$", SET,
		 "app.x"},
		{"DO $$ begin n := 'app.x'; end $$", SET, "app.x"},
		{"DO $$ begin n := 'a sentence. And more'; end $$", DYNAMIC, ""},
		{"DO $$ begin raise notice 'Done.'; n := '1.5'; end $$", DYNAMIC, ""},
		{"DO $$ begin if x = 'set' then null; end if; end $$", DYNAMIC, ""},
		{"DO $$ begin alter table t alter c set default 1; end $$", DYNAMIC, ""},
		{"DO $$ begin update t set (a, b) = (1, 2); end $$", DYNAMIC, ""},
	};
	CHECK_ALL(table);
}
END_TEST

START_TEST(test_body_with_a_name_put_together_is_opaque)
{
	static const struct sample table[] = {
		{"DO $$ begin perform set_config(n, v, true); end $$", UNKNOWN, "*"},
		{"DO $$ begin perform set_config('app.' || n, v, true); end $$", UNKNOWN, "*"},
		{"DO $$ begin perform set_config('app' || n, v, true); end $$", UNKNOWN, "*"},
		{"DO $$ begin perform set_config('app.x' || n, v, true); end $$", UNKNOWN,
		 "app.x, *"},
		{"DO $$ begin perform set_config(E'app', v, true); end $$", UNKNOWN, "*"},
		{"DO $$ begin perform set_config(format('%s', n), v, true); end $$", UNKNOWN, "*"},
		{"DO $$ begin perform set_config('a b', v, true); end $$", UNKNOWN, "*"},
		{"DO 'set_config('", UNKNOWN, "*"},
		{"DO $$ begin execute 'set ' || n || ' = 1'; end $$", UNKNOWN, "*"},
		{"DO $$ begin execute 'set local ' || n || ' = 1'; end $$", UNKNOWN, "*"},
		{"DO $$ begin execute format('set %I = 1', n); end $$", UNKNOWN, "*"},
		{"DO $$ begin execute format('set app.%I = 1', n); end $$", UNKNOWN, "*"},
		{"DO $$ begin execute 'set app.' || n || ' = 1'; end $$", UNKNOWN, "*"},
		{"DO $$ begin execute 'reset app_' || n; end $$", UNKNOWN, "*"},
		{"DO $$ begin set/**/app.x = 1; end $$", UNKNOWN, "*"},
		{"DO $$ begin set app . x = 1; end $$", UNKNOWN, "*"},
	};
	CHECK_ALL(table);
}
END_TEST

START_TEST(test_body_words_of_any_length)
{
	char text[256], name[PP_LEXER_WORD_MAX + 8];
	for (size_t n = PP_LEXER_WORD_MAX - 4; n <= PP_LEXER_WORD_MAX + 1; n++) {
		bool fits = n + 2 <= PP_LEXER_WORD_MAX;
		memset(name, 'x', n);
		name[n] = '\0';
		snprintf(text, sizeof text, "DO $$ begin set a.%s = 1; x%s(); end $$", name, name);
		struct facts facts = facts_of_text(text);
		ck_assert_uint_eq(facts.found & PP_PINS_ALL, fits ? SET : UNKNOWN);
	}
}
END_TEST

static uint32_t count_words(void *arg, const char *name, size_t len)
{
	(void)name;
	*(unsigned *)arg += len > 0;
	return 0;
}

START_TEST(test_body_of_a_function_is_dynamic_only_if_a_word_says_so)
{
	static const struct {
		const char *body;
		uint32_t found;
		const char *name; /* the first */
	} table[] = {
		{"select 1", 0, ""},
		{"begin update t set a = 1 where b; end", 0, ""},
		{"begin if x then update t set a = 1; end if; set work_mem = 1; end", DYNAMIC, ""},
		{"-- an update\n set work_mem = 1", DYNAMIC, ""},
		{"/* an update */ set work_mem = 1", DYNAMIC, ""},
		{"begin if tg_op = 'UPDATE' then set work_mem = 1; end if; end", DYNAMIC, ""},
		{"begin execute 'update t set ' || c || ' = 1'; end", DYNAMIC, ""},
		{"insert into t values (1) on conflict (a) do update set a = 2", 0, ""},
		{"select set_config('work_mem', '7MB', false)", DYNAMIC, ""},
		{"select set_config('app.x', '7MB', false)", DYNAMIC | PP_PIN_SETTINGS, "app.x"},
		{"select set_config(n, '7MB', false)", UNKNOWN, ""},
		{"SELECT set_config('app.x'::text, '7MB'::text)", DYNAMIC | PP_PIN_SETTINGS,
		 "app.x"},
		{"SELECT set_config('app.x'::text || n, '7MB')", UNKNOWN, "app.x"},
		{"select pg_advisory_lock(7)", PP_PIN_ADVISORY, ""},
		{"select pg_advisory_unlock(7)", PP_TOUCH_END, ""},
		{"select pg_advisory_xact_lock(7)", 0, ""},
		{"begin create temp table t (a int); end", DYNAMIC, ""},
		{"create table pg_temp.t (a int)", DYNAMIC | PP_TOUCH_CODE, ""},
		{"begin execute s; end", DYNAMIC, ""},
		{"begin drop table t; end", PP_TOUCH_END, ""},
		{"select currval('s')", PP_PIN_SEQUENCE, ""},
		{"begin create function f() returns int as 'x'; end", PP_TOUCH_CODE, ""},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct pp_lexer lx;
		unsigned words = 0;
		struct pp_watch watch = {~UINT64_C(0), 0, count_words, &words};
		const char *name;
		pp_lexer_init(&lx, true);
		pp_lexer_watch(&lx, &watch);
		pp_lexer_feed_body(&lx, (const uint8_t *)table[i].body, strlen(table[i].body));
		uint32_t found = pp_lexer_finish(&lx);
		ck_assert_msg(found == table[i].found, "%s: %x", table[i].body, found);
		name = pp_lexer_next_name(&lx, NULL, NULL);
		ck_assert_str_eq(name ? name : "", table[i].name);
		ck_assert_uint_gt(words, 0);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/body");
	TCase *c = tcase_create("body");
	tcase_add_test(c, test_body_of_do_is_searched_for_what_cannot_be_asked);
	tcase_add_test(c, test_body_tells_the_custom_settings);
	tcase_add_test(c, test_body_with_a_name_put_together_is_opaque);
	tcase_add_test(c, test_body_words_of_any_length);
	tcase_add_test(c, test_body_of_a_function_is_dynamic_only_if_a_word_says_so);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
