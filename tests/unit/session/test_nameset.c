#include "session/nameset.h"

#include <stdio.h>
#include <string.h>

#include "pp_test.h"

static struct pp_nameset make(void)
{
	struct pp_nameset names;
	memset(&names, 0xA5, sizeof names);
	pp_nameset_init(&names);
	return names;
}

START_TEST(test_nameset_gives_back_each_name_once)
{
	struct pp_nameset names = make();
	char all[64] = "";
	ck_assert(pp_nameset_is_empty(&names) && !pp_nameset_next(&names, NULL));
	pp_nameset_add(&names, "work_mem");
	pp_nameset_add(&names, "app.tenant");
	pp_nameset_add(&names, "work_mem");
	pp_nameset_add(&names, "work");
	for (const char *it = NULL; (it = pp_nameset_next(&names, it));) {
		strcat(all, it);
		strcat(all, ",");
	}
	ck_assert_str_eq(all, "work_mem,app.tenant,work,");
	ck_assert(pp_nameset_has(&names, "work") && !pp_nameset_has(&names, "wor"));
	ck_assert(!names.all && !names.lost && !pp_nameset_is_empty(&names));
}
END_TEST

static void fill(struct pp_nameset *names)
{
	char name[16];
	for (int i = 0; !names->all; i++) {
		snprintf(name, sizeof name, "name%d", i);
		pp_nameset_add(names, name);
	}
}

START_TEST(test_nameset_that_overflows_means_all)
{
	struct pp_nameset names = make();
	fill(&names);
	ck_assert(names.all && !names.lost); /* pg_settings lists the one forgotten */
	ck_assert(pp_nameset_has(&names, "name0") && !pp_nameset_is_empty(&names));
	pp_nameset_add(&names, "name0");
	ck_assert(!names.lost);
	pp_nameset_add(&names, "app.too_many");
	ck_assert(names.lost && !pp_nameset_has(&names, "app.too_many"));
}
END_TEST

START_TEST(test_nameset_takes_a_name_that_just_fits)
{
	char name[PP_NAMESET_MAX + 1];
	struct pp_nameset names = make();
	memset(name, 'x', sizeof name);
	name[PP_NAMESET_MAX - 1] = '\0';
	pp_nameset_add(&names, name);
	ck_assert(pp_nameset_has(&names, name) && !names.all);
	pp_nameset_add(&names, "y");
	ck_assert(names.all);
	names = make();
	name[PP_NAMESET_MAX - 1] = 'x';
	name[PP_NAMESET_MAX] = '\0';
	pp_nameset_add(&names, name);
	ck_assert(names.all && !pp_nameset_next(&names, NULL));
}
END_TEST

START_TEST(test_nameset_of_two_knows_what_either_knew)
{
	struct pp_nameset a = make(), b = make(), c = make(), lost = make();
	pp_nameset_add(&a, "work_mem");
	pp_nameset_add(&b, "work_mem");
	pp_nameset_add(&b, "role");
	pp_nameset_add_all(&a, &b);
	ck_assert(pp_nameset_has(&a, "work_mem") && pp_nameset_has(&a, "role") && !a.all);
	c.all = true;
	ck_assert(!pp_nameset_is_empty(&c)); /* no name, but any may be meant */
	pp_nameset_add_all(&a, &c);
	ck_assert(a.all && !a.lost);
	lost.all = lost.lost = true;
	pp_nameset_add_all(&a, &lost);
	ck_assert(a.lost);
	fill(&b);
	pp_nameset_add(&c, "app.x");
	pp_nameset_add_all(&b, &c); /* no room for it any more */
	ck_assert(b.lost || pp_nameset_has(&b, "app.x"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/nameset");
	TCase *c = tcase_create("nameset");
	tcase_add_test(c, test_nameset_gives_back_each_name_once);
	tcase_add_test(c, test_nameset_that_overflows_means_all);
	tcase_add_test(c, test_nameset_takes_a_name_that_just_fits);
	tcase_add_test(c, test_nameset_of_two_knows_what_either_knew);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
