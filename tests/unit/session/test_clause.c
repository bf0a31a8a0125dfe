#include "session/clause.h"

#include "lexer_facts.h"

static bool tells(const char *text)
{
	struct facts facts = facts_of((const uint8_t *)text, strlen(text), true, NULL);
	return facts.found & PP_PIN_PID;
}

static void all_tell(const char *const *table, bool wanted)
{
	for (; *table; table++)
		ck_assert_msg(tells(*table) == wanted, "%s", *table);
}

START_TEST(test_clause_the_answer_or_a_table_may_show_it)
{
	static const char *const table[] = {
		"SELECT pg_backend_pid()",
		"select Pg_Backend_Pid /* a */ ()",
		"SELECT pg_catalog.\"pg_backend_pid\"()",
		"SELECT * FROM pg_backend_pid()",
		"SELECT * FROM a, LATERAL pg_backend_pid() p",
		"SELECT (SELECT pg_backend_pid()) FROM a WHERE b",
		"WITH x AS (SELECT 1 WHERE true) SELECT pg_backend_pid()",
		"VALUES (1), (pg_backend_pid())",
		"INSERT INTO jobs VALUES (pg_backend_pid())",
		"UPDATE jobs SET pid = pg_backend_pid() WHERE id = 1",
		"DELETE FROM jobs WHERE id = 1 RETURNING pg_backend_pid()",
		"INSERT INTO a SELECT b FROM c ON CONFLICT (d) WHERE e DO UPDATE SET f = "
		"pg_backend_pid()",
		"INSERT INTO a SELECT b FROM c ON CONFLICT DO NOTHING RETURNING pg_backend_pid()",
		"COPY (SELECT pg_backend_pid()) TO STDOUT",
		"DECLARE c CURSOR WITH HOLD FOR SELECT pg_backend_pid()",
		"PREPARE a AS SELECT pg_backend_pid()",
		"CREATE TABLE a AS SELECT pg_backend_pid()",
		"SELECT 1 WHERE true; SELECT pg_backend_pid()",
		NULL};
	all_tell(table, true);
}
END_TEST

START_TEST(test_clause_a_condition_only_compares_it)
{
	static const char *const table[] = {
		"SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()",
		"select 1 from a where b and (c or d in (1, pg_backend_pid()))",
		"SELECT 1 FROM a WHERE b = (SELECT pg_backend_pid())",
		"SELECT 1 FROM a WHERE b IS DISTINCT FROM pg_backend_pid()",
		"SELECT 1 FROM a JOIN b ON a.pid = b.pid AND a.pid = pg_backend_pid() WHERE c",
		"SELECT 1 FROM a LEFT JOIN b ON f(x, pg_backend_pid()) GROUP BY 1",
		"SELECT (SELECT count(*) FROM a WHERE pid = pg_backend_pid()), 2",
		"SELECT count(*) FILTER (WHERE pid = pg_backend_pid()) FROM a",
		"DELETE FROM a WHERE pid = pg_backend_pid() RETURNING b",
		"UPDATE a SET b = 1 FROM c WHERE pid = pg_backend_pid()",
		"WITH x AS (SELECT 1 FROM a WHERE pid = pg_backend_pid()) SELECT 2",
		"PREPARE a AS SELECT 1 FROM b WHERE pid = pg_backend_pid()",
		"SELECT pg_backend_pid, 'pg_backend_pid()' -- pg_backend_pid()",
		NULL};
	all_tell(table, false);
}
END_TEST

START_TEST(test_clause_a_condition_ends)
{
	static const char *const table[] = {
		"SELECT 1 WHERE true UNION ALL SELECT pg_backend_pid()",
		"SELECT 1 WHERE true UNION (SELECT pg_backend_pid())",
		"SELECT 1 WHERE true EXCEPT VALUES (pg_backend_pid())",
		"(SELECT 1 WHERE true) UNION SELECT pg_backend_pid()",
		"SELECT f FROM a JOIN b ON c = d, pg_backend_pid() f",
		"SELECT f FROM a JOIN b ON true CROSS JOIN pg_backend_pid() f",
		"SELECT f FROM a JOIN b ON true NATURAL LEFT JOIN pg_backend_pid() f",
		"SELECT g(1, (SELECT 2 WHERE true), pg_backend_pid())",
		"SELECT count(*) FILTER (WHERE true) + pg_backend_pid() FROM a",
		NULL};
	all_tell(table, true);
}
END_TEST

/* Some of these are no SQL. */
START_TEST(test_clause_every_word_that_may_begin_another_one_ends_it)
{
	static const char *const words[] = {
		"SELECT", "VALUES", "TABLE", "RETURNING", "SET",   "UNION", "INTERSECT", "EXCEPT",
		"GROUP",  "ORDER",  "LIMIT", "WINDOW",	  "FETCH", "FOR",   "OFFSET",	 "INTO",
		"JOIN",	  "LEFT",   "RIGHT", "INNER",	  "FULL",  "CROSS", "NATURAL"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		char text[100];
		snprintf(text, sizeof text, "SELECT 1 FROM a WHERE b %s pg_backend_pid()",
			 words[i]);
		ck_assert_msg(tells(text), "%s", text);
		snprintf(text, sizeof text, "SELECT 1 FROM a WHERE b (%s 1) = pg_backend_pid()",
			 words[i]);
		ck_assert_msg(!tells(text), "%s", text);
	}
}
END_TEST

START_TEST(test_clause_what_is_no_condition)
{
	static const char *const table[] = {
		"SELECT DISTINCT ON (a) pg_backend_pid() FROM b",
		"SELECT 1 FROM a UNION SELECT DISTINCT ON (a) pg_backend_pid() FROM b",
		"SELECT 1 AS where FROM pg_backend_pid()",
		"SELECT 1 AS from, 2 AS on, pg_backend_pid()",
		"SELECT a.where + pg_backend_pid() FROM a",
		"SELECT \"where\" + pg_backend_pid() FROM a",
		"SELECT 'where' || pg_backend_pid() FROM a",
		"SELECT a AS \"as\", where_ + pg_backend_pid() FROM a",
		"MERGE INTO a USING b ON c WHEN MATCHED THEN UPDATE SET d = pg_backend_pid()",
		NULL};
	all_tell(table, true);
}
END_TEST

/* A query within so many parentheses, and what follows it. */
static const char *nested(const char *before, unsigned depth, const char *query, const char *after)
{
	static char text[400];
	char open[100] = "", close[100] = "";
	memset(open, '(', depth);
	memset(close, ')', depth);
	snprintf(text, sizeof text, "%s %s%s%s %s", before, open, query, close, after);
	return text;
}

/* Nor does what is deeper begin or end anything further out. */
START_TEST(test_clause_too_deep_to_be_told)
{
	static const char where[] = "SELECT 1 FROM a WHERE pid = pg_backend_pid()";
	ck_assert(!tells(nested("SELECT", 31, where, "")));
	ck_assert(tells(nested("SELECT", 32, where, "")));
	ck_assert(tells(nested("SELECT", 99, where, "")));
	ck_assert(tells(nested("SELECT", 31, "SELECT 1 WHERE b", ", pg_backend_pid()")));
	ck_assert(tells(nested("SELECT", 40, "SELECT 1 WHERE b", ", pg_backend_pid()")));
	ck_assert(!tells(nested("SELECT 1 FROM a WHERE", 40, "SELECT 1, 2", "= pg_backend_pid()")));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/clause");
	TCase *c = tcase_create("clauses");
	tcase_add_test(c, test_clause_the_answer_or_a_table_may_show_it);
	tcase_add_test(c, test_clause_a_condition_only_compares_it);
	tcase_add_test(c, test_clause_a_condition_ends);
	tcase_add_test(c, test_clause_every_word_that_may_begin_another_one_ends_it);
	tcase_add_test(c, test_clause_what_is_no_condition);
	tcase_add_test(c, test_clause_too_deep_to_be_told);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
