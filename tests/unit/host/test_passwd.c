#include "host/passwd.h"

#include <stdio.h>
#include <string.h>

#include "pp_test.h"

static const char text[] = "root:x:0:0:root:/root:/bin/bash\n"
			   "odd:x:7x:7::/home/odd:/bin/sh\n"
			   "none:x:::::\n"
			   "\n"
			   "short:x:8:8\n"
			   "app:x:1000:1000:App,,,:/home/app:/bin/sh\n"
			   "again:x:1000:1000::/home/again:/bin/sh\n"
			   "big:x:4294967295:0::/big:\n"
			   "last:x:1001:1001::/home/last:";

static bool is_home(uint32_t uid, const char *home, size_t size)
{
	struct pp_passwd p;
	size_t len = sizeof text - 1;
	pp_passwd_init(&p, uid, home);
	for (size_t at = 0; at < len; at += size)
		pp_passwd_read(&p, text + at, len - at < size ? len - at : size);
	return p.is_same;
}

START_TEST(test_passwd_knows_the_first_line_of_a_user)
{
	for (size_t size = 1; size <= sizeof text; size++) {
		ck_assert(is_home(0, "/root", size));
		ck_assert(is_home(1000, "/home/app", size));
		ck_assert(is_home(UINT32_MAX, "/big", size));
		ck_assert(is_home(1001, "/home/last", size));
		ck_assert(!is_home(1000, "/home/again", size));
		ck_assert(!is_home(1000, "/home/ap", size));
		ck_assert(!is_home(1000, "/home/app2", size));
		ck_assert(!is_home(7, "/home/odd", size));
		ck_assert(!is_home(8, "8", size));
		ck_assert(!is_home(5, "/root", size));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host/passwd");
	TCase *c = tcase_create("passwd");
	tcase_add_test(c, test_passwd_knows_the_first_line_of_a_user);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
