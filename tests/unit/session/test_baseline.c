#include "session/baseline.h"

#include <string.h>

#include "pp_test.h"

struct made {
	char bytes[PP_BASELINE_MAX];
	size_t len;
};

static void add(struct made *made, const char *name, const char *value, char kind)
{
	ck_assert_int_eq(
		pp_baseline_add(made->bytes, &made->len, name, value, (enum pp_baseline_kind)kind),
		0);
}

static struct pp_baseline view(const struct made *made)
{
	return (struct pp_baseline){made->bytes, made->len};
}

static struct pp_label keep(const struct made *old, const struct made *now, struct pp_label kept)
{
	static char bytes[2][PP_LABEL_MAX];
	static int turn;
	struct pp_label label = {bytes[turn ^= 1], 0};
	ck_assert_int_eq(pp_baseline_keep(view(old), view(now), kept, bytes[turn], &label.len), 0);
	return label;
}

START_TEST(test_what_a_role_changed_is_kept_as_it_was)
{
	static struct made old, now;
	add(&old, "work_mem", "4096", 'd');
	add(&old, "statement_timeout", "71000", 'r');
	add(&old, "datestyle", "ISO, MDY", 'd');
	add(&now, "datestyle", "ISO, MDY", 'r');  /* the same */
	add(&now, "work_mem", "8192", 'r');	  /* had none before */
	add(&now, "statement_timeout", "0", 'd'); /* has none now */
	struct pp_label label = keep(&old, &now, (struct pp_label){0});
	ck_assert_str_eq(pp_label_get(label, "work_mem"), "4096");
	ck_assert_str_eq(pp_label_get(label, "statement_timeout"), "71000");
	ck_assert_ptr_null(pp_label_get(label, "datestyle"));
}
END_TEST

START_TEST(test_a_default_is_found_by_its_name)
{
	static struct made made;
	add(&made, "work_mem", "4096", 'd');
	add(&made, "my.own", "", 'r');
	ck_assert_str_eq(pp_baseline_get(view(&made), "work_mem"), "4096");
	ck_assert_str_eq(pp_baseline_get(view(&made), "my.own"), "");
	ck_assert_ptr_null(pp_baseline_get(view(&made), "work"));
	ck_assert_ptr_null(pp_baseline_get((struct pp_baseline){0}, "work_mem"));
}
END_TEST

START_TEST(test_what_the_login_may_not_set_has_no_value)
{
	static struct made old, now;
	add(&old, "lc_messages", "", 's');
	add(&old, "log_statement", "none", 'd');
	add(&now, "lc_messages", "C", 'r'); /* it may now */
	ck_assert(pp_baseline_refuses(view(&old), "lc_messages"));
	ck_assert(!pp_baseline_refuses(view(&old), "log_statement"));
	ck_assert(!pp_baseline_refuses(view(&old), "work_mem"));
	ck_assert_ptr_null(pp_baseline_get(view(&old), "lc_messages"));
	ck_assert_uint_eq(keep(&old, &now, (struct pp_label){0}).len, 0);
	ck_assert_uint_eq(keep(&now, &old, (struct pp_label){0}).len, 0);
}
END_TEST

START_TEST(test_what_configuration_changed_is_not_kept)
{
	static struct made old, now;
	add(&old, "work_mem", "4096", 'd');
	add(&now, "work_mem", "8192", 'd');
	ck_assert_uint_eq(keep(&old, &now, (struct pp_label){0}).len, 0);
}
END_TEST

START_TEST(test_custom_settings_come_and_go)
{
	static struct made old, now;
	add(&old, "app.old", "x", 'r');
	add(&now, "app.new", "y", 'r');
	struct pp_label label = keep(&old, &now, (struct pp_label){0});
	ck_assert_str_eq(pp_label_get(label, "app.old"), "x");
	ck_assert_str_eq(pp_label_get(label, "app.new"), "");
}
END_TEST

START_TEST(test_the_oldest_value_stays)
{
	static struct made one, two, three;
	add(&one, "work_mem", "1", 'r');
	add(&two, "work_mem", "2", 'r');
	add(&three, "work_mem", "3", 'r');
	struct pp_label label = keep(&two, &three, keep(&one, &two, (struct pp_label){0}));
	ck_assert_str_eq(pp_label_get(label, "work_mem"), "1");
}
END_TEST

START_TEST(test_an_unknown_baseline_keeps_nothing_new)
{
	static struct made none, now;
	struct pp_label kept = {"a\0b", 4};
	add(&now, "work_mem", "8192", 'r');
	ck_assert_uint_eq(keep(&none, &now, kept).len, 4);
	ck_assert_uint_eq(keep(&now, &none, kept).len, 4);
}
END_TEST

START_TEST(test_full_is_said)
{
	static struct made made;
	static char value[PP_BASELINE_MAX];
	memset(value, 'x', sizeof value - 8);
	ck_assert_int_eq(pp_baseline_add(made.bytes, &made.len, "a", value, 'r'), 0);
	ck_assert_int_eq(pp_baseline_add(made.bytes, &made.len, "long_name", "", 'r'), PP_ERR_FULL);
	static struct made old = {0};
	add(&old, "a", "small", 'r');
	char bytes[PP_LABEL_MAX];
	size_t len;
	ck_assert_int_eq(
		pp_baseline_keep(view(&made), view(&old), (struct pp_label){0}, bytes, &len),
		PP_ERR_FULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/baseline");
	TCase *c = tcase_create("keep");
	tcase_add_test(c, test_what_a_role_changed_is_kept_as_it_was);
	tcase_add_test(c, test_a_default_is_found_by_its_name);
	tcase_add_test(c, test_what_the_login_may_not_set_has_no_value);
	tcase_add_test(c, test_what_configuration_changed_is_not_kept);
	tcase_add_test(c, test_custom_settings_come_and_go);
	tcase_add_test(c, test_the_oldest_value_stays);
	tcase_add_test(c, test_an_unknown_baseline_keeps_nothing_new);
	tcase_add_test(c, test_full_is_said);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
