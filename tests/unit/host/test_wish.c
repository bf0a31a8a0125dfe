#include "host/wish.h"

#include <stddef.h>
#include <string.h>

#include "pp_test.h"

/* A libpq whose defaults are those of an empty environment and which parses to `said`. */
static struct pp_wish_option defaults[] = {{.keyword = "service", .val = "from-env"},
					   {.keyword = "host"},
					   {.keyword = "port", .val = "5432"},
					   {.keyword = "sslmode", .val = "prefer"},
					   {.keyword = "channel_binding", .val = "prefer"},
					   {0}};
static struct pp_wish_option said[3];
static int freed;

static struct pp_wish_option *get_defaults(void)
{
	return defaults;
}

static struct pp_wish_option *parse(const char *conninfo, char **ret_error)
{
	(void)ret_error;
	return strstr(conninfo, "bad") ? NULL : said;
}

static void release(struct pp_wish_option *options)
{
	(void)options;
	freed++;
}

static const struct pp_wish_libpq pq = {parse, get_defaults, release};
static struct pp_wish wish;
static unsigned port;

static void begin(void)
{
	freed = 0;
	memset(said, 0, sizeof said);
	pp_wish_init(&wish, &pq);
}

START_TEST(test_wish_defaults_are_a_unix_socket_and_prefer)
{
	begin();
	ck_assert_int_eq(pp_wish_sslmode(&wish), PP_IPC_SSL_PREFER);
	ck_assert(!pp_wish_is_tcp(&wish, &port));
	ck_assert_int_eq(freed, 1);
}
END_TEST

START_TEST(test_wish_conninfo_overrides_and_a_database_name_does_not)
{
	begin();
	said[0] = (struct pp_wish_option){.keyword = "host", .val = "db"};
	said[1] = (struct pp_wish_option){.keyword = "sslmode", .val = "allow"};
	pp_wish_add_conninfo(&wish, &pq, "plain_name");
	pp_wish_add_conninfo(&wish, &pq, NULL);
	pp_wish_add_conninfo(&wish, &pq, "bad=1");
	ck_assert(!pp_wish_is_tcp(&wish, &port));
	pp_wish_add_conninfo(&wish, &pq, "host=db sslmode=allow");
	ck_assert(pp_wish_is_tcp(&wish, &port));
	ck_assert_uint_eq(port, 5432);
	ck_assert_str_eq(wish.host, "db");
	ck_assert_int_eq(pp_wish_sslmode(&wish), PP_IPC_SSL_ALLOW);
	pp_wish_set(&wish, "host", "");
	pp_wish_set(&wish, "port", "5433,5434");
	ck_assert(pp_wish_is_tcp(&wish, &port) && port == 5433);
	pp_wish_add_conninfo(&wish, &pq, "postgres://u@h/d");
	ck_assert_int_eq(freed, 3);
}
END_TEST

START_TEST(test_wish_socket_paths_are_not_tcp_unless_hostaddr_is_given)
{
	begin();
	pp_wish_set(&wish, "host", "/run/postgresql");
	ck_assert(!pp_wish_is_tcp(&wish, &port));
	pp_wish_set(&wish, "hostaddr", "10.0.0.1");
	ck_assert(pp_wish_is_tcp(&wish, &port));
}
END_TEST

START_TEST(test_wish_demands_we_cannot_meet_say_nothing)
{
	static const char *const demand[][2] = {{"channel_binding", "require"},
						{"require_auth", "scram-sha-256"},
						{"gssencmode", "require"},
						{"sslcert", "/c"},
						{"service", "s"}};
	char long_host[400];
	for (size_t i = 0; i < sizeof demand / sizeof *demand; i++) {
		begin();
		pp_wish_set(&wish, "host", "db");
		ck_assert(pp_wish_is_tcp(&wish, &port));
		pp_wish_set(&wish, demand[i][0], demand[i][1]);
		ck_assert_msg(!pp_wish_is_tcp(&wish, &port), "%s", demand[i][0]);
	}
	begin();
	memset(long_host, 'x', sizeof long_host);
	long_host[399] = '\0';
	pp_wish_set(&wish, "host", long_host);
	ck_assert(!pp_wish_is_tcp(&wish, &port));
}
END_TEST

START_TEST(test_wish_every_sslmode_has_its_number)
{
	static const char *const modes[] = {"?",       "disable",   "allow",	  "prefer",
					    "require", "verify-ca", "verify-full"};
	for (int i = 0; i < 7; i++) {
		begin();
		pp_wish_set(&wish, "sslmode", modes[i]);
		ck_assert_int_eq(pp_wish_sslmode(&wish), i);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host/wish");
	TCase *c = tcase_create("connection strings");
	tcase_add_test(c, test_wish_defaults_are_a_unix_socket_and_prefer);
	tcase_add_test(c, test_wish_conninfo_overrides_and_a_database_name_does_not);
	tcase_add_test(c, test_wish_socket_paths_are_not_tcp_unless_hostaddr_is_given);
	tcase_add_test(c, test_wish_demands_we_cannot_meet_say_nothing);
	tcase_add_test(c, test_wish_every_sslmode_has_its_number);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
