#include "cgroup/governor.h"

#include <string.h>

#include "pp_test.h"

#define MIB (INT64_C(1) << 20)

static struct pp_governor g;
static struct pp_verdict v;
static struct pp_sample sample;
static struct pp_governor_load load;
static pp_ms now;

static void begin(uint32_t max_servers, int64_t limit_mib, int64_t ws_mib)
{
	struct pp_governor_limits limits = {.max_servers = max_servers};
	now = 100000;
	pp_governor_init(&g, &limits, now);
	sample = (struct pp_sample){
		.limit_bytes = limit_mib ? limit_mib * MIB : PP_SAMPLE_NO_LIMIT,
		.working_set_bytes = ws_mib * MIB,
		.node_available_bytes = 8192 * MIB,
		.node_total_bytes = 16384 * MIB,
		.version = 2,
	};
	load = (struct pp_governor_load){0};
	memset(&v, 0xff, sizeof v);
}

static uint32_t tick(pp_ms ms)
{
	now += ms;
	sample.own_working_set_bytes = sample.working_set_bytes;
	pp_governor_tick(&g, &sample, &load, now, &v);
	ck_assert(v.at_work >= 1 && v.at_work <= v.cap && v.cap <= g.limits.max_servers);
	ck_assert(v.next_ms >= 25 && v.next_ms <= 1000);
	ck_assert(memchr(v.reason, 0, sizeof v.reason));
	return v.at_work;
}

static uint32_t run(pp_ms for_ms, pp_ms step_ms)
{
	for (pp_ms t = 0; t < for_ms; t += step_ms)
		tick(step_ms);
	return v.at_work;
}

/* Clients in line; the pool opens and lends whatever the cap allows, and what was lent has ended since. */
static void demand(uint32_t clients)
{
	uint32_t cap = v.at_work;
	load.returned += load.lent;
	load.open = load.lent = clients < cap ? clients : cap;
	load.waiting = clients > cap ? clients - cap : 0;
}

START_TEST(test_governor_small_process_in_a_big_limit_gets_all_at_once)
{
	begin(20, 1024, 12);
	ck_assert_uint_eq(tick(0), 20);
	ck_assert_str_eq(v.reason, "PODPOOL_MAX_SERVERS");
	ck_assert_int_eq(v.limit_bytes, 1024 * MIB);
	ck_assert_int_eq(v.working_set_bytes, 12 * MIB);
	ck_assert_int_eq(v.cost_bytes, 1 * MIB);
}
END_TEST

START_TEST(test_governor_small_limit_starts_with_what_fits)
{
	begin(20, 128, 16); /* (128 - 12.8 reserve - 16) / 32 MiB */
	ck_assert_uint_eq(tick(0), 3);
	ck_assert_str_eq(v.reason,
			 "what the work costs is not seen yet: 112.0 MiB free of 128.0 MiB, one "
			 "more at a time");
}
END_TEST

START_TEST(test_governor_grows_by_one_each_quarter_second_while_nothing_has_ended)
{
	begin(20, 192, 16);
	tick(0); /* (192 - 19.2 - 16) / 32 */
	ck_assert_uint_eq(run(5000, 250), 4);
	load = (struct pp_governor_load){.open = 4, .lent = 4, .waiting = 60};
	ck_assert_uint_eq(tick(1), 5);
	for (uint32_t want = 6; want <= 20; want++) {
		load.open = load.lent = v.at_work;
		ck_assert_uint_eq(tick(249), want - 1);
		ck_assert_uint_eq(tick(1), want);
	}
}
END_TEST

/* A machine so slow that four are still fetching: none of them has shown what it costs. */
START_TEST(test_governor_unseen_work_waits_until_what_came_before_has_arrived)
{
	begin(20, 192, 16);
	tick(0);
	ck_assert_uint_eq(run(5000, 250), 4);
	load = (struct pp_governor_load){.open = 4, .lent = 4, .waiting = 60};
	for (int i = 0; i < 20; i++) {
		sample.working_set_bytes += MIB;
		ck_assert_uint_eq(tick(100), 4);
	}
	tick(200);
	ck_assert_uint_eq(tick(100), 5);
}
END_TEST

START_TEST(test_governor_unseen_work_is_not_added_where_it_might_not_fit)
{
	begin(20, 64, 32); /* (64 - 8 - 32) / 32 */
	ck_assert_uint_eq(tick(0), 1);
	load = (struct pp_governor_load){.open = 1, .lent = 1, .waiting = 60};
	for (int i = 0; i < 7; i++) /* not even a probe: less than two seconds flat */
		ck_assert_uint_eq(tick(250), 1);
}
END_TEST

/* Who holds a transaction open on one connection may need a second one to end it. */
START_TEST(test_governor_what_is_only_held_does_not_keep_others_out_for_ever)
{
	begin(20, 64, 32);
	ck_assert_uint_eq(tick(0), 1);
	run(5000, 250);
	load = (struct pp_governor_load){.open = 1, .lent = 1, .quiet = 1, .waiting = 1};
	ck_assert_uint_eq(run(500, 250), 2);
	for (int i = 0; i < 40; i++) { /* each who comes holds his own as well */
		load.open = load.lent = load.quiet = v.cap;
		tick(500);
	}
	ck_assert_uint_eq(v.cap, 20);
}
END_TEST

START_TEST(test_governor_beside_what_is_only_held_there_must_be_room)
{
	begin(20, 64, 59); /* 6 MiB, and what one may cost */
	tick(0);
	run(5000, 250);
	load = (struct pp_governor_load){.open = 1, .lent = 1, .quiet = 1, .waiting = 1};
	ck_assert_uint_eq(run(10000, 250), 1);
	begin(20, 64, 32);
	tick(0);
	run(5000, 250);
	load = (struct pp_governor_load){.open = 1, .lent = 1, .waiting = 1}; /* it works */
	ck_assert_uint_eq(run(10000, 250), 1);
}
END_TEST

/* A JVM's heap, full and now and then collected; ten sessions that each hold a server (session mode, LISTEN). */
START_TEST(test_governor_beside_what_is_held_in_a_full_heap_others_come)
{
	begin(20, 1024, 950);
	ck_assert_uint_eq(tick(0), 1);
	for (int i = 0; i < 200; i++) {
		load = (struct pp_governor_load){.open = v.cap < 10 ? v.cap : 10,
						 .waiting = v.cap < 10 ? 10 - v.cap : 0};
		load.lent = load.quiet = load.open;
		sample.working_set_bytes = (i % 7 ? 950 : 930) * MIB;
		tick(250);
	}
	ck_assert_uint_ge(v.cap, 10);
}
END_TEST

START_TEST(test_governor_says_what_it_waits_for_while_others_wait)
{
	begin(20, 128, 16);
	tick(0);
	load = (struct pp_governor_load){.open = 3, .lent = 3, .returned = 3};
	tick(500);
	load.waiting = 5;
	tick(100);
	ck_assert_str_eq(v.reason, "more when what is at work has ended: 112.0 MiB free of 128.0 "
				   "MiB, 0.5 MiB per server at work");
	load.waiting = 0;
	tick(100);
	ck_assert_ptr_nonnull(strstr(v.reason, "more when clients wait"));
}
END_TEST

START_TEST(test_governor_work_seen_whole_may_double)
{
	begin(60, 128, 16);
	tick(0);
	ck_assert_uint_eq(run(5000, 250), 3);
	load = (struct pp_governor_load){.open = 3, .lent = 3, .waiting = 60, .returned = 3};
	tick(500);
	ck_assert_uint_eq(g.target, 6);
	load = (struct pp_governor_load){.open = 6, .lent = 6, .waiting = 60, .returned = 8};
	tick(499);
	ck_assert_uint_lt(g.target, 12); /* five of six have ended */
	load.open = load.lent = v.at_work;
	load.returned = 8 + v.at_work;
	tick(500);
	ck_assert_uint_ge(g.target, 12);
}
END_TEST

START_TEST(test_governor_after_a_decrease_nothing_grows_for_a_second)
{
	begin(60, 256, 16);
	for (int i = 0; i < 40; i++) {
		demand(60);
		sample.working_set_bytes = (16 + 4 * (int64_t)load.lent) * MIB;
		tick(100);
	}
	uint32_t before = v.at_work;
	ck_assert_uint_gt(before, 15);
	sample.kill_events++;
	uint32_t halved = tick(100);
	ck_assert_uint_le(halved, before / 2 + 1);
	for (int i = 0; i < 9; i++) {
		demand(60);
		ck_assert_uint_eq(tick(100), halved);
	}
}
END_TEST

/* What is at work is not yet at its highest: the price of one is known, and that is what counts. */
START_TEST(test_governor_looks_at_what_work_may_come_to_not_at_what_it_is)
{
	begin(60, 96, 8);
	for (int i = 0; i < 60; i++) {
		demand(60);
		sample.working_set_bytes = (8 + 6 * (int64_t)load.lent) * MIB;
		tick(100);
	}
	uint32_t fits = v.at_work;
	ck_assert_uint_ge(fits, 8);
	ck_assert_uint_le(fits, 13);   /* (96 - 8) / 6 = 14 */
	for (int i = 0; i < 30; i++) { /* a slow machine: a third of them is still fetching */
		demand(60);
		sample.working_set_bytes = (8 + 4 * (int64_t)load.lent) * MIB;
		tick(100);
	}
	ck_assert_uint_le(v.at_work, fits + 3);
}
END_TEST

/* The moment a program grows is the moment to let nobody new in, not a second later. */
START_TEST(test_governor_lets_nobody_in_while_the_reserve_is_used_up)
{
	begin(60, 96, 8);
	for (int i = 0; i < 80; i++) {
		demand(60);
		sample.working_set_bytes = (8 + 6 * (int64_t)load.lent + i % 2 * 2) * MIB;
		tick(100);
	}
	uint32_t at_work = load.lent;
	sample.working_set_bytes = 91 * MIB;
	ck_assert_uint_le(tick(50), at_work / 2);
	ck_assert(v.pressed);
	load.open = load.lent = v.at_work; /* they end */
	load.returned += at_work - v.at_work;
	sample.working_set_bytes = 45 * MIB;
	ck_assert_uint_gt(tick(50), load.lent); /* and others come again at once */
}
END_TEST

/* Not a peak but a program that has grown: those that end meanwhile must not all come back at once. */
START_TEST(test_governor_after_a_long_brake_they_come_back_one_by_one)
{
	begin(60, 96, 8);
	for (int i = 0; i < 80; i++) {
		demand(60);
		sample.working_set_bytes = (8 + 6 * (int64_t)load.lent + i % 2 * 2) * MIB;
		tick(100);
	}
	ck_assert_uint_ge(g.target, 8);
	for (int i = 0; i < 10; i++) {
		sample.working_set_bytes = 79 * MIB + i * MIB / 2;
		ck_assert_uint_le(tick(25), load.lent / 2);
	}
	load.returned += load.lent - 4;
	load.open = load.lent = 4;
	sample.working_set_bytes = 50 * MIB; /* room for four */
	ck_assert_uint_eq(tick(25), 5);
	load.open = load.lent = 5;
	ck_assert_uint_eq(tick(25), 5);
	ck_assert_uint_eq(tick(25), 5);
	ck_assert_uint_eq(tick(200), 6);
}
END_TEST

START_TEST(test_governor_does_not_grow_while_opened_servers_can_still_be_used)
{
	begin(20, 64, 8);
	tick(0);
	load = (struct pp_governor_load){.open = 2, .lent = 2, .waiting = 3};
	ck_assert_uint_eq(run(5000, 250), 3);
}
END_TEST

START_TEST(test_governor_never_goes_below_one)
{
	begin(20, 64, 63);
	ck_assert_uint_eq(tick(0), 1);
	for (int i = 0; i < 50; i++) {
		sample.kill_events++;
		sample.working_set_bytes += 10 * MIB;
		ck_assert_uint_eq(tick(300), 1);
	}
}
END_TEST

START_TEST(test_governor_halves_on_a_kill_but_not_twice_in_200_ms)
{
	begin(20, 1024, 100);
	tick(0);
	demand(60);
	run(1000, 100);
	sample.kill_events++;
	ck_assert_uint_eq(tick(100), 10);
	ck_assert_ptr_nonnull(strstr(v.reason, "kernel"));
	sample.kill_events++;
	ck_assert_uint_eq(tick(100), 10);
	sample.kill_events++;
	ck_assert_uint_eq(tick(100), 5);
	demand(60);
	ck_assert_uint_eq(run(900, 100), 5);
	ck_assert_uint_eq(tick(100), 6);
}
END_TEST

START_TEST(test_governor_new_clients_are_refused_only_at_the_very_end)
{
	begin(20, 64, 40);
	tick(0);
	ck_assert(!v.pressed && !v.refuse);
	demand(60);
	sample.working_set_bytes = 61 * MIB;
	tick(100);
	ck_assert(v.pressed && !v.refuse);
	run(2000, 100);
	ck_assert(v.at_work == 1 && !v.refuse);
	sample.kill_events++;
	tick(100);
	ck_assert(v.refuse);
	run(2000, 100);
	ck_assert(!v.refuse);
	sample.kill_events++;
	sample.working_set_bytes = 20 * MIB; /* the kill has helped */
	tick(100);
	ck_assert(!v.refuse && !v.pressed);
}
END_TEST

START_TEST(test_governor_counts_before_the_first_sample_are_no_event)
{
	begin(20, 1024, 100);
	sample.kill_events = 77;
	sample.throttle_events = 9999;
	ck_assert_uint_eq(tick(0), 20);
	ck_assert_uint_eq(tick(100), 20);
	sample.kill_events = 3; /* moved to another cgroup */
	ck_assert_uint_eq(tick(100), 20);
}
END_TEST

START_TEST(test_governor_throttling_of_page_cache_is_no_event)
{
	begin(20, 1024, 100);
	tick(0);
	sample.throttle_events = 500;
	ck_assert_uint_eq(tick(1000), 20);
	sample.working_set_bytes = 940 * MIB;
	sample.throttle_events = 501;
	ck_assert_uint_lt(tick(1000), 20);
}
END_TEST

/* A JVM's full heap under memory.high, and a program beside it that writes a log: several times a second. */
START_TEST(test_governor_page_cache_takes_nothing_from_a_full_heap)
{
	begin(20, 1024, 950);
	tick(0);
	for (int i = 0; i < 300; i++) {
		demand(12);
		tick(250);
	}
	uint32_t carried = v.cap;
	ck_assert_uint_ge(carried, 12);
	for (int i = 0; i < 300; i++) {
		demand(12);
		sample.throttle_events++;
		ck_assert_uint_ge(tick(100), carried);
		ck_assert_ptr_null(strstr(v.reason, "kernel"));
	}
}
END_TEST

START_TEST(test_governor_learns_the_cost_of_work_and_stops_where_it_fits)
{
	begin(20, 96, 8);
	tick(0);
	for (int i = 0; i < 400; i++) {
		demand(60);
		sample.working_set_bytes = (8 + 5 * (int64_t)load.lent) * MIB;
		tick(50);
	}
	ck_assert_int_ge(v.cost_bytes, 4 * MIB);
	ck_assert_int_le(v.cost_bytes, 6 * MIB);
	ck_assert_uint_ge(v.at_work, 12); /* (96 - 10 - 8) / 5 = 15 */
	ck_assert_uint_le(v.at_work, 16);
	ck_assert_ptr_nonnull(strstr(v.reason, "per server at work"));
}
END_TEST

START_TEST(test_governor_fast_growth_of_the_program_throttles_before_the_limit)
{
	begin(20, 256, 20);
	tick(0);
	demand(60);
	run(2000, 100);
	while (v.at_work == 20 && sample.working_set_bytes < 256 * MIB) {
		sample.working_set_bytes += 2 * MIB; /* 20 MiB/s */
		tick(100);
	}
	ck_assert_uint_lt(v.at_work, 20);
	ck_assert_int_lt(sample.working_set_bytes, 235 * MIB);
}
END_TEST

START_TEST(test_governor_growth_of_the_program_is_not_charged_to_connections)
{
	begin(20, 256, 20);
	tick(0);
	load = (struct pp_governor_load){.open = 4, .lent = 4};
	sample.working_set_bytes = 28 * MIB;
	run(1000, 100);
	load.returned = 10; /* seen whole */
	run(3000, 100);
	for (int i = 0; i < 40; i++) {
		sample.working_set_bytes += MIB;
		tick(100);
	}
	run(15000, 100);
	ck_assert_int_lt(v.cost_bytes, 4 * MIB);
	ck_assert_int_gt(g.learn.base_bytes, 50 * MIB);
}
END_TEST

/* A pre-touched heap: each decrease gives nothing back, so it must not be followed by the next. */
START_TEST(test_governor_does_not_shrink_to_nothing_what_gives_nothing_back)
{
	begin(20, 264, 150);
	tick(0);
	for (int i = 0; i < 100; i++) {
		demand(60);
		tick(100);
	}
	ck_assert_uint_eq(v.at_work, 20);
	sample.working_set_bytes = 243 * MIB; /* 3 MiB into the reserve, and then still */
	for (int i = 0; i < 300; i++) {
		demand(60);
		tick(100);
	}
	ck_assert_uint_ge(v.at_work, 8);
}
END_TEST

START_TEST(test_governor_flat_high_process_keeps_what_it_has_carried)
{
	begin(20, 1024, 300);
	tick(0);
	demand(8);
	run(6000, 100);
	sample.working_set_bytes = 960 * MIB; /* the heap is touched once, by somebody else */
	tick(100);
	uint32_t after = run(1500, 100);
	ck_assert_uint_ge(after, 1);
	uint32_t frozen = run(4000, 100);
	ck_assert_uint_eq(run(30000, 100), frozen);
}
END_TEST

START_TEST(test_governor_flat_high_start_is_probed_slowly_not_starved)
{
	begin(20, 1024, 950); /* MaxRAMPercentage and AlwaysPreTouch */
	ck_assert_uint_eq(tick(0), 1);
	for (int i = 0; i < 70; i++) {
		demand(60);
		tick(1000);
	}
	ck_assert_uint_ge(v.at_work, 15);
	sample.working_set_bytes = 1015 * MIB;
	for (int i = 0; i < 20; i++) {
		demand(60);
		tick(100);
	}
	ck_assert_uint_le(v.at_work, 4);
}
END_TEST

/* A JVM that was still touching its heap when its first work came: 14 MiB each, it seems. */
START_TEST(test_governor_flat_high_start_charged_to_the_first_work_lets_the_next_be_tried)
{
	begin(60, 264, 219);
	ck_assert_uint_eq(tick(0), 1);
	sample.working_set_bytes = 233 * MIB;
	load = (struct pp_governor_load){.open = 1, .lent = 1, .waiting = 59};
	run(500, 50);
	load.returned = 1;
	tick(50);
	ck_assert_int_gt(v.cost_bytes, 13 * MIB);
	ck_assert_uint_eq(v.at_work, 2);
	load.open = load.lent = 2;
	for (int i = 0; i < 5; i++)
		ck_assert_uint_ge(tick(50), 2);
	sample.working_set_bytes = 247 * MIB; /* they do cost that */
	ck_assert_uint_eq(tick(50), 1);
}
END_TEST

START_TEST(test_governor_flat_high_in_a_small_limit_is_not_probed)
{
	begin(20, 96, 90);
	for (int i = 0; i < 200; i++) {
		tick(250);
		demand(60);
	}
	ck_assert_uint_eq(v.at_work, 1);
	ck_assert_ptr_nonnull(
		strstr(v.reason, "still, what was carried stays: 6.0 MiB free of 96.0 MiB"));
}
END_TEST

START_TEST(test_governor_follows_a_limit_that_changes_while_running)
{
	begin(20, 1024, 20);
	tick(0);
	for (int i = 0; i < 50; i++) {
		demand(60);
		sample.working_set_bytes = (20 + 5 * (int64_t)load.lent) * MIB;
		tick(100);
	}
	ck_assert_uint_eq(v.at_work, 20);
	sample.limit_bytes = 110 * MIB;
	for (int i = 0; i < 30; i++) {
		tick(100);
		demand(60);
		sample.working_set_bytes = (20 + 5 * (int64_t)load.lent) * MIB;
	}
	ck_assert_int_le(sample.working_set_bytes, 100 * MIB);
	ck_assert_int_eq(v.limit_bytes, 110 * MIB);
	sample.limit_bytes = 1024 * MIB;
	for (int i = 0; i < 100; i++) {
		tick(100);
		demand(60);
	}
	ck_assert_uint_eq(v.at_work, 20);
}
END_TEST

START_TEST(test_governor_option_is_the_limit_when_it_is_lower_or_alone)
{
	struct pp_governor_limits limits = {.max_servers = 20, .memory_limit_bytes = 128 * MIB};
	begin(20, 1024, 8);
	pp_governor_set_limits(&g, &limits);
	ck_assert_uint_eq(tick(0), 3);
	ck_assert_int_eq(v.limit_bytes, 128 * MIB);
	ck_assert_str_eq(v.limit_from, "PODPOOL_MEMORY_LIMIT");
	begin(20, 0, 8);
	pp_governor_set_limits(&g, &limits);
	ck_assert_uint_eq(tick(0), 3);
	begin(20, 0, 0);
	sample.working_set_bytes = -1;
	pp_governor_set_limits(&g, &limits);
	ck_assert_uint_eq(tick(0), 3);
}
END_TEST

START_TEST(test_governor_ceiling_may_change_on_reload)
{
	struct pp_governor_limits limits = {.max_servers = 5};
	begin(20, 1024, 8);
	tick(0);
	pp_governor_set_limits(&g, &limits);
	ck_assert_uint_eq(tick(100), 5);
	limits.max_servers = 0;
	pp_governor_set_limits(&g, &limits);
	ck_assert_uint_eq(tick(100), 1);
}
END_TEST

START_TEST(test_governor_without_a_limit_starts_low_and_grows_while_the_node_is_well)
{
	begin(20, 0, 3000);
	ck_assert_uint_eq(tick(0), 10);
	ck_assert_str_eq(v.reason,
			 "no memory limit visible: governed by node pressure; set limits.memory");
	ck_assert_int_eq(v.limit_bytes, 0);
	for (int i = 0; i < 20; i++) {
		demand(60);
		tick(250);
	}
	ck_assert_uint_eq(v.at_work, 20);
}
END_TEST

START_TEST(test_governor_without_a_limit_a_tight_node_stops_growth)
{
	begin(20, 0, 3000);
	tick(0);
	sample.node_available_bytes = 1000 * MIB; /* below 10 % of 16 GiB */
	for (int i = 0; i < 20; i++) {
		demand(60);
		tick(250);
	}
	ck_assert_uint_eq(v.at_work, 10);
}
END_TEST

START_TEST(test_governor_without_a_limit_node_stalls_halve_and_hold_ten_seconds)
{
	begin(20, 0, 3000);
	tick(0);
	demand(60);
	run(1000, 250);
	for (int i = 0; i < 9; i++) { /* 20 % stalled */
		sample.node_stall_total_us += 50000;
		tick(250);
	}
	uint32_t low = run(2000, 250);
	ck_assert_uint_le(low, 5);
	demand(60);
	ck_assert_uint_eq(run(6000, 250), low);
	for (int i = 0; i < 24; i++) {
		demand(60);
		tick(250);
	}
	ck_assert_uint_gt(v.at_work, low);
}
END_TEST

/* limits.memory by the downward API, in a pod that has none: the whole node's memory. */
START_TEST(test_governor_a_limit_that_only_we_were_told_does_not_hide_the_node)
{
	struct pp_governor_limits limits = {.max_servers = 20, .memory_limit_bytes = 15000 * MIB};
	for (int tight = 0; tight <= 1; tight++) {
		begin(20, 0, 300);
		pp_governor_set_limits(&g, &limits);
		ck_assert_uint_eq(tick(0), 10);
		if (tight)
			sample.node_available_bytes = 1000 * MIB;
		for (int i = 0; i < 20; i++) {
			demand(60);
			tick(250);
		}
		ck_assert_uint_eq(v.at_work, tight ? 10 : 20);
	}
	ck_assert_str_eq(v.reason,
			 "no memory limit visible: governed by node pressure; set limits.memory");
	for (int i = 0; i < 9; i++) { /* 20 % stalled */
		sample.node_stall_total_us += 50000;
		tick(250);
	}
	ck_assert_uint_le(v.at_work, 5);
}
END_TEST

START_TEST(test_governor_stalls_of_the_own_cgroup_stop_growth)
{
	begin(20, 128, 16);
	tick(0);
	for (int i = 0; i < 40; i++) {
		sample.stall_total_us += 100000;
		tick(250);
		if (i > 10)
			demand(60);
	}
	ck_assert_uint_eq(v.at_work, 3);
	ck_assert_ptr_nonnull(strstr(v.reason, "PSI"));
}
END_TEST

START_TEST(test_governor_looks_more_often_the_closer_the_end)
{
	begin(20, 96, 8);
	tick(0);
	ck_assert_int_eq(v.next_ms, 250); /* it is just starting */
	tick(10000);
	ck_assert_int_eq(v.next_ms, 1000);
	for (int i = 0; i < 34; i++) {
		sample.working_set_bytes += 2 * MIB;
		tick(50);
	}
	ck_assert_int_le(v.next_ms, 150);
}
END_TEST

/* All of them may come at the next moment. */
START_TEST(test_governor_looks_more_often_while_a_program_grows_that_does_nothing)
{
	begin(60, 96, 6);
	for (int i = 0; i < 80; i++) {
		demand(60);
		sample.working_set_bytes = (6 + 6 * (int64_t)load.lent + i % 2 * 2) * MIB;
		tick(100);
	}
	ck_assert_uint_ge(v.cap, 8);
	load = (struct pp_governor_load){.returned = load.returned + load.lent};
	sample.working_set_bytes = 6 * MIB;
	run(10000, 1000);
	ck_assert_int_eq(v.next_ms, 1000);
	sample.working_set_bytes = 14 * MIB;
	tick(1000);
	ck_assert_int_le(v.next_ms, 300);
	for (int i = 0; i < 5; i++) {
		sample.working_set_bytes += 4 * MIB;
		tick(200);
	}
	ck_assert_uint_le(v.cap, 8); /* (96 - 34) / 6, and a reserve */
}
END_TEST

START_TEST(test_governor_survives_nonsense_and_a_clock_that_stands_still)
{
	static const int64_t odd[] = {INT64_MIN, -1, 0, 1, 4096, INT64_MAX - 1, INT64_MAX};
	enum { N = sizeof odd / sizeof *odd };
	for (int a = 0; a < N; a++)
		for (int b = 0; b < N; b++) {
			begin(20, 64, 8);
			tick(0);
			for (int i = 0; i < 10; i++) {
				sample.limit_bytes = odd[a];
				sample.working_set_bytes = odd[(b + i) % N];
				sample.node_available_bytes = odd[b];
				sample.node_total_bytes = odd[a];
				sample.kill_events = (uint64_t)odd[b];
				sample.stall_total_us = (uint64_t)odd[(a + i) % N];
				load.lent = load.open = i % 2 ? UINT32_MAX : 0;
				load.waiting = UINT32_MAX;
				tick(i % 3 ? 0 : INT64_C(1) << (4 * i));
			}
		}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup/governor");
	TCase *c = tcase_create("start and growth");
	tcase_add_test(c, test_governor_small_process_in_a_big_limit_gets_all_at_once);
	tcase_add_test(c, test_governor_small_limit_starts_with_what_fits);
	tcase_add_test(c, test_governor_grows_by_one_each_quarter_second_while_nothing_has_ended);
	tcase_add_test(c, test_governor_unseen_work_waits_until_what_came_before_has_arrived);
	tcase_add_test(c, test_governor_unseen_work_is_not_added_where_it_might_not_fit);
	tcase_add_test(c, test_governor_what_is_only_held_does_not_keep_others_out_for_ever);
	tcase_add_test(c, test_governor_beside_what_is_only_held_there_must_be_room);
	tcase_add_test(c, test_governor_beside_what_is_held_in_a_full_heap_others_come);
	tcase_add_test(c, test_governor_says_what_it_waits_for_while_others_wait);
	tcase_add_test(c, test_governor_work_seen_whole_may_double);
	tcase_add_test(c, test_governor_looks_at_what_work_may_come_to_not_at_what_it_is);
	tcase_add_test(c, test_governor_does_not_grow_while_opened_servers_can_still_be_used);
	tcase_add_test(c, test_governor_ceiling_may_change_on_reload);
	tcase_add_test(c, test_governor_looks_more_often_while_a_program_grows_that_does_nothing);
	tcase_add_test(c, test_governor_looks_more_often_the_closer_the_end);
	suite_add_tcase(s, c);
	c = tcase_create("decrease");
	tcase_add_test(c, test_governor_never_goes_below_one);
	tcase_add_test(c, test_governor_halves_on_a_kill_but_not_twice_in_200_ms);
	tcase_add_test(c, test_governor_after_a_decrease_nothing_grows_for_a_second);
	tcase_add_test(c, test_governor_lets_nobody_in_while_the_reserve_is_used_up);
	tcase_add_test(c, test_governor_after_a_long_brake_they_come_back_one_by_one);
	tcase_add_test(c, test_governor_new_clients_are_refused_only_at_the_very_end);
	tcase_add_test(c, test_governor_counts_before_the_first_sample_are_no_event);
	tcase_add_test(c, test_governor_throttling_of_page_cache_is_no_event);
	tcase_add_test(c, test_governor_page_cache_takes_nothing_from_a_full_heap);
	tcase_add_test(c, test_governor_stalls_of_the_own_cgroup_stop_growth);
	tcase_add_test(c, test_governor_follows_a_limit_that_changes_while_running);
	suite_add_tcase(s, c);
	c = tcase_create("cost");
	tcase_add_test(c, test_governor_learns_the_cost_of_work_and_stops_where_it_fits);
	tcase_add_test(c, test_governor_fast_growth_of_the_program_throttles_before_the_limit);
	tcase_add_test(c, test_governor_growth_of_the_program_is_not_charged_to_connections);
	suite_add_tcase(s, c);
	c = tcase_create("flat high");
	tcase_add_test(c, test_governor_flat_high_process_keeps_what_it_has_carried);
	tcase_add_test(c, test_governor_does_not_shrink_to_nothing_what_gives_nothing_back);
	tcase_add_test(c, test_governor_flat_high_start_is_probed_slowly_not_starved);
	tcase_add_test(
		c, test_governor_flat_high_start_charged_to_the_first_work_lets_the_next_be_tried);
	tcase_add_test(c, test_governor_flat_high_in_a_small_limit_is_not_probed);
	suite_add_tcase(s, c);
	c = tcase_create("limits");
	tcase_add_test(c, test_governor_option_is_the_limit_when_it_is_lower_or_alone);
	tcase_add_test(c,
		       test_governor_without_a_limit_starts_low_and_grows_while_the_node_is_well);
	tcase_add_test(c, test_governor_without_a_limit_a_tight_node_stops_growth);
	tcase_add_test(c, test_governor_without_a_limit_node_stalls_halve_and_hold_ten_seconds);
	tcase_add_test(c, test_governor_a_limit_that_only_we_were_told_does_not_hide_the_node);
	tcase_add_test(c, test_governor_survives_nonsense_and_a_clock_that_stands_still);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
