/* What real programs looked like, as the broker's governor saw it (`scripts/bench pod --logs`): the files in
 * tests/fixtures/governor, a sample a line: ms limit working-set open lent waiting returned. The decisions of then cannot be
 * changed any more, but what is learned from the same numbers can be looked at.
 */
#include "cgroup/governor.h"

#include <inttypes.h>
#include <stdio.h>

#include "pp_test.h"

#define MIB (INT64_C(1) << 20)

struct replay {
	struct pp_governor governor;
	struct pp_verdict verdict;
	FILE *file;
	int64_t ms;
};

static void replay_open(struct replay *r, const char *story)
{
	char path[512];
	struct pp_governor_limits limits = {.max_servers = 60};
	snprintf(path, sizeof path, PP_FIXTURES "/governor/%s", story);
	r->file = fopen(path, "r");
	ck_assert_msg(r->file, "%s", path);
	pp_governor_init(&r->governor, &limits, 0);
}

static bool replay_next(struct replay *r)
{
	struct pp_sample sample = {
		.version = 1, .node_available_bytes = -1, .node_total_bytes = -1};
	struct pp_governor_load load;
	if (fscanf(r->file,
		   "%" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNu32 " %" SCNu32 " %" SCNu32
		   " %" SCNu64,
		   &r->ms, &sample.limit_bytes, &sample.working_set_bytes, &load.open, &load.lent,
		   &load.waiting, &load.returned) != 7) {
		fclose(r->file);
		return false;
	}
	pp_governor_tick(&r->governor, &sample, &load, r->ms, &r->verdict);
	return true;
}

START_TEST(test_replay_steady_work_is_not_taken_for_a_growing_program)
{
	struct replay r;
	int halved = 0;
	replay_open(&r, "steady");
	for (uint32_t before = 0; replay_next(&r); before = r.governor.target) {
		halved += r.governor.target <= before / 2;
		if (r.ms > 5000)
			ck_assert_int_ge(r.verdict.at_work, 6);
	}
	ck_assert_int_eq(halved, 0);
	ck_assert_int_gt(r.verdict.cost_bytes, 4 * MIB);
	ck_assert_int_lt(r.verdict.cost_bytes, 8 * MIB);
}
END_TEST

START_TEST(test_replay_what_the_program_took_is_not_the_price_of_connections)
{
	struct replay r;
	int64_t base = 0;
	replay_open(&r, "grows-35");
	while (replay_next(&r))
		if (r.ms < 4800) /* it grows from the fifth second on */
			base = r.governor.learn.base_bytes;
	ck_assert_int_gt(r.governor.learn.base_bytes, base + 15 * MIB);
	ck_assert_int_lt(r.verdict.cost_bytes, 8 * MIB);
}
END_TEST

START_TEST(test_replay_a_full_heap_costs_nothing_more)
{
	struct replay r;
	replay_open(&r, "flat-high-jvm");
	while (replay_next(&r))
		;
	ck_assert_int_lt(r.verdict.cost_bytes, 2 * MIB);
}
END_TEST

/* An allocator that keeps what it has had: 17 at once found room in what 16 had left, so work seemed to cost nothing;
 * 25 were let in then, and the kernel killed. */
START_TEST(test_replay_room_that_is_used_again_does_not_make_work_free)
{
	struct replay r;
	replay_open(&r, "kept");
	while (replay_next(&r))
		if (r.verdict.working_set_bytes < 72 * MIB)
			ck_assert_uint_le(r.verdict.at_work, 18);
	ck_assert_int_gt(r.verdict.cost_bytes, 3 * MIB);
}
END_TEST

/* The same after the program has grown into that room: what had been carried before, 16, could not be carried again. */
START_TEST(test_replay_what_was_carried_before_is_tried_only_as_far_as_there_is_room)
{
	struct replay r;
	replay_open(&r, "kept-grows-20");
	while (replay_next(&r))
		if (r.ms > 12000)
			ck_assert_uint_le(r.verdict.at_work, 14);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup/governor_replay");
	TCase *c = tcase_create("recorded");
	tcase_add_test(c, test_replay_steady_work_is_not_taken_for_a_growing_program);
	tcase_add_test(c, test_replay_what_the_program_took_is_not_the_price_of_connections);
	tcase_add_test(c, test_replay_a_full_heap_costs_nothing_more);
	tcase_add_test(c, test_replay_room_that_is_used_again_does_not_make_work_free);
	tcase_add_test(c,
		       test_replay_what_was_carried_before_is_tried_only_as_far_as_there_is_room);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
