#include "drain/drain.h"

#include <string.h>

#include "pp_test.h"

static const struct pp_drain_counts nobody = {0};
static const struct pp_drain_counts busy = {.clients = 3, .processes = 2, .servers = 3};
static const struct pp_drain_counts leaving = {
	.clients = 3, .processes = 2, .servers = 3, .leaving = true};

static struct pp_drain_orders tell(struct pp_drain *d, enum pp_drain_event event,
				   const struct pp_drain_counts *counts, pp_ms now)
{
	struct pp_drain_orders orders;
	pp_drain_event(d, event, counts, now, &orders);
	return orders;
}

START_TEST(test_drain_only_the_listed_arrows_exist)
{
	static const enum pp_drain_state arrows[][2] = {
		{PP_DRAIN_RUN, PP_DRAIN_DRAIN},	   {PP_DRAIN_RUN, PP_DRAIN_FINISH},
		{PP_DRAIN_DRAIN, PP_DRAIN_RUN},	   {PP_DRAIN_DRAIN, PP_DRAIN_FORCE},
		{PP_DRAIN_DRAIN, PP_DRAIN_FINISH}, {PP_DRAIN_FORCE, PP_DRAIN_FINISH},
	};
	for (int from = 0; from < PP_DRAIN__COUNT; from++)
		for (int to = 0; to < PP_DRAIN__COUNT; to++) {
			bool listed = false;
			for (size_t i = 0; i < sizeof arrows / sizeof *arrows; i++)
				listed |= (int)arrows[i][0] == from && (int)arrows[i][1] == to;
			ck_assert_msg(pp_drain_may(from, to) == listed, "%s to %s",
				      pp_drain_word(from), pp_drain_word(to));
		}
}
END_TEST

/* No event, count or time produces an arrow that is not listed: set_state would assert. */
START_TEST(test_drain_no_event_in_any_state_breaks_the_table)
{
	static const pp_ms times[] = {0, 1, 499, 24999, 25000, 27000, 28500, 30000, 1000000};
	for (int first = 0; first < PP_DRAIN_EV__COUNT; first++)
		for (int second = 0; second < PP_DRAIN_EV__COUNT; second++)
			for (size_t t = 0; t < sizeof times / sizeof *times; t++) {
				struct pp_drain d;
				pp_drain_init(&d, 30000, 500);
				tell(&d, first, t % 3 ? &leaving : &busy, 0);
				enum pp_drain_state before = d.state;
				bool surmised = d.surmised;
				tell(&d, second, t % 2 ? &busy : &nobody, times[t]);
				ck_assert(d.state >= before || surmised);
				tell(&d, second, &nobody, times[t]);
			}
}
END_TEST

START_TEST(test_drain_patience_ends_with_force)
{
	static const pp_ms graces[][2] = {{30000, 25000}, {8000, 3000}, {4000, 2000}, {0, 0}};
	for (size_t i = 0; i < sizeof graces / sizeof *graces; i++) {
		struct pp_drain d;
		pp_drain_init(&d, graces[i][0], 500);
		ck_assert_int_eq(pp_drain_patience(&d), graces[i][1]);
		tell(&d, PP_DRAIN_EV_TERM, &busy, 100);
		tell(&d, PP_DRAIN_EV_TICK, &busy, 100 + graces[i][1]);
		ck_assert_int_ge(d.state, PP_DRAIN_FORCE);
	}
}
END_TEST

START_TEST(test_drain_run_allows_everything)
{
	struct pp_drain d;
	pp_drain_init(&d, 30000, 5000);
	struct pp_drain_orders o = tell(&d, PP_DRAIN_EV_TICK, &busy, 10);
	ck_assert(!o.close_idle && !o.refuse_lending && !o.cancel && !o.finish);
	ck_assert_str_eq(pp_drain_word(d.state), "run");
}
END_TEST

START_TEST(test_drain_run_ends_after_linger_without_interruption)
{
	static const struct pp_drain_counts one_server = {.servers = 1};
	struct pp_drain d;
	pp_drain_init(&d, 30000, 5000);
	tell(&d, PP_DRAIN_EV_TICK, &nobody, 1000);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &nobody, 5999).ask);
	tell(&d, PP_DRAIN_EV_TICK, &busy, 6000);
	tell(&d, PP_DRAIN_EV_TICK, &one_server, 6500);
	tell(&d, PP_DRAIN_EV_TICK, &nobody, 7000);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &nobody, 11999).ask);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &nobody, 12000).finish);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &nobody, 12499).finish);
	ck_assert(tell(&d, PP_DRAIN_EV_TICK, &nobody, 12500).finish);
	ck_assert_int_eq(d.state, PP_DRAIN_FINISH);
}
END_TEST

START_TEST(test_drain_whoever_comes_while_it_parts_keeps_it)
{
	static const struct pp_drain_counts expected = {.expected = true};
	struct pp_drain d;
	pp_drain_init(&d, 30000, 5000);
	tell(&d, PP_DRAIN_EV_TICK, &nobody, 0);
	ck_assert(tell(&d, PP_DRAIN_EV_TICK, &nobody, 5000).ask);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &expected, 5499).ask);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &nobody, 6000).ask);
	ck_assert(tell(&d, PP_DRAIN_EV_TICK, &nobody, 11000).ask);
	ck_assert(tell(&d, PP_DRAIN_EV_TICK, &nobody, 11500).finish);
}
END_TEST

/* Who looks late has not seen who came after the short way was closed. */
START_TEST(test_drain_parts_however_late_it_looks)
{
	struct pp_drain d;
	pp_drain_init(&d, 30000, 5000);
	tell(&d, PP_DRAIN_EV_TICK, &nobody, 0);
	struct pp_drain_orders o = tell(&d, PP_DRAIN_EV_TICK, &nobody, 60000);
	ck_assert(o.ask && !o.finish);
	ck_assert(tell(&d, PP_DRAIN_EV_TICK, &nobody, 61000).finish);
}
END_TEST

START_TEST(test_drain_who_is_awaited_does_not_linger)
{
	struct pp_drain d;
	pp_drain_init(&d, 30000, 5000);
	struct pp_drain_counts counts = {.servers = 1, .awaited = true};
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &counts, 1000).finish);
	counts.servers = 0;
	struct pp_drain_orders o = tell(&d, PP_DRAIN_EV_TICK, &counts, 1001);
	ck_assert(o.ask && !o.finish);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &counts, 1500).finish);
	o = tell(&d, PP_DRAIN_EV_TICK, &counts, 1501);
	ck_assert(o.finish && o.end);
}
END_TEST

START_TEST(test_drain_negative_linger_never_ends)
{
	static const struct pp_drain_counts awaited = {.awaited = true};
	struct pp_drain d;
	pp_drain_init(&d, 30000, -1);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &awaited, 0).finish);
	tell(&d, PP_DRAIN_EV_TICK, &nobody, 0);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &nobody, INT64_C(1) << 40).finish);
}
END_TEST

static const struct deadlines {
	pp_ms grace_ms, force_ms, cancel_ms, finish_ms;
} deadlines[] = {
	{30000, 25000, 27000, 28500}, {8000, 3000, 5000, 6500}, {7999, 4000, 6000, 7200},
	{6000, 3000, 4500, 5400},     {1000, 500, 750, 900},
};

START_TEST(test_drain_deadlines_follow_the_grace)
{
	const struct deadlines *t = &deadlines[_i];
	const pp_ms t0 = 777;
	struct pp_drain d;
	pp_drain_init(&d, t->grace_ms, 5000);
	struct pp_drain_orders o = tell(&d, PP_DRAIN_EV_TERM, &busy, t0);
	ck_assert(o.close_idle && !o.refuse_lending && !o.cancel && !o.finish);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &busy, t0 + t->force_ms - 1).refuse_lending);
	o = tell(&d, PP_DRAIN_EV_TICK, &busy, t0 + t->force_ms);
	ck_assert(o.close_idle && o.refuse_lending && !o.cancel && !o.finish);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &busy, t0 + t->cancel_ms - 1).cancel);
	o = tell(&d, PP_DRAIN_EV_TICK, &busy, t0 + t->cancel_ms);
	ck_assert(o.cancel && !o.finish);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &busy, t0 + t->finish_ms - 1).finish);
	o = tell(&d, PP_DRAIN_EV_TICK, &busy, t0 + t->finish_ms);
	ck_assert(o.finish && o.refuse_lending && !o.cancel);
	ck_assert(!o.end);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &busy, t0 + t->grace_ms + 1999).end);
	o = tell(&d, PP_DRAIN_EV_TICK, &busy, t0 + t->grace_ms + 2000);
	ck_assert(o.finish && o.end);
}
END_TEST

START_TEST(test_drain_without_grace_everything_is_due_at_once)
{
	struct pp_drain d;
	pp_drain_init(&d, 0, 5000);
	struct pp_drain_orders o = tell(&d, PP_DRAIN_EV_TERM, &busy, 5);
	ck_assert(o.close_idle && o.refuse_lending && o.cancel && o.finish);
	pp_drain_init(&d, -7, 5000);
	ck_assert(tell(&d, PP_DRAIN_EV_TERM, &busy, 5).finish);
}
END_TEST

START_TEST(test_drain_one_late_tick_passes_all_deadlines)
{
	struct pp_drain d;
	pp_drain_init(&d, 30000, 5000);
	tell(&d, PP_DRAIN_EV_REQUEST, &busy, 0);
	struct pp_drain_orders o = tell(&d, PP_DRAIN_EV_TICK, &busy, 3600000);
	ck_assert(o.refuse_lending && o.cancel && o.finish);
}
END_TEST

START_TEST(test_drain_finishes_when_nobody_is_left)
{
	static const struct pp_drain_counts process_only = {.processes = 1};
	static const struct pp_drain_counts client_only = {.clients = 1};
	struct pp_drain d;
	pp_drain_init(&d, 30000, 5000);
	tell(&d, PP_DRAIN_EV_TERM, &busy, 0);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &process_only, 10).finish);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &client_only, 20).finish);
	ck_assert(tell(&d, PP_DRAIN_EV_TICK, &nobody, 30).finish);
	pp_drain_init(&d, 30000, 5000);
	ck_assert(tell(&d, PP_DRAIN_EV_TERM, &nobody, 0).finish);
}
END_TEST

START_TEST(test_drain_force_ends_with_the_last_client)
{
	static const struct pp_drain_counts process_only = {.processes = 1, .servers = 1};
	struct pp_drain d;
	pp_drain_init(&d, 30000, 5000);
	tell(&d, PP_DRAIN_EV_TERM, &busy, 0);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &busy, 25000).finish);
	ck_assert(tell(&d, PP_DRAIN_EV_TICK, &process_only, 25001).finish);
}
END_TEST

START_TEST(test_drain_only_a_second_own_term_is_now)
{
	struct pp_drain d;
	pp_drain_init(&d, 30000, 5000);
	ck_assert(!tell(&d, PP_DRAIN_EV_TERM, &busy, 0).finish);
	ck_assert(!tell(&d, PP_DRAIN_EV_TERM, &busy, 1).finish);
	ck_assert(!tell(&d, PP_DRAIN_EV_REQUEST, &busy, 2).finish);
	ck_assert(!tell(&d, PP_DRAIN_EV_OWN_TERM, &busy, 3).finish);
	ck_assert(!tell(&d, PP_DRAIN_EV_OWN_TERM, &busy, 102).finish); /* the same, come twice */
	struct pp_drain_orders o = tell(&d, PP_DRAIN_EV_OWN_TERM, &busy, 103);
	ck_assert(o.finish && o.cancel);
	o = tell(&d, PP_DRAIN_EV_OWN_TERM, &busy, 5);
	ck_assert(o.finish && !o.cancel);
}
END_TEST

START_TEST(test_drain_finished_broker_stays_for_a_program_that_was_never_told)
{
	const struct pp_drain_counts process_only = {.processes = 1}, client_only = {.clients = 1};
	struct pp_drain d;
	pp_drain_init(&d, 30000, 5000);
	tell(&d, PP_DRAIN_EV_TERM, &busy, 0);
	struct pp_drain_orders o = tell(&d, PP_DRAIN_EV_TICK, &client_only, 29000);
	ck_assert(o.finish && o.refuse_lending && !o.end);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &process_only, 29001).end);
	ck_assert(tell(&d, PP_DRAIN_EV_TICK, &nobody, 29002).end);
}
END_TEST

START_TEST(test_drain_of_a_broker_that_is_told_itself_ends_with_finish)
{
	struct pp_drain d;
	pp_drain_init(&d, 30000, 5000);
	tell(&d, PP_DRAIN_EV_OWN_TERM, &busy, 0);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &busy, 28499).end);
	ck_assert(tell(&d, PP_DRAIN_EV_TICK, &busy, 28500).end);
	pp_drain_init(&d, 30000, 5000);
	tell(&d, PP_DRAIN_EV_TERM, &busy, 0);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &busy, 28500).end);
	ck_assert(tell(&d, PP_DRAIN_EV_OWN_TERM, &busy, 28501).end);
}
END_TEST

START_TEST(test_drain_bye_is_the_end_from_any_state)
{
	static const pp_ms times[] = {0, 1000, 26000, 29000};
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		struct pp_drain d;
		pp_drain_init(&d, 30000, 5000);
		if (i > 0) {
			tell(&d, PP_DRAIN_EV_TERM, &busy, 0);
			tell(&d, PP_DRAIN_EV_TICK, &busy, times[i]);
		}
		struct pp_drain_orders o = tell(&d, PP_DRAIN_EV_BYE, &busy, times[i]);
		ck_assert(o.finish && o.end && o.refuse_lending);
		ck_assert(o.cancel == (i < 3)); /* at 29 s it has been said */
	}
}
END_TEST

START_TEST(test_drain_second_own_term_ends_force_too)
{
	struct pp_drain d;
	pp_drain_init(&d, 30000, 5000);
	tell(&d, PP_DRAIN_EV_OWN_TERM, &busy, 0);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &busy, 26000).finish);
	ck_assert(tell(&d, PP_DRAIN_EV_OWN_TERM, &busy, 26001).finish);
}
END_TEST

START_TEST(test_drain_later_terms_do_not_move_the_deadline)
{
	struct pp_drain d;
	pp_drain_init(&d, 30000, 5000);
	tell(&d, PP_DRAIN_EV_TERM, &busy, 0);
	tell(&d, PP_DRAIN_EV_TERM, &busy, 20000);
	ck_assert(tell(&d, PP_DRAIN_EV_TERM, &busy, 25000).refuse_lending);
}
END_TEST

START_TEST(test_drain_ticks_are_idempotent_while_the_clock_stands_still)
{
	static const pp_ms times[] = {0, 100, 25000, 25500, 27000, 27100, 28500, 90000};
	struct pp_drain d;
	pp_drain_init(&d, 30000, 5000);
	tell(&d, PP_DRAIN_EV_TERM, &busy, 0);
	for (size_t t = 0; t < sizeof times / sizeof *times; t++) {
		tell(&d, PP_DRAIN_EV_TICK, &busy, times[t]);
		struct pp_drain_orders once = tell(&d, PP_DRAIN_EV_TICK, &busy, times[t]);
		struct pp_drain after = d;
		for (int i = 0; i < 100; i++) {
			struct pp_drain_orders again = tell(&d, PP_DRAIN_EV_TICK, &busy, times[t]);
			ck_assert(again.finish == once.finish &&
				  again.refuse_lending == once.refuse_lending && !again.cancel);
			ck_assert_int_eq(d.state, after.state);
		}
	}
}
END_TEST

START_TEST(test_drain_every_process_leaving_is_a_drain_without_force)
{
	struct pp_drain d;
	pp_drain_init(&d, 30000, 5000);
	struct pp_drain_orders o = tell(&d, PP_DRAIN_EV_TICK, &leaving, 0);
	ck_assert(o.close_idle && !o.refuse_lending && !o.finish);
	o = tell(&d, PP_DRAIN_EV_TICK, &leaving, 3600000);
	ck_assert(o.close_idle && !o.refuse_lending && !o.cancel && !o.finish);
	ck_assert_int_eq(d.state, PP_DRAIN_DRAIN);
}
END_TEST

START_TEST(test_drain_every_process_leaving_ends_with_the_last_of_them)
{
	static const struct pp_drain_counts client_only = {.clients = 1, .servers = 1};
	struct pp_drain d;
	pp_drain_init(&d, 30000, 5000);
	tell(&d, PP_DRAIN_EV_TICK, &leaving, 0);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &client_only, 10).finish);
	ck_assert_int_eq(d.state, PP_DRAIN_DRAIN);
	ck_assert(tell(&d, PP_DRAIN_EV_TICK, &nobody, 11).end);
}
END_TEST

START_TEST(test_drain_is_given_up_when_a_process_stays_and_begins_anew_when_all_leave)
{
	struct pp_drain d;
	pp_drain_init(&d, 30000, 5000);
	for (pp_ms t0 = 0; t0 < 100000; t0 += 20000) {
		ck_assert(tell(&d, PP_DRAIN_EV_TICK, &leaving, t0).close_idle);
		ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &busy, t0 + 19000).close_idle);
		ck_assert_int_eq(d.state, PP_DRAIN_RUN);
	}
	tell(&d, PP_DRAIN_EV_TICK, &nobody, 200000);
	ck_assert(tell(&d, PP_DRAIN_EV_TICK, &nobody, 205000).ask);
	ck_assert(tell(&d, PP_DRAIN_EV_TICK, &nobody, 205500).finish);
}
END_TEST

/* Their connections were made by a process that is dead, and live on past any pod's end. */
START_TEST(test_drain_is_given_up_where_children_live_on)
{
	static const struct pp_drain_counts children = {.clients = 1, .servers = 1};
	struct pp_drain d;
	pp_drain_init(&d, 30000, 5000);
	tell(&d, PP_DRAIN_EV_TICK, &leaving, 10);
	ck_assert(tell(&d, PP_DRAIN_EV_TICK, &children, 10 + pp_drain_whole(&d) - 1).close_idle);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &children, 10 + pp_drain_whole(&d)).close_idle);
	ck_assert_int_eq(d.state, PP_DRAIN_RUN);
}
END_TEST

START_TEST(test_drain_that_was_told_to_is_not_given_up)
{
	static const enum pp_drain_event told[] = {PP_DRAIN_EV_TERM, PP_DRAIN_EV_OWN_TERM,
						   PP_DRAIN_EV_REQUEST};
	for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
		struct pp_drain d;
		pp_drain_init(&d, 30000, 5000);
		tell(&d, told[i], &leaving, 0);
		ck_assert(tell(&d, PP_DRAIN_EV_TICK, &busy, 1).close_idle);
		/* what was a surmise first is certain now, and has all its time */
		pp_drain_init(&d, 30000, 5000);
		tell(&d, PP_DRAIN_EV_TICK, &leaving, 0);
		tell(&d, told[i], &leaving, 20000);
		ck_assert(tell(&d, PP_DRAIN_EV_TICK, &busy, 44999).close_idle);
		ck_assert(tell(&d, PP_DRAIN_EV_TICK, &busy, 45000).refuse_lending);
	}
}
END_TEST

START_TEST(test_drain_whole_is_past_the_kill)
{
	struct pp_drain d;
	pp_drain_init(&d, 30000, 5000);
	ck_assert_int_gt(pp_drain_whole(&d), 30000);
	tell(&d, PP_DRAIN_EV_TERM, &busy, 7);
	ck_assert(!tell(&d, PP_DRAIN_EV_TICK, &busy, 7 + pp_drain_whole(&d) - 1).end);
	ck_assert(tell(&d, PP_DRAIN_EV_TICK, &busy, 7 + pp_drain_whole(&d)).end);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("drain/drain");
	TCase *c = tcase_create("table");
	tcase_add_test(c, test_drain_only_the_listed_arrows_exist);
	tcase_add_test(c, test_drain_no_event_in_any_state_breaks_the_table);
	suite_add_tcase(s, c);
	c = tcase_create("run");
	tcase_add_test(c, test_drain_patience_ends_with_force);
	tcase_add_test(c, test_drain_run_allows_everything);
	tcase_add_test(c, test_drain_run_ends_after_linger_without_interruption);
	tcase_add_test(c, test_drain_whoever_comes_while_it_parts_keeps_it);
	tcase_add_test(c, test_drain_parts_however_late_it_looks);
	tcase_add_test(c, test_drain_who_is_awaited_does_not_linger);
	tcase_add_test(c, test_drain_negative_linger_never_ends);
	suite_add_tcase(s, c);
	c = tcase_create("deadlines");
	tcase_add_loop_test(c, test_drain_deadlines_follow_the_grace, 0,
			    (int)(sizeof deadlines / sizeof *deadlines));
	tcase_add_test(c, test_drain_without_grace_everything_is_due_at_once);
	tcase_add_test(c, test_drain_one_late_tick_passes_all_deadlines);
	tcase_add_test(c, test_drain_later_terms_do_not_move_the_deadline);
	tcase_add_test(c, test_drain_ticks_are_idempotent_while_the_clock_stands_still);
	suite_add_tcase(s, c);
	c = tcase_create("leaving");
	tcase_add_test(c, test_drain_finishes_when_nobody_is_left);
	tcase_add_test(c, test_drain_finished_broker_stays_for_a_program_that_was_never_told);
	tcase_add_test(c, test_drain_of_a_broker_that_is_told_itself_ends_with_finish);
	tcase_add_test(c, test_drain_bye_is_the_end_from_any_state);
	tcase_add_test(c, test_drain_force_ends_with_the_last_client);
	tcase_add_test(c, test_drain_only_a_second_own_term_is_now);
	tcase_add_test(c, test_drain_second_own_term_ends_force_too);
	suite_add_tcase(s, c);
	c = tcase_create("surmise");
	tcase_add_test(c, test_drain_every_process_leaving_is_a_drain_without_force);
	tcase_add_test(c, test_drain_every_process_leaving_ends_with_the_last_of_them);
	tcase_add_test(c,
		       test_drain_is_given_up_when_a_process_stays_and_begins_anew_when_all_leave);
	tcase_add_test(c, test_drain_is_given_up_where_children_live_on);
	tcase_add_test(c, test_drain_that_was_told_to_is_not_given_up);
	tcase_add_test(c, test_drain_whole_is_past_the_kill);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
