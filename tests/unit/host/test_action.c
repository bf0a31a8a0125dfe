#include "host/action.h"

#include "host/term.h"

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

static bool is_ours(const struct sigaction *act)
{
	return act->sa_sigaction == pp_term_default || act->sa_sigaction == pp_term_handler;
}

static struct sigaction in_kernel(void)
{
	struct sigaction act;
	ck_assert_int_eq(sigaction(SIGTERM, NULL, &act), 0);
	return act;
}

static void start(void)
{
	signal(SIGTERM, SIG_DFL); /* Check has a handler */
	pp_real_resolve();
	pp_action_start();
}

/* signal(), and what a SIGTERM right behind it would find. */
static pp_real_handler signal_and_look(int sig, pp_real_handler wanted)
{
	pp_real_handler before = signal(sig, wanted);
	struct sigaction now = in_kernel();
	ck_assert(!is_ours(&now) || now.sa_flags & SA_SIGINFO);
	return before;
}

START_TEST(test_action_ours_is_never_in_the_kernel_without_siginfo)
{
	static const pp_real_handler handlers[] = {handler, SIG_DFL, SIG_DFL, SIG_IGN, handler,
						   SIG_IGN, SIG_DFL, handler, handler};
	pp_real_handler before = SIG_DFL;
	start();
	for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++) {
		ck_assert(pp_action_signal(signal_and_look, handlers[i]) == before);
		struct sigaction now = in_kernel(), programs;
		ck_assert(is_ours(&now) == (handlers[i] != SIG_IGN));
		ck_assert_int_eq(pp_action_set(NULL, &programs), 0);
		ck_assert(programs.sa_handler == handlers[i]);
		before = handlers[i];
	}
}
END_TEST

static pp_real_handler signal_in_vain(int sig, pp_real_handler wanted)
{
	(void)sig;
	(void)wanted;
	return SIG_ERR;
}

/* What was asked for in vain is not the action of the next SIGTERM. */
START_TEST(test_action_failed_signal_changes_nothing)
{
	start();
	ck_assert(pp_action_signal(signal, handler) == SIG_DFL);
	ck_assert(pp_action_signal(signal_in_vain, SIG_DFL) == SIG_ERR);
	ck_assert(pp_action_take().handler == handler);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host/action");
	TCase *c = tcase_create("word");
	tcase_add_test(c, test_action_word_keeps_handler_and_flags);
	tcase_add_test(c, test_action_zero_is_the_default_action);
	tcase_add_test(c, test_action_ours_is_never_in_the_kernel_without_siginfo);
	tcase_add_test(c, test_action_failed_signal_changes_nothing);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
