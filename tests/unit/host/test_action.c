#include "host/action.h"

#include "pp_test.h"

static void handler(int sig)
{
	(void)sig;
}

START_TEST(test_action_word_keeps_handler_and_flags)
{
	static const int flags[] = {
		0,	    SA_SIGINFO, (int)SA_RESETHAND,
		SA_RESTART, SA_ONSTACK, SA_SIGINFO | (int)SA_RESETHAND | SA_RESTART | SA_ONSTACK};
	void (*const handlers[])(int) = {SIG_DFL, SIG_IGN, handler,
					 (void (*)(int))(uintptr_t)0x00ffffffffffffff};
	for (size_t f = 0; f < sizeof flags / sizeof *flags; f++) {
		for (size_t h = 0; h < sizeof handlers / sizeof *handlers; h++) {
			struct pp_action in = {handlers[h], flags[f]};
			struct pp_action out = pp_action_unpack(pp_action_pack(in));
			ck_assert(out.handler == in.handler);
			ck_assert_int_eq(out.flags, in.flags);
		}
	}
}
END_TEST

START_TEST(test_action_zero_is_the_default_action)
{
	ck_assert_uint_eq(pp_action_pack((struct pp_action){SIG_DFL, 0}), 0);
	struct pp_action other = {SIG_DFL, SA_NOCLDSTOP}; /* lives in the kernel only */
	ck_assert_uint_eq(pp_action_pack(other), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host/action");
	TCase *c = tcase_create("word");
	tcase_add_test(c, test_action_word_keeps_handler_and_flags);
	tcase_add_test(c, test_action_zero_is_the_default_action);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
