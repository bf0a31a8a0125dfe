/* pp_pools_advise() and its kin (pool.h). */
#include <stdlib.h>

#include "pool_world.h"

START_TEST(test_advise_opens_its_minimum_once_it_is_used_though_nobody_waits)
{
	setup_cap(4);
	a.min_open = 3;
	struct pp_pool *pool;
	struct pp_conn *conn;
	ck_assert_int_eq(pp_pools_advise(&pools, 0, &pool, &conn), PP_ADVICE_NOTHING);
	open_idle(&a, 0, 1);
	for (int i = 1; i < 3; i++) {
		ck_assert_int_eq(pp_pools_advise(&pools, 1, &pool, &conn), PP_ADVICE_OPEN);
		open_idle(pool, i, 1);
	}
	ck_assert_int_eq(pp_pools_advise(&pools, 1, &pool, &conn), PP_ADVICE_NOTHING);
}
END_TEST

START_TEST(test_advise_minimum_does_not_count_while_spares_would_be_in_the_way)
{
	setup_cap(4);
	a.min_open = 2;
	struct pp_pool *pool;
	struct pp_conn *conn;
	open_idle(&a, 0, 1);
	pools.no_spares = true;
	ck_assert_int_eq(pp_pools_advise(&pools, 1, &pool, &conn), PP_ADVICE_NOTHING);
	pools.no_spares = false;
	ck_assert_int_eq(pp_pools_advise(&pools, 1, &pool, &conn), PP_ADVICE_OPEN);
}
END_TEST

/* Else the place that was made for the one who waits goes to a spare, and is made again, for ever. */
START_TEST(test_advise_below_its_minimum_comes_after_one_where_somebody_waits)
{
	setup_cap(4);
	struct pp_waiter waiter = {0};
	struct pp_pool *pool;
	struct pp_conn *conn;
	b.min_open = 2;
	open_idle(&b, 0, 1);
	for (int i = 1; i < 3; i++)
		pp_conn_set_state(open_idle(&a, i, 1), PP_CONN_LENT, 1);
	pp_pool_wait(&a, &waiter, 2);
	ck_assert_int_eq(pp_pools_advise(&pools, 2, &pool, &conn), PP_ADVICE_OPEN);
	ck_assert_ptr_eq(pool, &a);
}
END_TEST

START_TEST(test_advise_errands_come_before_logins_and_under_the_cap)
{
	setup_cap(2);
	struct pp_waiter waiter = {0};
	struct pp_pool *pool;
	struct pp_conn *conn;
	pp_pool_wait(&a, &waiter, 0);
	pp_pools_want_errands(&pools, 2);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(pp_pools_advise(&pools, 0, &pool, &conn), PP_ADVICE_ERRAND);
		pp_pools_want_errands(&pools, -1);
		pp_pools_count_other(&pools, 1);
	}
	ck_assert_int_eq(pp_pools_advise(&pools, 0, &pool, &conn), PP_ADVICE_NOTHING);
	pp_pools_count_other(&pools, -1);
	ck_assert_int_eq(pp_pools_advise(&pools, 0, &pool, &conn), PP_ADVICE_OPEN);
	ck_assert_ptr_eq(pool, &a);
}
END_TEST

START_TEST(test_advise_an_errand_gets_the_place_of_an_idle_server_or_of_the_first_returned)
{
	setup_cap(2);
	struct pp_pool *pool;
	struct pp_conn *conn, *lent = open_idle(&a, 0, 0), *idle = open_idle(&a, 1, 0);
	a.users = 1;
	pp_conn_set_state(lent, PP_CONN_LENT, 0);
	pp_pools_want_errands(&pools, 1);
	ck_assert_int_eq(pp_pools_advise(&pools, 1, &pool, &conn), PP_ADVICE_NOTHING);
	ck_assert(!pp_pools_should_give_up(&pools, lent, 1)); /* their turn has just begun */
	ck_assert_int_eq(pp_pools_advise(&pools, 5000, &pool, &conn), PP_ADVICE_CLOSE);
	ck_assert_ptr_eq(conn, idle);
	pp_conn_set_state(idle, PP_CONN_LENT, 5000);
	ck_assert_int_eq(pp_pools_advise(&pools, 5000, &pool, &conn), PP_ADVICE_NOTHING);
	ck_assert(pp_pools_should_give_up(&pools, lent, 5000));
	pp_conn_set_state(lent, PP_CONN_CLOSED, 5000);
	ck_assert_int_eq(pp_pools_advise(&pools, 5000, &pool, &conn), PP_ADVICE_ERRAND);
}
END_TEST

START_TEST(test_advise_opens_no_more_logins_than_wait)
{
	setup_cap(4);
	struct pp_waiter w[2] = {0};
	struct pp_pool *pool;
	struct pp_conn *conn;
	ck_assert_int_eq(pp_pools_advise(&pools, 0, &pool, &conn), PP_ADVICE_NOTHING);
	for (int i = 2; i < 4; i++) /* two at once */
		pp_conn_set_state(open_idle(&a, i, 0), PP_CONN_LENT, 0);
	for (int i = 0; i < 2; i++) {
		pp_pool_wait(&a, &w[i], 0);
		ck_assert_int_eq(pp_pools_advise(&pools, 0, &pool, &conn), PP_ADVICE_OPEN);
		ck_assert_ptr_eq(pool, &a);
		pp_conn_init(&conns[i], &a, 0);
		ck_assert_int_eq(pp_pools_advise(&pools, 0, &pool, &conn), PP_ADVICE_NOTHING);
	}
}
END_TEST

START_TEST(test_advise_respects_the_cap_and_its_fall)
{
	setup_cap(2);
	struct pp_waiter w = {0};
	struct pp_pool *pool;
	struct pp_conn *conn;
	struct pp_conn *old = open_idle(&a, 0, 1), *young = open_idle(&a, 1, 2);
	ck_assert_ptr_eq(pp_pool_lend(&a, NULL, 3), young);
	pp_pools_set_cap(&pools, 1, 1);
	ck_assert_int_eq(pp_pools_advise(&pools, 3, &pool, &conn), PP_ADVICE_CLOSE);
	ck_assert_ptr_eq(conn, old);
	pp_conn_set_state(old, PP_CONN_CLOSED, 3);
	ck_assert(!pp_pools_should_give_up(&pools, young, 3));
	pp_pool_wait(&a, &w, 4);
	ck_assert_int_eq(pp_pools_advise(&pools, 4, &pool, &conn), PP_ADVICE_NOTHING);
	pp_pools_set_cap(&pools, 0, 0); /* never below one */
	ck_assert_uint_eq(pools.cap, 1);
}
END_TEST

/* A program with a pool of its own that speaks TLS: nobody else in the pod would get anything, as long as it lives. */
START_TEST(test_advise_however_many_tunnels_there_are_the_pools_have_a_place)
{
	setup_cap(2);
	struct pp_waiter first = {0}, second = {0};
	struct pp_pool *pool;
	struct pp_conn *conn;
	for (int i = 0; i < 5; i++)
		pp_pools_count_tunnel(&pools, 1);
	pp_pool_wait(&a, &first, 0);
	ck_assert_int_eq(pp_pools_advise(&pools, 0, &pool, &conn), PP_ADVICE_OPEN);
	struct pp_conn *only = open_idle(&a, 0, 0);
	ck_assert_ptr_eq(pp_pool_match(&a, 0, &conn), &first);
	ck_assert(!pp_pools_should_give_up(&pools, only, 1));
	pp_pool_wait(&a, &second, 1);
	ck_assert_int_eq(pp_pools_advise(&pools, 1, &pool, &conn), PP_ADVICE_NOTHING);
	for (int i = 0; i < 4; i++)
		pp_pools_count_tunnel(&pools, -1);
	ck_assert_int_eq(pp_pools_advise(&pools, 1, &pool, &conn), PP_ADVICE_NOTHING);
	pp_pools_count_tunnel(&pools, -1);
	ck_assert_int_eq(pp_pools_advise(&pools, 1, &pool, &conn), PP_ADVICE_OPEN);
}
END_TEST

START_TEST(test_advise_takes_an_idle_server_of_another_pool_when_the_cap_is_reached)
{
	setup_cap(2);
	struct pp_waiter w = {0};
	struct pp_pool *pool;
	struct pp_conn *conn;
	struct pp_conn *old = open_idle(&a, 0, 1);
	open_idle(&a, 1, 2);
	pp_pool_wait(&b, &w, 3);
	ck_assert_int_eq(pp_pools_advise(&pools, 3, &pool, &conn), PP_ADVICE_CLOSE);
	ck_assert_ptr_eq(conn, old);
	pp_conn_set_state(old, PP_CONN_CLOSED, 3);
	ck_assert_int_eq(pp_pools_advise(&pools, 3, &pool, &conn), PP_ADVICE_OPEN);
	ck_assert_ptr_eq(pool, &b);
}
END_TEST

START_TEST(test_advise_above_its_share_gives_up_a_server_for_one_below)
{
	setup_cap(4);
	struct pp_waiter waits_a = {0}, waits_b = {0};
	for (int i = 0; i < 4; i++) {
		open_idle(&a, i, 1);
		ck_assert_ptr_nonnull(pp_pool_lend(&a, NULL, 1));
	}
	pp_pool_wait(&a, &waits_a, 2);
	ck_assert(!pp_pools_should_give_up(&pools, &conns[0], 2));
	pp_pool_wait(&b, &waits_b, 2);
	/* a: 4, b: 0, share 2: two change places, then nothing moves. */
	for (int i = 0; i < 2; i++) {
		ck_assert(pp_pools_should_give_up(&pools, &conns[i], 2));
		pp_conn_set_state(&conns[i], PP_CONN_CLOSED, 3);
		pp_conn_init(&conns[8 + i], &b, 3);
		pp_conn_set_state(&conns[8 + i], PP_CONN_IDLE, 3);
		pp_conn_set_state(&conns[8 + i], PP_CONN_LENT, 3);
	}
	ck_assert(!pp_pools_should_give_up(&pools, &conns[2], 4));
	ck_assert(!pp_pools_should_give_up(&pools, &conns[8], 4));
}
END_TEST

START_TEST(test_advise_more_pools_than_cap_take_turns)
{
	setup_cap(1);
	struct pp_waiter waits_b = {0};
	open_idle(&a, 0, 1);
	ck_assert_ptr_nonnull(pp_pool_lend(&a, NULL, 1));
	pp_pool_wait(&b, &waits_b, 2);
	ck_assert(pp_pools_should_give_up(&pools, &conns[0], 2));
}
END_TEST

/* Logging in for ever and never working helps nobody. */
START_TEST(test_advise_keeps_a_new_server_for_its_turn_while_it_has_users)
{
	setup_cap(1);
	struct pp_waiter waits_a = {0}, waits_b = {0};
	struct pp_pool *pool;
	struct pp_conn *conn;
	a.users = b.users = 1;
	pp_pool_wait(&a, &waits_a, 0);
	pp_pool_wait(&b, &waits_b, 0);
	pp_conn_init(&conns[0], &a, 1);
	pp_conn_set_state(&conns[0], PP_CONN_IDLE, 51); /* a turn is four times as long */
	ck_assert(!pp_pools_should_give_up(&pools, &conns[0], 51));
	ck_assert_ptr_eq(pp_pool_match(&a, 51, &conn), &waits_a);
	pp_conn_set_state(conn, PP_CONN_IDLE, 100);
	ck_assert(!pp_pools_should_give_up(&pools, conn, 100));
	ck_assert_int_eq(pp_pools_advise(&pools, 250, &pool, &conn), PP_ADVICE_NOTHING);
	ck_assert_int_eq(pp_pools_advise(&pools, 251, &pool, &conn), PP_ADVICE_CLOSE);
	ck_assert(pp_pools_should_give_up(&pools, conn, 251));
	a.users = 0;
	ck_assert_int_eq(pp_pools_advise(&pools, 100, &pool, &conn), PP_ADVICE_CLOSE);
	ck_assert_ptr_eq(conn, &conns[0]);
}
END_TEST

START_TEST(test_advise_that_waits_longest_is_next)
{
	setup_cap(1);
	struct pp_waiter waits_a = {0};
	struct pp_pool *pool;
	struct pp_conn *conn;
	pp_pool_wait(&a, &waits_a, 20);
	pp_pool_want_logins(&b, 1, 10);
	pp_pool_want_logins(&b, 1, 30);
	ck_assert_int_eq(pp_pools_advise(&pools, 40, &pool, &conn), PP_ADVICE_OPEN);
	ck_assert_ptr_eq(pool, &b);
	pp_pool_want_logins(&b, 0, 40);
	ck_assert_int_eq(pp_pools_advise(&pools, 40, &pool, &conn), PP_ADVICE_OPEN);
	ck_assert_ptr_eq(pool, &a);
}
END_TEST

START_TEST(test_advise_at_its_cap_makes_room_for_a_password_to_be_judged)
{
	setup_cap(2);
	struct pp_pool *pool;
	struct pp_conn *conn;
	struct pp_conn *old = open_idle(&a, 0, 1);
	struct pp_conn *young = open_idle(&a, 1, 2);
	pp_pool_want_logins(&a, 1, 0);
	ck_assert_int_eq(pp_pools_advise(&pools, 3, &pool, &conn), PP_ADVICE_CLOSE);
	ck_assert_ptr_eq(conn, old);
	/* All at work: the first that comes back is given up, and only that one. */
	ck_assert_ptr_eq(pp_pool_lend(&a, NULL, 3), young);
	ck_assert_ptr_eq(pp_pool_lend(&a, NULL, 3), old);
	ck_assert(pp_pools_should_give_up(&pools, old, 4));
	pp_conn_set_state(old, PP_CONN_CLOSED, 4);
	ck_assert_int_eq(pp_pools_advise(&pools, 4, &pool, &conn), PP_ADVICE_OPEN);
	pp_conn_init(&conns[2], &a, 4);
	ck_assert(!pp_pools_should_give_up(&pools, young, 5));
	pp_pool_want_logins(&a, 0, 0);
}
END_TEST

START_TEST(test_advise_failed_logins_are_not_repeated_before_their_time)
{
	setup_cap(4);
	struct pp_waiter w = {0};
	struct pp_pool *pool;
	struct pp_conn *conn;
	pp_pool_wait(&a, &w, 0);
	pp_backoff_failed(&a.backoff, PP_BACKOFF_REFUSED, 0, 0);
	ck_assert_int_eq(pp_pools_next_try(&pools, 0), 1000);
	ck_assert_int_eq(pp_pools_advise(&pools, 999, &pool, &conn), PP_ADVICE_NOTHING);
	ck_assert_int_eq(pp_pools_advise(&pools, 1000, &pool, &conn), PP_ADVICE_OPEN);
}
END_TEST

START_TEST(test_advise_logs_in_no_faster_than_the_server_lets_us_in)
{
	setup_cap(16);
	struct pp_waiter w[16] = {0};
	struct pp_pool *pool;
	struct pp_conn *conn;
	for (int i = 0; i < 16; i++)
		pp_pool_wait(&a, &w[i], 0);
	int open = 0;
	for (int there = 0; there < 16; there = open) { /* 1, 1, 2, 4, 8 */
		int at_once = there ? there : 1;
		for (int i = 0; i < at_once; i++) {
			ck_assert_int_eq(pp_pools_advise(&pools, 1, &pool, &conn), PP_ADVICE_OPEN);
			pp_conn_init(&conns[open++], &a, 1);
		}
		ck_assert_int_eq(pp_pools_advise(&pools, 1, &pool, &conn), PP_ADVICE_NOTHING);
		for (int i = there; i < open; i++) {
			pp_conn_set_state(&conns[i], PP_CONN_IDLE, 1);
			pp_pool_unwait(&a, &w[i]);
			pp_conn_set_state(&conns[i], PP_CONN_LENT, 1);
		}
	}
}
END_TEST

START_TEST(test_advise_tries_one_login_at_a_time_after_a_failure)
{
	setup_cap(8);
	struct pp_waiter w[4] = {0};
	struct pp_pool *pool;
	struct pp_conn *conn;
	for (int i = 0; i < 4; i++)
		pp_conn_set_state(open_idle(&a, i, 0), PP_CONN_LENT, 0);
	for (int i = 0; i < 4; i++)
		pp_pool_wait(&a, &w[i], 0);
	pp_backoff_failed(&a.backoff, PP_BACKOFF_DOWN, 0, 0);
	ck_assert_int_eq(pp_pools_advise(&pools, 49, &pool, &conn), PP_ADVICE_NOTHING);
	ck_assert_int_eq(pp_pools_advise(&pools, 50, &pool, &conn), PP_ADVICE_OPEN);
	pp_conn_init(&conns[4], &a, 50);
	ck_assert_int_eq(pp_pools_advise(&pools, 50, &pool, &conn), PP_ADVICE_NOTHING);
	pp_backoff_over(&a.backoff);
	ck_assert_int_eq(pp_pools_advise(&pools, 50, &pool, &conn), PP_ADVICE_OPEN);
	ck_assert_int_eq(pp_pools_next_try(&pools, 50), INT64_MAX);
}
END_TEST

/* Memory rises for a moment. A login costs the database more than an idle session does. */
START_TEST(test_advise_behind_a_gate_servers_stay_and_who_waits_longest_is_next)
{
	setup_cap(6);
	struct pp_waiter w[4] = {0};
	struct pp_pool *pool;
	struct pp_conn *conn;
	for (int i = 0; i < 6; i++)
		pp_conn_set_state(open_idle(i < 3 ? &a : &b, i, 0), PP_CONN_LENT, 0);
	for (int i = 0; i < 4; i++)
		pp_pool_wait(i % 2 ? &a : &b, &w[i], i);
	pp_pools_set_cap(&pools, 6, 3);
	ck_assert(pp_pools_is_gated(&pools));
	for (int i = 0; i < 3; i++) {
		ck_assert(!pp_pools_should_give_up(&pools, &conns[i], 10));
		pp_conn_set_state(&conns[i], PP_CONN_IDLE, 10);
		ck_assert_ptr_null(pp_pools_match(&pools, 10, &conn));
		ck_assert_ptr_null(pp_pool_match(&a, 10, &conn));
		ck_assert_int_eq(pp_pools_advise(&pools, 10, &pool, &conn), PP_ADVICE_NOTHING);
	}
	pp_conn_set_state(&conns[3], PP_CONN_IDLE, 11);
	ck_assert_ptr_eq(pp_pools_match(&pools, 11, &conn), &w[0]);
	ck_assert_ptr_eq(conn, &conns[3]);
	ck_assert_ptr_null(pp_pools_match(&pools, 11, &conn));
	pp_pools_set_cap(&pools, 6, 6);
	ck_assert_ptr_eq(pp_pools_match(&pools, 12, &conn),
			 &w[1]); /* w[2] has no server that is idle */
	ck_assert_ptr_eq(pp_pools_match(&pools, 12, &conn), &w[3]);
	ck_assert_ptr_null(pp_pools_match(&pools, 12, &conn));
	ck_assert_uint_eq(pools.open, 6);
}
END_TEST

/* One at work is lost: there is room at the gate, and until somebody is let in the idle ones only seem to suit nobody. */
START_TEST(test_advise_behind_a_gate_nobody_lacks_a_server_that_is_there)
{
	setup_cap(4);
	struct pp_waiter w[2] = {0};
	struct pp_pool *pool;
	struct pp_conn *conn;
	for (int i = 0; i < 4; i++)
		pp_conn_set_state(open_idle(&a, i, 0), PP_CONN_LENT, 0);
	pp_pools_set_cap(&pools, 4, 2);
	for (int i = 0; i < 2; i++) {
		pp_pool_wait(&a, &w[i], i);
		pp_conn_set_state(&conns[i], PP_CONN_IDLE, 2000);
	}
	pp_conn_set_state(&conns[2], PP_CONN_CLOSED, 2000);
	ck_assert_int_eq(pp_pools_advise(&pools, 2001, &pool, &conn), PP_ADVICE_NOTHING);
	ck_assert(!pp_pool_is_useless(&a, &conns[0], 2001));
	ck_assert_ptr_eq(pp_pools_match(&pools, 2001, &conn), &w[0]);
	ck_assert_ptr_null(pp_pools_match(&pools, 2001, &conn));
	ck_assert_int_eq(pp_pools_advise(&pools, 2001, &pool, &conn), PP_ADVICE_NOTHING);
}
END_TEST

/* A kill, or a generation that ended above the line: what was held back must not come all at once. */
START_TEST(test_advise_a_cap_that_falls_to_its_gate_lets_nobody_in)
{
	setup_cap(14);
	struct pp_waiter w[4] = {0};
	struct pp_pool *pool;
	struct pp_conn *conn;
	for (int i = 0; i < 14; i++)
		if (open_idle(&a, i, 0) && i < 3)
			pp_conn_set_state(&conns[i], PP_CONN_LENT, 0);
	pp_pools_set_cap(&pools, 14, 3);
	for (int i = 0; i < 4; i++)
		pp_pool_wait(&a, &w[i], i);
	pp_pools_set_cap(&pools, 2, 2);
	ck_assert_ptr_null(pp_pools_match(&pools, 10, &conn));
	for (int i = 0; i < 11; i++) {
		ck_assert_int_eq(pp_pools_advise(&pools, 10, &pool, &conn), PP_ADVICE_CLOSE);
		pp_conn_set_state(conn, PP_CONN_CLOSED, 10);
	}
	ck_assert_int_eq(pp_pools_advise(&pools, 10, &pool, &conn), PP_ADVICE_NOTHING);
	ck_assert(pp_pools_should_give_up(&pools, &conns[0], 11));
}
END_TEST

START_TEST(test_advise_a_pool_without_servers_gets_one_though_the_gate_is_shut)
{
	setup_cap(3);
	struct pp_waiter first = {0}, late = {0};
	struct pp_pool *pool;
	struct pp_conn *conn;
	for (int i = 0; i < 3; i++)
		pp_conn_set_state(open_idle(&a, i, 0), PP_CONN_LENT, 0);
	pp_pools_set_cap(&pools, 3, 1);
	pp_pool_wait(&b, &first, 1);
	pp_pool_wait(&a, &late, 2);
	ck_assert(pp_pools_should_give_up(&pools, &conns[0], 2000));
	pp_conn_set_state(&conns[0], PP_CONN_CLOSED, 2000);
	ck_assert_int_eq(pp_pools_advise(&pools, 2000, &pool, &conn), PP_ADVICE_OPEN);
	ck_assert_ptr_eq(pool, &b);
	open_idle(&b, 3, 2000);
	pp_conn_set_state(&conns[1], PP_CONN_IDLE, 2001);
	pp_conn_set_state(&conns[2], PP_CONN_IDLE, 2001);
	ck_assert_ptr_eq(pp_pools_match(&pools, 2001, &conn), &first);
}
END_TEST

/* Two pools, random arrivals and ends, a gate that opens and shuts: the cap is never passed, nobody waits for ever, counts stay true. */
START_TEST(test_advise_random_life_keeps_cap_order_and_counts)
{
	srandom((unsigned)_i);
	setup_cap(3);
	struct pp_waiter w[16] = {0};
	struct pp_pool *of[16];
	int waiting = 0, served = 0;
	for (pp_ms now = 0; now < 5000; now++) {
		int i = (int)(random() % 16);
		if (!pp_link_is_on(&w[i].link)) {
			of[i] = random() % 2 ? &a : &b;
			pp_pool_wait(of[i], &w[i], now);
			waiting++;
		}
		struct pp_pool *pool;
		struct pp_conn *conn;
		enum pp_advice advice;
		if (random() % 50 == 0)
			pp_pools_set_cap(&pools, (uint32_t)random() % 3 + 1,
					 (uint32_t)random() % 3 + 1);
		while (pp_pools_match(&pools, now, &conn)) {
			waiting--;
			served++;
		}
		while ((advice = pp_pools_advise(&pools, now, &pool, &conn)) != PP_ADVICE_NOTHING) {
			if (advice == PP_ADVICE_CLOSE) {
				pp_conn_set_state(conn, PP_CONN_CLOSED, now);
				continue;
			}
			int free_at = 0;
			while (conns[free_at].pool && free_at < 16)
				free_at++;
			pp_conn_init(&conns[free_at], pool, now);
		}
		ck_assert_uint_le(pools.open, 3);
		for (int c = 0; c < 16; c++) {
			if (!conns[c].pool || random() % 3)
				continue;
			struct pp_pool *home = conns[c].pool;
			if (conns[c].state == PP_CONN_LENT &&
			    pp_pools_should_give_up(&pools, &conns[c], now))
				pp_conn_set_state(&conns[c], PP_CONN_CLOSED, now);
			else if (conns[c].state != PP_CONN_IDLE)
				pp_conn_set_state(&conns[c], PP_CONN_IDLE, now);
			while (pp_pools_is_gated(&pools) ? pp_pools_match(&pools, now, &conn)
							 : pp_pool_match(home, now, &conn)) {
				waiting--;
				served++;
			}
		}
		uint32_t lent =
			(uint32_t)(a.conns[PP_CONN_LENT].count + b.conns[PP_CONN_LENT].count);
		ck_assert_uint_eq(pools.lent, lent);
		ck_assert_uint_eq(pools.waiting, (uint32_t)waiting);
		PP_LIST_FOREACH (&a.waiters, it)
			ck_assert_int_lt(now - pp_list_entry(it, struct pp_waiter, link)->since,
					 1500);
		PP_LIST_FOREACH (&b.waiters, it)
			ck_assert_int_lt(now - pp_list_entry(it, struct pp_waiter, link)->since,
					 1500);
	}
	ck_assert_int_gt(served, 1000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pool/advise");
	TCase *c = tcase_create("one pool");
	tcase_add_test(c, test_advise_opens_its_minimum_once_it_is_used_though_nobody_waits);
	tcase_add_test(c, test_advise_minimum_does_not_count_while_spares_would_be_in_the_way);
	tcase_add_test(c, test_advise_errands_come_before_logins_and_under_the_cap);
	tcase_add_test(
		c, test_advise_an_errand_gets_the_place_of_an_idle_server_or_of_the_first_returned);
	tcase_add_test(c, test_advise_opens_no_more_logins_than_wait);
	tcase_add_test(c, test_advise_respects_the_cap_and_its_fall);
	tcase_add_test(c, test_advise_at_its_cap_makes_room_for_a_password_to_be_judged);
	tcase_add_test(c, test_advise_failed_logins_are_not_repeated_before_their_time);
	tcase_add_test(c, test_advise_logs_in_no_faster_than_the_server_lets_us_in);
	tcase_add_test(c, test_advise_tries_one_login_at_a_time_after_a_failure);
	suite_add_tcase(s, c);
	c = tcase_create("between pools");
	tcase_add_test(c, test_advise_however_many_tunnels_there_are_the_pools_have_a_place);
	tcase_add_test(c, test_advise_below_its_minimum_comes_after_one_where_somebody_waits);
	tcase_add_test(c, test_advise_takes_an_idle_server_of_another_pool_when_the_cap_is_reached);
	tcase_add_test(c, test_advise_above_its_share_gives_up_a_server_for_one_below);
	tcase_add_test(c, test_advise_more_pools_than_cap_take_turns);
	tcase_add_test(c, test_advise_keeps_a_new_server_for_its_turn_while_it_has_users);
	tcase_add_test(c, test_advise_that_waits_longest_is_next);
	tcase_add_test(c, test_advise_behind_a_gate_servers_stay_and_who_waits_longest_is_next);
	tcase_add_test(c, test_advise_behind_a_gate_nobody_lacks_a_server_that_is_there);
	tcase_add_test(c, test_advise_a_cap_that_falls_to_its_gate_lets_nobody_in);
	tcase_add_test(c, test_advise_a_pool_without_servers_gets_one_though_the_gate_is_shut);
	tcase_add_loop_test(c, test_advise_random_life_keeps_cap_order_and_counts, 0, 20);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
