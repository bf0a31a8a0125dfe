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
					     "host=10.1.2.3 port=6432",
					     "host=10.1.2.3,10.1.2.4 port=6432",
					     "host=::ffff:10.1.2.3 port=6432",
					     "host=::1",
					     "host=db hostaddr=10.1.2.3 port=6432",
					     "postgresql://10.1.2.3:6432,10.1.2.4:6432/d",
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
						 "host=11.1.2.3 port=6432",
						 "host=010.1.2.3 port=6432",
						 "host=10.1.2.3x port=6432",
						 "host=10.1.2 port=6432",
						 "host=::1 port=6432",
						 "host=10.1.2.3,db port=6432",
						 "host=10.1.2.3,11.1.2.3 port=6432",
						 "host=10.1.2.3 port=6432,1",
						 "host=10.1.2.3 port=71968",
						 "host=127.66.1.2",
						 "host=fe80::1%lo",
						 "hostaddr=fe80::1%1",
						 "host=db,fe80::1%lo",
						 "postgresql://[fe80::1%25lo]/d",
						 "hostaddr=11.1.2.3 host=10.1.2.3 port=6432",
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
					       "host=db service=''",
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
	judge("postgres://h?ssl=true");
	ck_assert_str_eq(value(PP_WISH_sslmode), "require");
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
	/* libpq 16 takes no sslmode beside it that is weaker than verify-full */
	ck_assert_int_eq(judge_with("host=db sslrootcert=system", env), PP_WISH_UNTOUCHED);
	ck_assert_int_eq(judge_with("host=db sslrootcert=/system", env), PP_WISH_POOLED);
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

static const char service_file[] = "# a comment\nsslmode=disable\n[other]\nhost=x\n\n"
				   "[mine]\r\n  host=db\t\nport=5433\nsslmode=verify-full\n# c\n"
				   "sslrootcert=/a b\nsslmode=allow\nuser=u\n"
				   "[mine]\nsslcert=/x\n[rest";

/* In pieces of this size. */
static enum pp_wish_verdict judge_service(const char *conninfo, char *const *envp, const char *file,
					  size_t size)
{
	struct pp_wish_service service;
	size_t len = strlen(file);
	ck_assert_int_eq(pp_targets_parse("*:5432,*:5433", &targets, NULL), 0);
	pp_wish_init(&wish);
	pp_wish_add_conninfo(&wish, conninfo);
	if (pp_wish_find_service(&wish, envp, &service)) {
		for (size_t at = 0; at < len; at += size)
			pp_wish_read_service(&wish, &service, file + at,
					     len - at < size ? len - at : size);
		pp_wish_read_service(&wish, &service, NULL, 0);
		wish.is_service_read = service.is_found;
	}
	pp_wish_add_environment(&wish, envp);
	return pp_wish_judge(&wish, &targets);
}

START_TEST(test_wish_service_comes_between_arguments_and_environment)
{
	char *env[] = {"PGSSLMODE=disable", "PGSSLCERT=/env", "PGSERVICE=other", NULL};
	for (size_t size = 1; size <= sizeof service_file; size++) {
		ck_assert_int_eq(judge_service("service=mine port=5432", env, service_file, size),
				 PP_WISH_POOLED);
		ck_assert_str_eq(value(PP_WISH_host), "db");
		ck_assert_str_eq(value(PP_WISH_port), "5432");
		ck_assert_str_eq(value(PP_WISH_sslmode), "verify-full");
		ck_assert_str_eq(value(PP_WISH_sslrootcert), "/a b");
		ck_assert_str_eq(value(PP_WISH_sslcert), "/env");
	}
	ck_assert_int_eq(judge_service("", env, service_file, 7), PP_WISH_POOLED);
	ck_assert_str_eq(value(PP_WISH_host), "x");
	ck_assert_int_eq(judge_service("service=nobody's host=db", env, service_file, 7),
			 PP_WISH_UNTOUCHED);
}
END_TEST

START_TEST(test_wish_service_is_doubtful_where_libpq_complains)
{
	char *env[] = {NULL}, longest[1100];
	static const char *const bad[] = {"[s]\nhost=db\nnonsense", "[s]\nhost=db\nservice=t",
					  "[s]\nldap://x/y\nhost=db", "[s]\nhost=db\nssl_new=1",
					  "[s]\nhost=db\nrequiressl=1"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(judge_service("service=s", env, bad[i], 5) == PP_WISH_UNTOUCHED, "%s",
			      bad[i]);
	for (size_t len = 1000; len < 1050; len++) {
		snprintf(longest, sizeof longest, "[s]\nhost=db\nuser=%0*d", (int)len - 5, 0);
		enum pp_wish_verdict verdict = judge_service("service=s", env, longest, 100);
		ck_assert_int_eq(verdict, len <= 1022 ? PP_WISH_POOLED : PP_WISH_UNTOUCHED);
	}
	ck_assert_int_eq(judge_service("service=s", env, "[s]\nhost=db\n[t]\nnonsense", 5),
			 PP_WISH_POOLED);
}
END_TEST

START_TEST(test_wish_text_says_where_a_relative_path_begins)
{
	char *env[] = {"HOME=/home/u", NULL}, text[400];
	static const char expected[] = "sslrootcert\0001.2 /srv/app/././certs/ca\0";
	judge_with("host=db sslrootcert=certs/ca", env);
	ck_assert_uint_eq(pp_wish_write(&wish, text, sizeof text, identify), 0);
	wish.folder = "/srv/app";
	size_t len = pp_wish_write(&wish, text, sizeof text, identify);
	ck_assert(memmem(text, len, expected, sizeof expected - 1));
	wish.folder = "(unreachable)/app"; /* getcwd(2): of another root */
	ck_assert_uint_eq(pp_wish_write(&wish, text, sizeof text, identify), 0);
	static const char *const no_files[] = {"host=db sslrootcert=system",
					       "host=db sslkey=pkcs11:k"};
	for (size_t i = 0; i < sizeof no_files / sizeof *no_files; i++) {
		judge_with(no_files[i], env);
		wish.folder = "/srv/app";
		ck_assert_uint_eq(pp_wish_write(&wish, text, sizeof text, identify), 0);
	}
}
END_TEST

START_TEST(test_wish_text_of_several_hosts_has_all_that_tells_them_apart)
{
	char *env[] = {"HOME=/home/u", NULL}, text[400];
	static const char all[] = "host\0a,b\0hostaddr\00010.0.0.1,10.0.0.2\0port\0005432,5433\0",
			  names[] = "host\0a,b\0sslcert",
			  one[] = "host\0a\0hostaddr\00010.0.0.1\0sslcert";
	judge_with("host=a,b hostaddr=10.0.0.1,10.0.0.2 port=5432,5433", env);
	ck_assert_uint_gt(pp_wish_write(&wish, text, sizeof text, identify), sizeof all);
	ck_assert_mem_eq(text, all, sizeof all - 1);
	judge_with("host=a,b port=5432", env); /* PQconninfo tells the default */
	ck_assert_uint_gt(pp_wish_write(&wish, text, sizeof text, identify), sizeof names);
	ck_assert_mem_eq(text, names, sizeof names - 1);
	judge_with("host=a hostaddr=10.0.0.1 port=5433", env);
	ck_assert_uint_gt(pp_wish_write(&wish, text, sizeof text, identify), sizeof one);
	ck_assert_mem_eq(text, one, sizeof one - 1);
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
	tcase_add_test(c, test_wish_text_says_where_a_relative_path_begins);
	tcase_add_test(c, test_wish_text_of_several_hosts_has_all_that_tells_them_apart);
	tcase_add_test(c, test_wish_service_comes_between_arguments_and_environment);
	tcase_add_test(c, test_wish_service_is_doubtful_where_libpq_complains);
	tcase_add_test(c, test_wish_reads_uris_as_libpq_does);
	tcase_add_test(c, test_wish_arrays_override_in_order_and_empty_values_do_not_set);
	tcase_add_test(c, test_wish_environment_fills_what_nobody_said);
	tcase_add_test(c, test_wish_text_has_what_matters_and_which_files);
	tcase_add_test(c, test_wish_text_fits_or_is_none);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
