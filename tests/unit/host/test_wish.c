#include "host/wish.h"

#include <stdio.h>
#include <string.h>

#include "pp_test.h"

static struct pp_wish wish;
static struct pp_targets targets;

static enum pp_wish_verdict judge_with(const char *conninfo, char *const *envp)
{
	ck_assert_int_eq(pp_targets_parse("*:5432,*:5433,10.0.0.0/8:6432", &targets, NULL), 0);
	pp_wish_init(&wish);
	pp_wish_add_conninfo(&wish, conninfo);
	pp_wish_add_environment(&wish, envp);
	return pp_wish_judge(&wish, &targets);
}

static enum pp_wish_verdict judge(const char *conninfo)
{
	char *none[] = {NULL};
	return judge_with(conninfo, none);
}

static const char *value(enum pp_wish_option option)
{
	return wish.value[option] ? wish.value[option] : "(not set)";
}

START_TEST(test_wish_is_pooled_when_every_host_certainly_is)
{
	static const char *const pooled[] = {"host=db",
					     "hostaddr=10.0.0.1",
					     "host=a,b,c",
					     "host=a,b port=5433",
					     "host=a,b port=,5433",
					     "host=db port=''",
					     "postgresql://u:p@h:5433/d",
					     "postgres://h",
					     "host = db  port=5432"};
	static const char *const not_pooled[] = {"dbname=d",
						 "host=/tmp",
						 "host=@x",
						 "host=a,/tmp",
						 "host=''",
						 "host=a,,b",
						 "host=db port=1",
						 "host=db port=6432",
						 "host=a,b port=5432,1",
						 "host=db port=x",
						 "postgresql:///d",
						 "postgresql://h:1/d",
						 "hostaddr=10.0.0.1, host=a,/tmp"};
	for (size_t i = 0; i < sizeof pooled / sizeof *pooled; i++)
		ck_assert_msg(judge(pooled[i]) == PP_WISH_POOLED, "%s", pooled[i]);
	for (size_t i = 0; i < sizeof not_pooled / sizeof *not_pooled; i++)
		ck_assert_msg(judge(not_pooled[i]) == PP_WISH_UNTOUCHED, "%s", not_pooled[i]);
}
END_TEST

START_TEST(test_wish_doubts_what_only_libpq_can_read)
{
	static const char *const doubtful[] = {"host=db service=s",
					       "host=db sslmode=strange",
					       "host=db sslmode=''",
					       "host=db requiressl=1",
					       "host=db gssencmode=require",
					       "host=db tcp_user_timeout=1",
					       "host=db sslnegotiation=direct",
					       "host=db ssl_new=1",
					       "host=db replication=database",
					       "host=db sslmode",
					       "host='db",
					       "host=db x='y",
					       "postgresql://h/d?sslmode=a%2",
					       "postgresql://h/d?sslmode=a%00",
					       "postgresql://h/d?x=y=z",
					       "postgresql://[::1/d",
					       "postgresql://h/d?novalue"};
	char long_one[3000] = "host=db user=";
	memset(long_one + 13, 'x', sizeof long_one - 14);
	for (size_t i = 0; i < sizeof doubtful / sizeof *doubtful; i++)
		ck_assert_msg(judge(doubtful[i]) == PP_WISH_UNTOUCHED, "%s", doubtful[i]);
	ck_assert_int_eq(judge(long_one), PP_WISH_UNTOUCHED);
}
END_TEST

START_TEST(test_wish_demands_a_broker_cannot_meet_are_tunnelled)
{
	ck_assert_int_eq(judge("host=db require_auth=scram-sha-256"), PP_WISH_TUNNEL);
	ck_assert_int_eq(judge("host=db sslcertmode=require"), PP_WISH_TUNNEL);
	ck_assert_int_eq(judge("host=db require_auth=''"), PP_WISH_POOLED);
	ck_assert_int_eq(judge("host=/tmp require_auth=md5"), PP_WISH_UNTOUCHED);
}
END_TEST

START_TEST(test_wish_reads_strings_as_libpq_does)
{
	judge("host=a host = b\tsslmode='req\\uire' sslcert='/a b/\\'c' sslkey=/a\\ b user=x");
	ck_assert_str_eq(value(PP_WISH_host), "b");
	ck_assert_str_eq(value(PP_WISH_sslmode), "require");
	ck_assert_str_eq(value(PP_WISH_sslcert), "/a b/'c");
	ck_assert_str_eq(value(PP_WISH_sslkey), "/a b");
	ck_assert_int_eq(pp_wish_sslmode(&wish), PP_IPC_SSL_REQUIRE);
	judge("");
	ck_assert_int_eq(pp_wish_sslmode(&wish), PP_IPC_SSL_PREFER);
}
END_TEST

START_TEST(test_wish_reads_uris_as_libpq_does)
{
	judge("postgresql://u%40x:p?w@h%31:5433,[fe80::1]:5432/"
	      "d?sslmode=verify-full&sslrootcert=%2Fca%20x&");
	ck_assert_str_eq(value(PP_WISH_host), "h1,fe80::1");
	ck_assert_str_eq(value(PP_WISH_port), "5433,5432");
	ck_assert_str_eq(value(PP_WISH_sslmode), "verify-full");
	ck_assert_str_eq(value(PP_WISH_sslrootcert), "/ca x");
	ck_assert(!pp_wish_is_one_host(&wish));
	judge("postgres://h?ssl=true");
	ck_assert_str_eq(value(PP_WISH_sslmode), "require");
	ck_assert(pp_wish_is_one_host(&wish));
	judge("postgres:///d?host=db&port=5433");
	ck_assert_str_eq(value(PP_WISH_host), "db");
}
END_TEST

START_TEST(test_wish_arrays_override_in_order_and_empty_values_do_not_set)
{
	const char *const keywords[] = {"host", "dbname", "sslmode", "dbname", "port", NULL};
	const char *const values[] = {"a", "host=b sslmode=allow", "", "host=c", "5433", NULL};
	pp_wish_init(&wish);
	pp_wish_add_params(&wish, keywords, values, 1);
	ck_assert_str_eq(value(PP_WISH_host), "b"); /* the second dbname is a name */
	ck_assert_str_eq(value(PP_WISH_sslmode), "allow");
	ck_assert_str_eq(value(PP_WISH_port), "5433");
	pp_wish_init(&wish);
	pp_wish_add_params(&wish, keywords, values, 0);
	ck_assert_str_eq(value(PP_WISH_host), "a");
}
END_TEST

START_TEST(test_wish_environment_fills_what_nobody_said)
{
	char *env[] = {"PGHOST=envhost", "PGSSLMODE=verify-ca", "PGSSLMODES=x", "PGPORT=5433",
		       NULL};
	char *service[] = {"PGSERVICE=s", NULL};
	ck_assert_int_eq(judge_with("sslmode=require", env), PP_WISH_POOLED);
	ck_assert_str_eq(value(PP_WISH_host), "envhost");
	ck_assert_str_eq(value(PP_WISH_sslmode), "require");
	judge_with("", env);
	ck_assert_str_eq(value(PP_WISH_sslmode), "verify-ca");
	ck_assert_int_eq(judge_with("host=''", env), PP_WISH_UNTOUCHED); /* set, to nothing */
	ck_assert_int_eq(judge_with("host=db", service), PP_WISH_UNTOUCHED);
}
END_TEST

static bool identify(const char *path, char *to, size_t size)
{
	snprintf(to, size, "%s ", strstr(path, "/home") ? "-" : "1.2");
	return true;
}

static bool text_is(const char *expected, size_t len)
{
	char text[400];
	size_t got = pp_wish_write(&wish, text, sizeof text, identify);
	return got == len && memcmp(text, expected, len) == 0;
}

START_TEST(test_wish_text_has_what_matters_and_which_files)
{
	char *env[] = {"HOME=/home/u", NULL};
	static const char text[] = "host\0db\0hostaddr\0" /* wherever the name leads */
				   "10.0.0.1\0channel_binding\0require\0sslrootcert\0001.2 /ca\0"
				   "sslcert\0- /home/u/.postgresql/postgresql.crt\0"
				   "sslkey\0- /home/u/.postgresql/postgresql.key\0"
				   "sslcrl\0- /home/u/.postgresql/root.crl";
	judge_with(
		"host=db hostaddr=10.0.0.1 sslrootcert=/ca user=u sslsni=1 channel_binding=require "
		"ssl_min_protocol_version=TLSv1.2",
		env);
	ck_assert(text_is(text, sizeof text));
	judge_with("host=db sslrootcert=ca", env); /* where does the program stand? */
	ck_assert(text_is("", 0));
	judge_with("host=db sslrootcert=system", env);
	ck_assert(text_is("", 0));
	judge("host=db"); /* no HOME */
	ck_assert(text_is("", 0));
}
END_TEST

START_TEST(test_wish_text_fits_or_is_none)
{
	char *env[] = {"HOME=/home/u", NULL}, text[400];
	judge_with("host=db", env);
	size_t len = pp_wish_write(&wish, text, sizeof text, identify);
	ck_assert_uint_gt(len, 0);
	for (size_t size = 1; size <= len; size++)
		ck_assert_uint_eq(pp_wish_write(&wish, text, size, identify), 0);
	ck_assert_uint_eq(pp_wish_write(&wish, text, len + 1, identify), len);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host/wish");
	TCase *c = tcase_create("connection strings");
	tcase_add_test(c, test_wish_is_pooled_when_every_host_certainly_is);
	tcase_add_test(c, test_wish_doubts_what_only_libpq_can_read);
	tcase_add_test(c, test_wish_demands_a_broker_cannot_meet_are_tunnelled);
	tcase_add_test(c, test_wish_reads_strings_as_libpq_does);
	tcase_add_test(c, test_wish_reads_uris_as_libpq_does);
	tcase_add_test(c, test_wish_arrays_override_in_order_and_empty_values_do_not_set);
	tcase_add_test(c, test_wish_environment_fills_what_nobody_said);
	tcase_add_test(c, test_wish_text_has_what_matters_and_which_files);
	tcase_add_test(c, test_wish_text_fits_or_is_none);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
