#include "pool/conn.h"

#include "pool/pool.h"
#include "pp_test.h"

/* Written by hand a second time: the table in conn.c must agree with the picture in conn.h. */
static const struct {
	enum pp_conn_state from, to;
} arrows[] = {
	{PP_CONN_LOGIN, PP_CONN_IDLE},	  {PP_CONN_LOGIN, PP_CONN_CLOSED},
	{PP_CONN_IDLE, PP_CONN_LENT},	  {PP_CONN_IDLE, PP_CONN_CLOSED},
	{PP_CONN_LENT, PP_CONN_IDLE},	  {PP_CONN_LENT, PP_CONN_SCRUB},
	{PP_CONN_LENT, PP_CONN_CANCEL},	  {PP_CONN_LENT, PP_CONN_CLOSED},
	{PP_CONN_CANCEL, PP_CONN_IDLE},	  {PP_CONN_CANCEL, PP_CONN_SCRUB},
	{PP_CONN_CANCEL, PP_CONN_CLOSED}, {PP_CONN_SCRUB, PP_CONN_IDLE},
	{PP_CONN_SCRUB, PP_CONN_CANCEL},  {PP_CONN_SCRUB, PP_CONN_CLOSED},
};

static bool is_drawn(enum pp_conn_state from, enum pp_conn_state to)
{
	for (size_t i = 0; i < sizeof arrows / sizeof *arrows; i++)
		if (arrows[i].from == from && arrows[i].to == to)
			return true;
	return false;
}

START_TEST(test_conn_arrows_are_those_of_the_picture)
{
	for (int from = 0; from < PP_CONN__COUNT; from++)
		for (int to = 0; to < PP_CONN__COUNT; to++)
			ck_assert_msg(pp_conn_may_change(from, to) == is_drawn(from, to),
				      "%d -> %d", from, to);
}
END_TEST

START_TEST(test_conn_state_is_the_list_it_is_on)
{
	struct pp_pools pools;
	struct pp_pool pool;
	struct pp_conn conn;
	pp_pools_init(&pools, 4);
	pp_pool_init(&pool, &pools, 0);
	pp_conn_init(&conn, &pool, 10);
	static const enum pp_conn_state way[] = {PP_CONN_IDLE,	PP_CONN_LENT, PP_CONN_CANCEL,
						 PP_CONN_SCRUB, PP_CONN_IDLE, PP_CONN_CLOSED};
	ck_assert_uint_eq(pools.open, 1);
	for (size_t i = 0; i < sizeof way / sizeof *way; i++) {
		pp_conn_set_state(&conn, way[i], 20 + (pp_ms)i);
		for (int state = 0; state < PP_CONN_CLOSED; state++)
			ck_assert_uint_eq(pool.conns[state].count,
					  way[i] == (enum pp_conn_state)state);
		ck_assert_int_eq(conn.since, 20 + (pp_ms)i);
	}
	ck_assert_int_eq(conn.born, 10);
	ck_assert_uint_eq(pools.open, 0);
	pp_pool_finish(&pool);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pool/conn");
	TCase *c = tcase_create("states");
	tcase_add_test(c, test_conn_arrows_are_those_of_the_picture);
	tcase_add_test(c, test_conn_state_is_the_list_it_is_on);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
