#include "host/addr.h"

#include <arpa/inet.h>
#include <string.h>

#include "pp_test.h"

static struct sockaddr_in6 six(const char *ip)
{
	struct sockaddr_in6 sa = {.sin6_family = AF_INET6, .sin6_port = htons(5432)};
	inet_pton(AF_INET6, ip, &sa.sin6_addr);
	return sa;
}

static struct sockaddr_in four(const char *ip)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(5432)};
	inet_pton(AF_INET, ip, &sa.sin_addr);
	return sa;
}

START_TEST(test_addr_mapped_travels_as_v4_and_comes_back_mapped)
{
	struct sockaddr_in6 in = six("::ffff:10.1.2.3");
	struct sockaddr_storage out;
	struct pp_ipc_addr addr;
	socklen_t len;
	ck_assert_int_eq(pp_addr_from_sockaddr((void *)&in, sizeof in, &addr), 0);
	ck_assert(addr.family == PP_IPC_V4 && addr.ip[0] == 10 && addr.ip[3] == 3 && !addr.ip[4]);
	ck_assert_int_eq(pp_addr_to_sockaddr(&addr, AF_INET6, &out, &len), 0);
	ck_assert_uint_eq(len, sizeof in);
	ck_assert_mem_eq(&out, &in, sizeof in);
	ck_assert_int_eq(pp_addr_to_sockaddr(&addr, AF_INET, &out, &len), 0);
	struct sockaddr_in plain = four("10.1.2.3");
	ck_assert_mem_eq(&out, &plain, sizeof plain);
}
END_TEST

START_TEST(test_addr_v6_does_not_fit_a_v4_socket)
{
	struct sockaddr_in6 in = six("fd00::1");
	struct sockaddr_storage out;
	struct pp_ipc_addr addr;
	socklen_t len;
	ck_assert_int_eq(pp_addr_from_sockaddr((void *)&in, sizeof in, &addr), 0);
	ck_assert_int_eq(pp_addr_to_sockaddr(&addr, AF_INET, &out, &len), PP_ERR_INVALID);
	ck_assert_int_eq(pp_addr_to_sockaddr(&addr, AF_UNIX, &out, &len), PP_ERR_INVALID);
	ck_assert_int_eq(pp_addr_to_sockaddr(&addr, AF_INET6, &out, &len), 0);
	ck_assert_mem_eq(&out, &in, sizeof in);
}
END_TEST

START_TEST(test_addr_short_scoped_and_foreign_are_refused)
{
	struct sockaddr_in6 in6 = six("fe80::1");
	struct sockaddr_in in = four("10.0.0.1");
	struct pp_ipc_addr addr;
	in6.sin6_scope_id = 2;
	ck_assert_int_eq(pp_addr_from_sockaddr((void *)&in6, sizeof in6, &addr), PP_ERR_INVALID);
	in6 = six("fd00::1");
	ck_assert_int_eq(pp_addr_from_sockaddr((void *)&in6, 24, &addr), PP_ERR_INVALID);
	ck_assert_int_eq(pp_addr_from_sockaddr((void *)&in, 15, &addr), PP_ERR_INVALID);
	in.sin_family = AF_UNSPEC;
	ck_assert_int_eq(pp_addr_from_sockaddr((void *)&in, sizeof in, &addr), PP_ERR_INVALID);
}
END_TEST

START_TEST(test_addr_bound_to_v6_cannot_reach_v4)
{
	struct sockaddr_in6 any = six("::"), one = six("::1"), mapped = six("::ffff:10.0.0.1");
	struct sockaddr_in in = four("10.0.0.1");
	ck_assert(pp_addr_may_reach_v4((void *)&any));
	ck_assert(pp_addr_may_reach_v4((void *)&mapped));
	ck_assert(pp_addr_may_reach_v4((void *)&in));
	ck_assert(!pp_addr_may_reach_v4((void *)&one));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host/addr");
	TCase *c = tcase_create("translation");
	tcase_add_test(c, test_addr_mapped_travels_as_v4_and_comes_back_mapped);
	tcase_add_test(c, test_addr_v6_does_not_fit_a_v4_socket);
	tcase_add_test(c, test_addr_short_scoped_and_foreign_are_refused);
	tcase_add_test(c, test_addr_bound_to_v6_cannot_reach_v4);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
