#include "host/pq_long.h"

#include <string.h>

#include "pp_test.h"

START_TEST(test_long_is_what_the_broker_might_not_be_able_to_say)
{
	char text[3100] = "PGOPTIONS=-c search_path=";
	const char *const keywords[] = {"host", "options", "user", NULL};
	memset(text + strlen(text), 'x', sizeof text - 1 - strlen(text));
	const char *half = text + sizeof text / 2;
	const char *const none[] = {"db", NULL, "app"}, *const much[] = {"db", text, NULL},
			  *const some[] = {"db", half, NULL};
	char *other[] = {"HOME=/", text + 1, NULL}, *env[] = {"HOME=/", text, NULL};
	ck_assert(!pp_pq_is_long(keywords, none, NULL));
	ck_assert(!pp_pq_is_long(keywords, some, other)); /* GOPTIONS= */
	ck_assert(pp_pq_is_long(keywords, much, NULL));
	ck_assert(pp_pq_is_long(keywords, none, env));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host/pq_long");
	TCase *c = tcase_create("length");
	tcase_add_test(c, test_long_is_what_the_broker_might_not_be_able_to_say);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
