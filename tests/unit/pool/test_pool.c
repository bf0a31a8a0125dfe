#include "pool_world.h"

START_TEST(test_pool_lends_the_server_used_last)
{
	setup_cap(4);
	struct pp_conn *first = open_idle(&a, 0, 1), *second = open_idle(&a, 1, 2);
	ck_assert_ptr_eq(pp_pool_lend(&a, NULL, 3), second);
	ck_assert_ptr_eq(pp_pool_lend(&a, NULL, 3), first);
	ck_assert_ptr_null(pp_pool_lend(&a, NULL, 3));
	pp_conn_set_state(first, PP_CONN_IDLE, 4);
	ck_assert_ptr_eq(pp_pool_lend(&a, NULL, 5), first);
}
END_TEST

START_TEST(test_pool_rotating_lends_a_different_server_each_time)
{
	setup_cap(4);
	pools.rotate = true;
	struct pp_waiter w = {0};
	struct pp_conn *order[3], *got;
	for (int i = 0; i < 3; i++)
		order[i] = open_idle(&a, i, i);
	for (int i = 0; i < 9; i++) {
		ck_assert_ptr_eq(pp_pool_lend(&a, NULL, 10 + i), order[i % 3]);
		pp_conn_set_state(order[i % 3], PP_CONN_IDLE, 10 + i);
	}
	pp_pool_wait(&a, &w, 20);
	ck_assert_ptr_eq(pp_pool_match(&a, 20, &got), &w);
	ck_assert_ptr_eq(got, order[0]);
	ck_assert_ptr_eq(pp_pool_find_idle_since(&a, 120, 100), order[1]);
}
END_TEST

static int only_the_first_two_suit(const struct pp_conn *conn, const struct pp_waiter *waiter)
{
	(void)waiter;
	return conn == &conns[0] ? 0 : conn == &conns[1] ? 9 : -1;
}

START_TEST(test_pool_rotating_prefers_nobody_among_those_that_suit)
{
	setup_cap(4);
	pools.rotate = true;
	pools.fit = only_the_first_two_suit;
	for (int i = 2; i >= 0; i--)
		open_idle(&a, i, 2 - i);
	for (int i = 0; i < 4; i++) {
		struct pp_conn *conn = pp_pool_lend(&a, NULL, 10 + i);
		ck_assert_ptr_eq(conn, &conns[1 - i % 2]);
		pp_conn_set_state(conn, PP_CONN_IDLE, 10 + i);
	}
}
END_TEST

START_TEST(test_pool_waiters_are_served_in_order_and_nobody_overtakes)
{
	setup_cap(1);
	struct pp_waiter w[3] = {0};
	struct pp_conn *conn = open_idle(&a, 0, 1), *got;
	ck_assert_ptr_eq(pp_pool_lend(&a, NULL, 1), conn);
	for (int i = 0; i < 3; i++)
		pp_pool_wait(&a, &w[i], 2 + i);
	pp_pool_unwait(&a, &w[1]);
	pp_conn_set_state(conn, PP_CONN_IDLE, 10);
	ck_assert_ptr_null(pp_pool_lend(&a, NULL, 10)); /* a newcomer */
	ck_assert_ptr_eq(pp_pool_match(&a, 10, &got), &w[0]);
	ck_assert_ptr_eq(got, conn);
	ck_assert_ptr_null(pp_pool_match(&a, 10, &got));
	pp_conn_set_state(conn, PP_CONN_IDLE, 11);
	ck_assert_ptr_eq(pp_pool_match(&a, 11, &got), &w[2]);
	ck_assert_uint_eq(pools.waiting, 0);
}
END_TEST

static struct pp_waiter choosy;

/* As a client that lacks the custom settings which all servers but the last have had. */
static int nothing_but_the_last_suits_the_choosy(const struct pp_conn *conn,
						 const struct pp_waiter *waiter)
{
	return waiter == &choosy && conn != &conns[2] ? -1 : 0;
}

START_TEST(test_pool_whom_nothing_suits_lets_the_others_pass)
{
	setup_cap(3);
	pools.fit = nothing_but_the_last_suits_the_choosy;
	struct pp_waiter w = {0}, newcomer = {0};
	struct pp_conn *first = open_idle(&a, 0, 1), *second = open_idle(&a, 1, 1), *got;
	ck_assert_ptr_null(pp_pool_lend(&a, &choosy, 2));
	pp_pool_wait(&a, &choosy, 2);
	ck_assert(pp_pool_has_unsuited(&a));
	ck_assert_ptr_eq(pp_pool_lend(&a, &newcomer, 3), second);
	ck_assert_ptr_eq(pp_pool_lend(&a, &newcomer, 3), first);
	pp_pool_wait(&a, &w, 3);
	pp_conn_set_state(first, PP_CONN_IDLE, 4);
	ck_assert_ptr_eq(pp_pool_match(&a, 4, &got), &w);
	ck_assert_ptr_eq(got, first);
	pp_conn_set_state(open_idle(&a, 2, 5), PP_CONN_LENT, 5);
	pp_pool_wait(&a, &w, 6);
	pp_conn_set_state(&conns[2], PP_CONN_IDLE, 7);
	ck_assert_ptr_eq(pp_pool_match(&a, 7, &got), &choosy); /* it is first all the same */
}
END_TEST

START_TEST(test_pool_nobody_makes_room_for_a_login_that_cannot_be_had)
{
	setup_cap(2);
	pools.fit = nothing_but_the_last_suits_the_choosy;
	struct pp_conn *conn = open_idle(&a, 0, 1);
	pp_pool_wait(&a, &choosy, 2);
	ck_assert(pp_pool_is_useless(&a, conn, 3));
	pp_backoff_failed(&a.backoff, PP_BACKOFF_CROWDED, 3, 0);
	ck_assert(!pp_pool_is_useless(&a, conn, 4));
	ck_assert(pp_pool_is_useless(&a, conn, a.backoff.until));
}
END_TEST

START_TEST(test_pool_keeps_min_open_and_ends_the_rest_when_idle)
{
	setup_cap(4);
	a.min_open = 1;
	struct pp_conn *old = open_idle(&a, 0, 1);
	open_idle(&a, 1, 50);
	ck_assert_ptr_null(pp_pool_find_idle_since(&a, 60, 0));
	ck_assert_ptr_null(pp_pool_find_idle_since(&a, 60, 100));
	ck_assert_ptr_eq(pp_pool_find_idle_since(&a, 101, 100), old);
	pp_conn_set_state(old, PP_CONN_CLOSED, 101);
	ck_assert_ptr_null(pp_pool_find_idle_since(&a, 1000, 100));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pool/pool");
	TCase *c = tcase_create("lending");
	tcase_add_test(c, test_pool_lends_the_server_used_last);
	tcase_add_test(c, test_pool_rotating_lends_a_different_server_each_time);
	tcase_add_test(c, test_pool_rotating_prefers_nobody_among_those_that_suit);
	tcase_add_test(c, test_pool_waiters_are_served_in_order_and_nobody_overtakes);
	tcase_add_test(c, test_pool_whom_nothing_suits_lets_the_others_pass);
	tcase_add_test(c, test_pool_nobody_makes_room_for_a_login_that_cannot_be_had);
	tcase_add_test(c, test_pool_keeps_min_open_and_ends_the_rest_when_idle);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
