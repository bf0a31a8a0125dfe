#include "pool/backoff.h"

#include "pp_test.h"

static pp_ms wait_after(struct pp_backoff *backoff, enum pp_backoff_cause cause, uint32_t chance)
{
	pp_backoff_failed(backoff, cause, 1000, chance);
	return backoff->until - 1000;
}

START_TEST(test_backoff_doubles_up_to_its_limit)
{
	struct pp_backoff backoff = {0};
	static const pp_ms waits[] = {50, 100, 200, 400, 500, 500, 500};
	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
		ck_assert_int_eq(wait_after(&backoff, PP_BACKOFF_DOWN, 0), waits[i]);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(wait_after(&backoff, PP_BACKOFF_CROWDED, 0), 5000);
	pp_backoff_over(&backoff);
	ck_assert_int_eq(backoff.until, 0);
	ck_assert_int_eq(wait_after(&backoff, PP_BACKOFF_FULL, 0), 100);
}
END_TEST

START_TEST(test_backoff_comes_up_to_a_half_earlier_by_chance)
{
	for (int cause = 0; cause < PP_BACKOFF__COUNT; cause++) {
		struct pp_backoff exact = {0};
		pp_ms whole = wait_after(&exact, (enum pp_backoff_cause)cause, 0);
		pp_ms least = whole;
		for (uint32_t chance = 0; chance < 20000; chance += 7) {
			struct pp_backoff backoff = {0};
			pp_ms wait = wait_after(&backoff, (enum pp_backoff_cause)cause, chance);
			ck_assert(wait >= whole / 2 && wait <= whole);
			least = wait < least ? wait : least;
		}
		ck_assert_int_lt(least, whole / 2 + 5);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pool/backoff");
	TCase *c = tcase_create("waits");
	tcase_add_test(c, test_backoff_doubles_up_to_its_limit);
	tcase_add_test(c, test_backoff_comes_up_to_a_half_earlier_by_chance);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
