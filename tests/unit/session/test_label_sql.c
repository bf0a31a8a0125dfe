/* pp_label_sql(): a session of one label, to which the statements are done, has the other. */
#include "session/label_sql.h"

#include <stdio.h>
#include <string.h>

#include "pp_test.h"

#define LABEL(text)                                                                                \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}

/* Names in order, as label.h has them. */
static const struct pp_label labels[] = {
	LABEL(""),
	LABEL("work_mem\0007MB\0"),
	LABEL("search_path\0\"A b\", public\0work_mem\0008MB\0"),
	LABEL("app.tenant\0it's \\ \"seven\"\0"),
	LABEL("app.tenant\0\0work_mem\0007MB\0"),
	LABEL("app.tenant\0eight\0app.two\0x\0"),
	LABEL("role\0other\0"),
	LABEL("role\0other\0work_mem\0007MB\0"),
	LABEL("role\0third\0session_authorization\0other\0"),
	LABEL("session_authorization\0other\0work_mem\0008MB\0"),
	LABEL("app.tenant\0eight\0role\0other\0session_authorization\0app\0"),
};
#define LABELS (sizeof labels / sizeof *labels)

/* The session: its label, and in whose name the settings were made. */
struct session {
	char bytes[PP_LABEL_MAX];
	size_t len;
	bool as_login; /* every setting was changed by the login role itself */
};

static struct pp_label view(const struct session *s)
{
	return (struct pp_label){s->bytes, s->len};
}

static void set(struct session *s, const char *name, const char *value)
{
	char bytes[PP_LABEL_MAX];
	size_t len;
	ck_assert_int_eq(pp_label_with(view(s), name, value, bytes, &len), 0);
	memcpy(s->bytes, bytes, len);
	s->len = len;
}

static bool is_identity(const char *name)
{
	return strcmp(name, "role") == 0 || strcmp(name, "session_authorization") == 0;
}

static void touch(struct session *s, const char *name)
{
	if (!is_identity(name) &&
	    (pp_label_get(view(s), "role") || pp_label_get(view(s), "session_authorization")))
		s->as_login = false;
}

static bool eat(const char **p, const char *word)
{
	size_t len = strlen(word);
	if (strncmp(*p, word, len) != 0)
		return false;
	*p += len;
	return true;
}

/* What stands between `quote` and its like, doubled ones and (in literals) backslashes undone. */
static void eat_quoted(const char **p, char quote, char *ret)
{
	while (**p != quote || (*p)[1] == quote) {
		ck_assert(**p);
		if (**p == quote || (**p == '\\' && quote == '\''))
			++*p;
		*ret++ = *(*p)++;
	}
	++*p;
	*ret = '\0';
}

static void eat_config(const char **p, struct session *s)
{
	char name[200], value[200];
	ck_assert(eat(p, "pg_catalog.set_config(E'"));
	eat_quoted(p, '\'', name);
	bool encoded = eat(p, ",pg_catalog.convert_from(pg_catalog.decode(E'");
	ck_assert(encoded || eat(p, ",E'"));
	eat_quoted(p, '\'', value);
	ck_assert_ptr_eq(strchr(value, '\\'), encoded ? strchr(value, '\\') : NULL);
	ck_assert(!encoded || eat(p, ",'escape'),pg_catalog.getdatabaseencoding())"));
	ck_assert(eat(p, ",false)"));
	touch(s, name);
	if (strcmp(name, "session_authorization") == 0)
		set(s, "role",
		    NULL); /* docs SET SESSION AUTHORIZATION: the role is reset as well */
	set(s, name, value);
}

/* Docs RESET: the default; of a custom setting that is '', as nothing can undefine it. */
static void reset(struct session *s, const char *name)
{
	touch(s, name);
	set(s, name, pp_label_is_custom(name) ? "" : NULL);
}

static void run(const char *sql, struct session *s)
{
	char name[200];
	for (const char *p = sql; *p;) {
		if (eat(&p, "SET SESSION AUTHORIZATION DEFAULT")) {
			set(s, "session_authorization", NULL);
			set(s, "role", NULL);
		} else if (eat(&p, "RESET ROLE")) {
			set(s, "role", NULL);
		} else if (eat(&p, "RESET \"")) {
			eat_quoted(&p, '"', name);
			reset(s, name);
		} else if (eat(&p, "SELECT pg_catalog.set_config(n,")) {
			p += strcspn(p, ";"); /* they are that already */
		} else {
			ck_assert_msg(eat(&p, "SELECT "), "%s", p);
			do
				eat_config(&p, s);
			while (eat(&p, ","));
		}
		ck_assert_msg(eat(&p, ";"), "%s", p);
	}
}

START_TEST(test_label_sql_leads_from_every_label_to_every_one_that_covers_it)
{
	unsigned tried = 0;
	for (size_t i = 0; i < LABELS; i++) {
		for (size_t k = 0; k < LABELS; k++) {
			struct pp_label from = labels[i], to = labels[k];
			struct session s = {.len = from.len, .as_login = true};
			char sql[1024];
			if (!pp_label_covers(to, from))
				continue;
			memcpy(s.bytes, from.bytes, from.len);
			ck_assert_int_eq(pp_label_sql(from, to, sql, sizeof sql), 0);
			run(sql, &s);
			ck_assert_msg(s.len == to.len && !memcmp(s.bytes, to.bytes, to.len),
				      "from %zu to %zu: %s", i, k, sql);
			ck_assert_msg(s.as_login, "from %zu to %zu: %s", i, k, sql);
			ck_assert((pp_label_distance(from, to) == 0) == (*sql == '\0'));
			tried++;
		}
	}
	ck_assert_uint_gt(tried, 60);
}
END_TEST

START_TEST(test_label_sql_fits_or_is_full)
{
	struct pp_label from = labels[2], to = labels[10];
	char whole[1024], text[1024];
	ck_assert_int_eq(pp_label_sql(from, to, whole, sizeof whole), 0);
	for (size_t size = 0; size <= strlen(whole) + 1; size++)
		ck_assert_int_eq(pp_label_sql(from, to, text, size),
				 size > strlen(whole) ? 0 : PP_ERR_FULL);
	ck_assert_str_eq(text, whole);
}
END_TEST

/* label.h: roles are dropped and lose rights, tablespaces vanish. */
START_TEST(test_label_sql_may_fail_where_something_else_can_have_gone)
{
	static const struct pp_label none = LABEL(""), plain = LABEL("work_mem\0007MB\0"),
				     space = LABEL("default_tablespace\0fast\0"),
				     spaces = LABEL("temp_tablespaces\0fast\0"),
				     method = LABEL("default_table_access_method\0heap\0"),
				     role = LABEL("role\0other\0");
	ck_assert(!pp_label_may_fail(none, plain) && !pp_label_may_fail(plain, none));
	ck_assert(pp_label_may_fail(none, space) && pp_label_may_fail(none, spaces));
	ck_assert(pp_label_may_fail(none, method) && pp_label_may_fail(space, none));
	ck_assert(!pp_label_may_fail(space, space));
	ck_assert(pp_label_may_fail(none, role) && pp_label_may_fail(role, none));
	ck_assert(pp_label_may_fail((struct pp_label)LABEL("statement_timeout\00020ms\0"), none));
	ck_assert(pp_label_may_fail((struct pp_label)LABEL("statement_timeout\000500ms\0"), none));
	ck_assert(
		!pp_label_may_fail((struct pp_label)LABEL("statement_timeout\0001500ms\0"), none));
	ck_assert(!pp_label_may_fail((struct pp_label)LABEL("statement_timeout\0005s\0"), none));
	ck_assert(pp_label_may_fail(role, role)); /* it may have lost the rights for the rest */
}
END_TEST

START_TEST(test_label_sql_of_a_custom_setting_may_fail_where_its_name_is_new)
{
	static const struct pp_label none = LABEL(""), mine = LABEL("app.t\0a\0"),
				     theirs = LABEL("app.t\0b\0"),
				     language = LABEL("plpgsql.check_asserts\0on\0"),
				     other = LABEL("plpgsql.check_asserts\0off\0");
	ck_assert(pp_label_may_fail(none, mine));
	ck_assert(!pp_label_may_fail(mine, theirs) && !pp_label_may_fail(mine, mine));
	ck_assert(pp_label_may_fail(language, other) && !pp_label_may_fail(other, other));
}
END_TEST

START_TEST(test_label_sql_that_changes_how_texts_are_read_is_waited_for)
{
	static const struct pp_label none = LABEL(""),
				     strings = LABEL("standard_conforming_strings\0off\0"),
				     encoding = LABEL("client_encoding\0LATIN1\0");
	ck_assert(pp_label_may_fail(none, strings) && pp_label_may_fail(strings, none));
	ck_assert(pp_label_may_fail(none, encoding) && pp_label_may_fail(encoding, none));
}
END_TEST

/* Where the library is loaded, '' may be no value for its setting (hnsw.ef_search is a number); and RESET may lead to what
 * the server's configuration says. */
START_TEST(test_label_sql_of_an_empty_custom_setting_asks_whose_it_is)
{
	static const struct pp_label empty = LABEL("app.x\0\0"), set = LABEL("app.x\0007\0"),
				     both = LABEL("app.x\0\0app.y\0007\0"), none = {0};
	static const char start[] = "RESET \"app.x\";SELECT pg_catalog.set_config(";
	char text[1024];
	ck_assert_int_eq(pp_label_sql(set, empty, text, sizeof text), 0);
	ck_assert(strncmp(text, start, strlen(start)) == 0 && strstr(text, "NOT EXISTS"));
	ck_assert_int_eq(pp_label_sql(none, empty, text, sizeof text), 0);
	ck_assert(strncmp(text, start, strlen(start)) == 0 && strstr(text, "NOT EXISTS"));
	ck_assert_int_eq(pp_label_sql(none, both, text, sizeof text), 0);
	ck_assert(strncmp(text, start, strlen(start)) == 0 && strstr(text, "app.y"));
	ck_assert_int_eq(pp_label_sql(empty, both, text, sizeof text), 0);
	ck_assert_ptr_null(strstr(text, "RESET"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/label_sql");
	TCase *c = tcase_create("label_sql");
	tcase_add_test(c, test_label_sql_leads_from_every_label_to_every_one_that_covers_it);
	tcase_add_test(c, test_label_sql_fits_or_is_full);
	tcase_add_test(c, test_label_sql_may_fail_where_something_else_can_have_gone);
	tcase_add_test(c, test_label_sql_of_a_custom_setting_may_fail_where_its_name_is_new);
	tcase_add_test(c, test_label_sql_that_changes_how_texts_are_read_is_waited_for);
	tcase_add_test(c, test_label_sql_of_an_empty_custom_setting_asks_whose_it_is);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
