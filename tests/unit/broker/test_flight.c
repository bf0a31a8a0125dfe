/* Each row of flight.h's table: what a message under way means once it is answered, or discarded. */
#include "broker/flight.h"

#include "broker/client.h"
#include "broker/server.h"
#include "broker_world.h"

static struct pp_server s;
static struct pp_client c;
static uint32_t asked;

static void setup(void)
{
	begin_database();
	memset(&s, 0, sizeof s);
	memset(&c, 0, sizeof c);
	s.broker = c.broker = &broker;
	s.client = &c;
	pp_copies_init(&s.copies);
	asked = 0;
}

static void teardown(void)
{
	pp_flight_finish(&s.flight);
	pp_statements_clear(&c.statements);
	pp_unnamed_finish(&c.unnamed);
	pp_copies_clear(&s.copies);
	pp_plans_finish(&db.plans);
}

static uint32_t push(enum pp_flight_kind kind, const char *name, struct pp_plan *p)
{
	ck_assert_int_eq(pp_flight_reserve(&s.flight, 1), 0);
	pp_flight_push(&s.flight, ++asked, kind, name, p);
	return asked;
}

/* As front_statements does them: what a message says is so from the moment it is sent. */
static uint32_t push_parse(const char *name, struct pp_plan *p)
{
	ck_assert_int_eq(pp_statements_set(&c.statements, name, p), 0);
	ck_assert_int_eq(pp_copies_add(&s.copies, p), 0);
	return push(PP_FLIGHT_PARSE, name, p);
}

static uint32_t push_close(const char *name)
{
	struct pp_plan *p = pp_statements_find(c.statements, name);
	push(PP_FLIGHT_CLOSE, name, p);
	ck_assert_int_eq(pp_statements_set(&c.statements, name, NULL), 0);
	return asked;
}

static uint32_t push_bring(struct pp_plan *p)
{
	ck_assert_int_eq(pp_copies_add(&s.copies, p), 0);
	return push(PP_FLIGHT_BRING, NULL, p);
}

static uint32_t push_evict(struct pp_plan *p)
{
	pp_copies_remove(&s.copies, p);
	return push(PP_FLIGHT_EVICT, NULL, p);
}

static uint32_t push_unnamed(const char *text)
{
	struct pp_unnamed before = c.unnamed;
	ck_assert_int_eq(pp_flight_reserve(&s.flight, 1), 0);
	pp_flight_push_unnamed(&s.flight, ++asked, &before, s.unnamed_known);
	memset(&c.unnamed, 0, sizeof c.unnamed);
	ck_assert_int_eq(pp_buf_append(&c.unnamed.parse, text, strlen(text) + 1, 100), 0);
	return asked;
}

/* The same text again: nothing of ours changes. */
static uint32_t push_same(void)
{
	ck_assert_int_eq(pp_flight_reserve(&s.flight, 1), 0);
	pp_flight_push_unnamed(&s.flight, ++asked, NULL, s.unnamed_known);
	return asked;
}

static const char *unnamed(void)
{
	return pp_buf_len(&c.unnamed.parse) ? (const char *)pp_buf_bytes(&c.unnamed.parse) : "";
}

static bool has(const struct pp_plan *p)
{
	return pp_copies_find(&s.copies, p) != PP_COPIES_ABSENT;
}

START_TEST(test_flight_answers_of_the_brokers_own_are_swallowed)
{
	struct pp_plan *p = plan(1), *q = plan(2), *r = plan(3);
	push_parse("a", p);
	push_close("a");
	push_bring(q);
	push_evict(q);
	push(PP_FLIGHT_QUIET, NULL, NULL);
	push_unnamed("one");
	push(PP_FLIGHT_STAND_IN, NULL, r);
	static const bool swallowed[] = {false, false, true, true, true, false, true};
	for (uint32_t i = 0; i < 7; i++)
		ck_assert(pp_flight_answered(&s.flight, i + 1) == swallowed[i]);
	ck_assert(p->proven && q->proven && !r->proven);
	ck_assert(!pp_flight_answered(&s.flight, 8)); /* of no meaning to us */
	pp_plan_drop(p);
	pp_plan_drop(q);
	pp_plan_drop(r);
	pp_copies_clear(&s.copies);
	ck_assert_uint_eq(p->users, 0); /* nothing is left that holds it */
}
END_TEST

static bool is_described(const struct pp_plan *p, const uint8_t *params, size_t len)
{
	size_t has;
	const uint8_t *said = pp_plan_description(p, &has);
	return said && has == len && memcmp(said, params, len) == 0;
}

START_TEST(test_flight_a_described_plan_keeps_what_was_said_if_it_has_no_rows)
{
	static const uint8_t params[] = {0, 1, 0, 0, 0, 23};
	struct pp_plan *p = plan(1), *q = plan(2);
	size_t len;
	uint32_t number = push(PP_FLIGHT_DESCRIBE, "s", p);
	ck_assert(!pp_flight_described(&s, number + 1, PP_BACK_NO_DATA, NULL, 0)); /* another's */
	ck_assert(!pp_flight_described(&s, number, PP_BACK_PARAMETER_DESCRIPTION, params,
				       sizeof params));
	ck_assert_ptr_null(pp_plan_description(p, &len)); /* which may have rows */
	ck_assert(!pp_flight_described(&s, number, PP_BACK_NO_DATA, NULL, 0));
	ck_assert(is_described(p, params, sizeof params) && s.flight.head == s.flight.end);
	number = push(PP_FLIGHT_DESCRIBE, "s", q);
	ck_assert(!pp_flight_described(&s, number, PP_BACK_PARAMETER_DESCRIPTION, params,
				       sizeof params));
	ck_assert(!pp_flight_described(&s, number, PP_BACK_ROW_DESCRIPTION, NULL, 0));
	ck_assert_ptr_null(pp_plan_description(q, &len));
	number = push(PP_FLIGHT_DESCRIBE, "s", q);
	ck_assert(!pp_flight_described(&s, number, PP_BACK_PARAMETER_DESCRIPTION, params,
				       3)); /* in part */
	ck_assert(!pp_flight_described(&s, number, PP_BACK_NO_DATA, NULL, 0));
	ck_assert_ptr_null(pp_plan_description(q, &len));
	number = push(PP_FLIGHT_DESCRIBE, "s", q);
	ck_assert(!pp_flight_described(&s, number, PP_BACK_PARAMETER_DESCRIPTION, params,
				       sizeof params));
	ck_assert(!pp_flight_described(&s, number, PP_BACK_PARAMETER_DESCRIPTION, params,
				       sizeof params)); /* a server may say it twice */
	pp_flight_discarded(&s, number, number + 1);	/* an error in the place of NoData */
	ck_assert_ptr_null(pp_plan_description(q, &len));
	pp_plan_drop(p);
	pp_plan_drop(q);
	ck_assert_uint_eq(p->users + q->users, 0);
}
END_TEST

/* It changes nothing on the server, and nothing waits for it. */
START_TEST(test_flight_learnt_types_are_kept_with_rows_and_decide_nothing)
{
	static const uint8_t params[] = {0, 1, 0, 0, 0, 23};
	size_t len;
	struct pp_plan *p = plan(1);
	uint32_t parse = push_parse("a", p), number = push(PP_FLIGHT_LEARN, NULL, p);
	ck_assert(!pp_flight_answered(&s.flight, parse));
	ck_assert(pp_flight_described(&s, number, PP_BACK_PARAMETER_DESCRIPTION, params,
				      sizeof params));
	ck_assert(pp_flight_described(&s, number, PP_BACK_ROW_DESCRIPTION, NULL, 0));
	ck_assert(pp_flight_is_empty(&s.flight));
	ck_assert_mem_eq(pp_plan_types(p, &len), params, sizeof params);
	ck_assert_ptr_null(pp_plan_description(p, &len));
	number = push(PP_FLIGHT_LEARN, NULL, p);
	pp_flight_discarded(&s, number, number + 1);
	ck_assert_int_eq(pp_copies_find(&s.copies, p), PP_COPIES_FRESH);
	ck_assert_ptr_eq(pp_statements_find(c.statements, "a"), p);
	pp_plan_drop(p);
}
END_TEST

/* A column, n integer, and n text. */
static const uint8_t number_row[] = {0, 1, 'n', 0, 0, 0, 0, 0, 0, 0, 0,
				     0, 0, 23,	0, 4, 0, 0, 0, 0, 0, 0};
static const uint8_t text_row[] = {0, 1, 'n', 0, 0, 0, 0, 0, 0, 0, 0,
				   0, 0, 25,  0, 4, 0, 0, 0, 0, 0, 0};

static void describe(enum pp_flight_kind kind, const char *name, struct pp_plan *p,
		     const uint8_t *row)
{
	uint32_t number = push(kind, name, p);
	ck_assert(pp_flight_describes(&s.flight, number));
	bool swallowed =
		pp_flight_described(&s, number, PP_BACK_ROW_DESCRIPTION, row, sizeof number_row);
	ck_assert(swallowed == (kind != PP_FLIGHT_DESCRIBE));
	ck_assert(pp_flight_is_empty(&s.flight));
}

START_TEST(test_flight_a_result_that_is_not_as_it_was_told_is_another_plans)
{
	struct pp_plan *p = plan(1);
	ck_assert_int_eq(pp_statements_set(&c.statements, "early", p), 0);
	ck_assert_int_eq(pp_copies_add(&s.copies, p), 0);
	describe(PP_FLIGHT_CHECK, NULL, p, number_row); /* nobody was told */
	ck_assert(!p->shape && !p->changed);
	describe(PP_FLIGHT_DESCRIBE, "early", p, number_row);
	describe(PP_FLIGHT_CHECK, NULL, p, number_row);
	describe(PP_FLIGHT_LEARN, NULL, p, text_row); /* of a Parse that is not looked at */
	ck_assert(p->shape && !p->changed);
	describe(PP_FLIGHT_CHECK, NULL, p, text_row);
	ck_assert(p->changed);
	ck_assert_int_eq(pp_copies_find(&s.copies, p), PP_COPIES_STAND_IN);
	ck_assert_ptr_eq(pp_statements_find(c.statements, "early"), p);
	struct pp_plan *q = plan(1); /* the same text prepared now */
	ck_assert(q != p && !q->changed);
	pp_plan_drop(p);
	pp_plan_drop(q);
}
END_TEST

START_TEST(test_flight_who_is_told_another_result_has_another_plan)
{
	struct pp_plan *p = plan(1);
	ck_assert_int_eq(pp_statements_set(&c.statements, "early", p), 0);
	ck_assert_int_eq(pp_statements_set(&c.statements, "late", p), 0);
	describe(PP_FLIGHT_DESCRIBE, "early", p, number_row);
	describe(PP_FLIGHT_DESCRIBE, "late", p, text_row);
	ck_assert_ptr_eq(pp_statements_find(c.statements, "early"), p);
	struct pp_plan *q = pp_statements_find(c.statements, "late");
	ck_assert(q != p && p->changed && !q->changed && q->shape);
	pp_plan_drop(p);
}
END_TEST

START_TEST(test_flight_alone_no_longer_is_the_others_again_if_told_the_same)
{
	struct pp_plans_env alone = {.alone = true};
	struct pp_plan *shared = plan(1), *unknown = plan(2);
	ck_assert_int_eq(pp_statements_set(&c.statements, "s", shared), 0);
	describe(PP_FLIGHT_DESCRIBE, "s", shared, number_row);
	struct pp_plan *own = pp_plans_copy(shared, alone), *other = pp_plans_copy(shared, alone);
	struct pp_plan *lone = pp_plans_renew(unknown, alone);
	other->shape++;
	lone->infers = true; /* and nobody has said which types */
	ck_assert_int_eq(pp_statements_set(&c.statements, "own", own), 0);
	ck_assert_int_eq(pp_statements_set(&c.statements, "other", other), 0);
	ck_assert_int_eq(pp_statements_set(&c.statements, "lone", lone), 0);
	ck_assert_uint_eq(pp_statements_alone(c.statements), 3);
	ck_assert_ptr_eq(pp_heal_rejoin(&s, own, "own"), shared);
	ck_assert_ptr_eq(pp_statements_find(c.statements, "own"), shared);
	ck_assert_ptr_eq(pp_heal_rejoin(&s, other, "other"), other);
	ck_assert_ptr_eq(pp_heal_rejoin(&s, lone, "lone"), lone);
	ck_assert_uint_eq(pp_statements_alone(c.statements), 2);
	pp_plan_retire(shared); /* nobody's any more */
	ck_assert_ptr_eq(pp_heal_rejoin(&s, own, "own"), own);
	ck_assert_uint_eq(own->users, 1);
	pp_plan_drop(shared);
	pp_plan_drop(unknown);
	pp_plan_drop(own);
	pp_plan_drop(other);
	pp_plan_drop(lone);
}
END_TEST

START_TEST(test_flight_a_moved_name_is_nobodys_until_an_error_brings_it_back)
{
	struct pp_plan *p = plan(1), *q = plan(2);
	uint32_t moved = push(PP_FLIGHT_MOVE, "a", p);
	ck_assert(pp_flight_answered(&s.flight, moved));
	ck_assert_ptr_null(pp_statements_find(c.statements, "a"));
	uint32_t failed = push(PP_FLIGHT_MOVE, "b", q);
	pp_flight_discarded(&s, failed, failed + 1);
	ck_assert_ptr_eq(pp_statements_find(c.statements, "b"), q);
	pp_plan_drop(p);
	pp_plan_drop(q);
}
END_TEST

START_TEST(test_flight_a_describe_decides_nothing)
{
	struct pp_plan *p = plan(1);
	pp_tx_init(&s.tx);
	ck_assert_int_eq(pp_copies_add(&s.copies, p), 0);
	uint32_t first = push(PP_FLIGHT_DESCRIBE, NULL, p);
	s.tx.asked = asked + 1;
	ck_assert_int_eq(pp_tx_front(&s.tx, PP_FRONT_PARSE), 0);
	ck_assert(!pp_flight_is_plan_pending(&s.flight, &s.tx, p));
	pp_flight_discarded(&s, first, asked + 1);
	ck_assert(has(p));
	pp_plan_drop(p);
}
END_TEST

START_TEST(test_flight_only_the_next_number_is_its_answer)
{
	struct pp_plan *p = plan(1);
	asked = 4;
	push_bring(p);
	ck_assert(!pp_flight_answered(&s.flight, 4));
	ck_assert(pp_flight_answered(&s.flight, 5));
	pp_plan_drop(p);
}
END_TEST

START_TEST(test_flight_a_discarded_parse_was_never_sent)
{
	struct pp_plan *p = plan(1);
	uint32_t number = push_parse("a", p);
	pp_flight_discarded(&s, number, number + 1);
	ck_assert_ptr_null(pp_statements_find(c.statements, "a"));
	ck_assert(!has(p) && s.flight.head == s.flight.end);
	pp_plan_drop(p);
	ck_assert_uint_eq(p->users, 0);
}
END_TEST

START_TEST(test_flight_close_and_parse_of_one_name_are_undone_the_last_first)
{
	struct pp_plan *p = plan(1), *q = plan(2);
	ck_assert(!pp_flight_answered(&s.flight, push_parse("a", p) + 1));
	pp_flight_answered(&s.flight, asked);
	uint32_t first = push_close("a");
	push_parse("a", q);
	ck_assert_ptr_eq(pp_statements_find(c.statements, "a"), q);
	pp_flight_discarded(&s, first, asked + 1);
	ck_assert_ptr_eq(pp_statements_find(c.statements, "a"), p);
	ck_assert(has(p) && !has(q));
	pp_plan_drop(p);
	pp_plan_drop(q);
}
END_TEST

START_TEST(test_flight_a_discarded_bring_or_evict_left_the_server_as_it_was)
{
	struct pp_plan *p = plan(1), *q = plan(2);
	ck_assert_int_eq(pp_copies_add(&s.copies, q), 0);
	uint32_t first = push_bring(p);
	push_evict(q);
	ck_assert(has(p) && !has(q) && pp_flight_closes(&s.flight, q));
	ck_assert(!pp_flight_closes(&s.flight, p));
	pp_flight_discarded(&s, first, asked + 1);
	ck_assert(!has(p) && pp_copies_find(&s.copies, q) == PP_COPIES_STAND_IN);
	pp_plan_drop(p);
	pp_plan_drop(q);
}
END_TEST

/* "Of several messages about one plan the last one under way decides whether the server has it." */
START_TEST(test_flight_what_is_under_way_behind_the_error_decides)
{
	struct pp_plan *p = plan(1);
	uint32_t first = push_bring(p);
	push_evict(p);
	uint32_t next_batch = push_bring(p);
	pp_flight_discarded(&s, first, next_batch);
	ck_assert(has(p)); /* the last BRING is still to come */
	ck_assert(pp_flight_answered(&s.flight, next_batch));
	pp_plan_drop(p);
}
END_TEST

START_TEST(test_flight_a_failed_parse_of_the_unnamed_leaves_none)
{
	push_unnamed("one");
	ck_assert(!pp_flight_answered(&s.flight, asked));
	uint32_t failed = push_unnamed("two");
	ck_assert_str_eq(unnamed(), "two");
	pp_flight_discarded(&s, failed, failed + 1);
	ck_assert_str_eq(unnamed(), "");
}
END_TEST

START_TEST(test_flight_a_discarded_parse_of_the_unnamed_leaves_the_one_before)
{
	struct pp_plan *p = plan(1);
	push_unnamed("one");
	ck_assert(!pp_flight_answered(&s.flight, asked));
	uint32_t failed = push_parse("a", p);
	push_unnamed("two");
	pp_flight_discarded(&s, failed, asked + 1);
	ck_assert_str_eq(unnamed(), "one");
	pp_plan_drop(p);
}
END_TEST

START_TEST(test_flight_a_discarded_parse_of_the_unnamed_leaves_what_the_server_had_anothers_or_not)
{
	struct pp_plan *p = plan(1);
	for (int known = 0; known < 2; known++) {
		uint32_t failed = push_parse("a", p);
		s.unnamed_known = known;
		push_unnamed("one");
		s.unnamed_known = true; /* as the sender says: from now on */
		push_same();
		uint32_t next_batch = push_parse("b", p);
		push_same();
		pp_flight_discarded(&s, failed, next_batch);
		ck_assert(s.unnamed_known); /* by what is still under way */
		pp_flight_discarded(&s, next_batch, asked + 1);
		ck_assert_int_eq(s.unnamed_known, known);
	}
	pp_plan_drop(p);
}
END_TEST

/* The one that was to be brought is discarded, then what replaces it, under way already: the server has neither. */
START_TEST(test_flight_an_unnamed_that_was_not_brought_is_not_there_behind_what_replaces_it)
{
	struct pp_plan *p = plan(1);
	uint32_t failed = push_parse("a", p);
	push(PP_FLIGHT_QUIET, NULL, NULL);
	s.unnamed_known = true; /* as the sender says */
	uint32_t next_batch = push_parse("b", p);
	push_unnamed("two");
	pp_flight_discarded(&s, failed, next_batch);
	ck_assert(s.unnamed_known); /* by what is still under way */
	pp_flight_discarded(&s, next_batch, asked + 1);
	ck_assert(!s.unnamed_known);
	pp_plan_drop(p);
}
END_TEST

START_TEST(test_flight_the_next_batch_replaces_what_the_error_left)
{
	struct pp_plan *p = plan(1);
	push_unnamed("one");
	ck_assert(!pp_flight_answered(&s.flight, asked));
	uint32_t failed = push_parse("a", p);
	push_unnamed("two");
	uint32_t next = push_unnamed("three");
	pp_flight_discarded(&s, failed, next);
	ck_assert_str_eq(unnamed(), "three");
	pp_flight_discarded(&s, next - 1, next + 1); /* now that one is discarded, too */
	ck_assert_str_eq(unnamed(), "one");
	pp_plan_drop(p);
}
END_TEST

START_TEST(test_flight_the_same_unnamed_again_is_left_by_what_discards_it_not_by_its_own_error)
{
	struct pp_plan *p = plan(1);
	push_unnamed("one");
	ck_assert(!pp_flight_answered(&s.flight, asked));
	uint32_t failed = push_parse("a", p);
	push_same();
	pp_flight_discarded(&s, failed, asked + 1);
	ck_assert_str_eq(unnamed(), "one");
	failed = push_same();
	pp_flight_discarded(&s, failed, failed + 1);
	ck_assert_str_eq(unnamed(), "");
	pp_plan_drop(p);
}
END_TEST

/* "one", then one that fails, then in the next batch the same as that, discarded as well: there is none, or "one". */
START_TEST(test_flight_the_same_unnamed_under_way_behind_an_error_is_no_longer_the_same)
{
	struct pp_plan *p = plan(1);
	push_unnamed("one");
	ck_assert(!pp_flight_answered(&s.flight, asked));
	for (int fails = 0; fails < 2; fails++) {
		uint32_t failed = push_parse("a", p), replaced = push_unnamed("two");
		uint32_t next_batch = push_parse("b", p), same = push_same();
		pp_flight_discarded(&s, fails ? replaced : failed, next_batch);
		ck_assert_str_eq(unnamed(), "two");
		pp_flight_discarded(&s, next_batch, same + 1);
		ck_assert_str_eq(unnamed(), fails ? "" : "one");
	}
	pp_plan_drop(p);
}
END_TEST

/* docs 55.2.3: a simple Query destroys the unnamed statement. */
START_TEST(test_flight_a_query_ends_the_unnamed_for_good)
{
	push_unnamed("one");
	ck_assert(!pp_flight_answered(&s.flight, asked));
	uint32_t first = push_unnamed("two");
	pp_flight_end_unnamed(&s.flight);
	pp_unnamed_finish(&c.unnamed);
	memset(&c.unnamed, 0, sizeof c.unnamed);
	pp_flight_discarded(&s, 0, first + 1);
	ck_assert_str_eq(unnamed(), "");
}
END_TEST

START_TEST(test_flight_a_quiet_one_that_never_ran_leaves_doubt)
{
	s.unnamed_known = true;
	push(PP_FLIGHT_QUIET, NULL, NULL);
	pp_flight_discarded(&s, asked, asked + 1);
	ck_assert(!s.unnamed_known);
	s.unnamed_known = true;
	strcpy(s.untidy, "left");
	push(PP_FLIGHT_QUIET, "left", NULL);
	pp_flight_discarded(&s, asked, asked + 1); /* itself failed: the statement is still there */
	ck_assert_str_eq(s.untidy, "left");
	ck_assert(s.unnamed_known); /* it was about another */
	push(PP_FLIGHT_QUIET, "left", NULL);
	pp_flight_discarded(&s, asked - 1, asked + 1);
	ck_assert_str_eq(s.untidy, "");
}
END_TEST

START_TEST(test_flight_what_was_not_tidied_up_is_there_still)
{
	push(PP_FLIGHT_TIDY, "left", NULL); /* s.untidy says so no longer */
	ck_assert(pp_flight_tidies(&s.flight));
	strcpy(s.untidy, "left"); /* and another of that name was put there behind it */
	push(PP_FLIGHT_QUIET, "left", NULL);
	pp_flight_discarded(&s, asked - 2, asked + 1);
	ck_assert_str_eq(s.untidy, "left");
	ck_assert(!pp_flight_tidies(&s.flight) && !s.pins);
	s.untidy[0] = '\0';
	push(PP_FLIGHT_TIDY, "left", NULL);
	ck_assert(pp_flight_answered(&s.flight, asked));
	ck_assert_str_eq(s.untidy, "");
	push(PP_FLIGHT_TIDY, "left", NULL);
	strcpy(s.untidy, "other");
	pp_flight_discarded(&s, asked - 1, asked + 1);
	ck_assert(s.pins & PP_PIN_STATEMENT); /* nobody else gets it before all are gone */
}
END_TEST

/* Two batches: what is said in the first is certain only when it is answered, in the second from the start. */
START_TEST(test_flight_what_a_batch_that_has_ended_may_not_have_done_is_pending)
{
	struct pp_plan *p = plan(1);
	pp_tx_init(&s.tx);
	push_bring(p);
	push_unnamed("one");
	s.tx.asked = asked + 1;
	ck_assert_int_eq(pp_tx_front(&s.tx, PP_FRONT_PARSE), 0);
	ck_assert(pp_flight_is_plan_pending(&s.flight, &s.tx, p));
	ck_assert(pp_flight_is_unnamed_pending(&s.flight, &s.tx));
	asked = s.tx.asked - 1;
	pp_flight_push_unnamed(&s.flight, asked, NULL, true);
	ck_assert(!pp_flight_is_unnamed_pending(&s.flight, &s.tx));
	while (s.flight.head != s.flight.end)
		pp_flight_answered(&s.flight, s.flight.marks[s.flight.head].number);
	ck_assert(!pp_flight_is_plan_pending(&s.flight, &s.tx, p));
	pp_plan_drop(p);
}
END_TEST

START_TEST(test_flight_is_full_and_has_room_again_once)
{
	struct pp_plan *p = plan(1);
	for (int i = 0; i < PP_FLIGHT_MAX; i++)
		push(PP_FLIGHT_BRING, NULL, p);
	ck_assert_int_eq(pp_flight_reserve(&s.flight, 1), PP_ERR_FULL);
	ck_assert_int_eq(pp_flight_reserve(&s.flight, 0), 0);
	s.flight.full = true;
	ck_assert(!pp_flight_has_room(&s.flight));
	for (uint32_t i = 1; i <= PP_FLIGHT_MAX / 2; i++)
		ck_assert(pp_flight_answered(&s.flight, i));
	ck_assert(pp_flight_has_room(&s.flight) && !pp_flight_has_room(&s.flight));
	ck_assert_int_eq(pp_flight_reserve(&s.flight, PP_FLIGHT_MAX / 2), 0);
	ck_assert(pp_flight_answered(&s.flight, PP_FLIGHT_MAX / 2 + 1)); /* moved, and in order */
	pp_plan_drop(p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("broker/flight");
	TCase *tc = tcase_create("answered and discarded");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_flight_answers_of_the_brokers_own_are_swallowed);
	tcase_add_test(tc, test_flight_a_described_plan_keeps_what_was_said_if_it_has_no_rows);
	tcase_add_test(tc, test_flight_learnt_types_are_kept_with_rows_and_decide_nothing);
	tcase_add_test(tc, test_flight_a_result_that_is_not_as_it_was_told_is_another_plans);
	tcase_add_test(tc, test_flight_who_is_told_another_result_has_another_plan);
	tcase_add_test(tc, test_flight_alone_no_longer_is_the_others_again_if_told_the_same);
	tcase_add_test(tc, test_flight_a_moved_name_is_nobodys_until_an_error_brings_it_back);
	tcase_add_test(tc, test_flight_a_describe_decides_nothing);
	tcase_add_test(tc, test_flight_only_the_next_number_is_its_answer);
	tcase_add_test(tc, test_flight_a_discarded_parse_was_never_sent);
	tcase_add_test(tc, test_flight_close_and_parse_of_one_name_are_undone_the_last_first);
	tcase_add_test(tc, test_flight_a_discarded_bring_or_evict_left_the_server_as_it_was);
	tcase_add_test(tc, test_flight_what_is_under_way_behind_the_error_decides);
	tcase_add_test(tc, test_flight_a_failed_parse_of_the_unnamed_leaves_none);
	tcase_add_test(tc, test_flight_a_discarded_parse_of_the_unnamed_leaves_the_one_before);
	tcase_add_test(
		tc,
		test_flight_a_discarded_parse_of_the_unnamed_leaves_what_the_server_had_anothers_or_not);
	tcase_add_test(
		tc,
		test_flight_an_unnamed_that_was_not_brought_is_not_there_behind_what_replaces_it);
	tcase_add_test(tc, test_flight_the_next_batch_replaces_what_the_error_left);
	tcase_add_test(
		tc,
		test_flight_the_same_unnamed_again_is_left_by_what_discards_it_not_by_its_own_error);
	tcase_add_test(
		tc, test_flight_the_same_unnamed_under_way_behind_an_error_is_no_longer_the_same);
	tcase_add_test(tc, test_flight_a_query_ends_the_unnamed_for_good);
	tcase_add_test(tc, test_flight_a_quiet_one_that_never_ran_leaves_doubt);
	tcase_add_test(tc, test_flight_what_was_not_tidied_up_is_there_still);
	tcase_add_test(tc, test_flight_what_a_batch_that_has_ended_may_not_have_done_is_pending);
	tcase_add_test(tc, test_flight_is_full_and_has_room_again_once);
	suite_add_tcase(suite, tc);
	return pp_test_main(suite);
}
