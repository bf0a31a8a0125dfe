#include "broker/plans.h"

#include "broker/statements.h"
#include "broker_world.h"

static void setup(void)
{
	begin_database();
}

static void teardown(void)
{
	pp_plans_finish(&db.plans);
	ck_assert_ptr_null(db.plans.by_key);
	ck_assert_uint_eq(db.plans.bytes, 0);
	ck_assert_ptr_null(broker.labels);
}

#define LABEL(bytes) ((struct pp_label){bytes, sizeof(bytes) - 1})

/* Parse's body behind the name: the text and these types. Counted. */
static struct pp_plan *take(struct pp_label label, const char *text, const uint8_t *types,
			    uint8_t count)
{
	uint8_t body[256];
	bool is_new;
	size_t len = strlen(text) + 1;
	memcpy(body, text, len);
	body[len++] = 0;
	body[len++] = count;
	for (uint8_t i = 0; i < count; i++) {
		memset(body + len, 0, 4);
		body[len + 2] = types[i] == 255 ? 705 >> 8 : 0; /* 255: unknown */
		body[len + 3] = types[i] == 255 ? 705 & 255 : types[i];
		len += 4;
	}
	struct pp_plans_env env = {0};
	ck_assert_int_eq(pp_labels_take(&broker, label, &env.label), 0);
	struct pp_plan *p = pp_plans_take(&db, env, body, len, &is_new);
	ck_assert_ptr_nonnull(p);
	ck_assert_ptr_eq(pp_plans_find(&db, env, body, len), p);
	pp_labels_drop(&env.label);
	return p;
}

static struct pp_plan *take_plain(struct pp_label label, const char *text)
{
	return take(label, text, NULL, 0);
}

START_TEST(test_plans_are_shared_by_text_and_types)
{
	struct pp_plan *one = take(LABEL(""), "select $1", (const uint8_t[]){23}, 1);
	struct pp_plan *same = take(LABEL(""), "select $1", (const uint8_t[]){23}, 1);
	struct pp_plan *other = take(LABEL(""), "select $1", (const uint8_t[]){20}, 1);
	struct pp_plan *untyped = take_plain(LABEL(""), "select $1");
	ck_assert_ptr_eq(one, same);
	ck_assert_uint_eq(one->users, 2);
	ck_assert_ptr_ne(one, other);
	ck_assert_ptr_ne(one, untyped);
	ck_assert(pp_plan_is_name(one->name) && strcmp(one->name, other->name) != 0);
	pp_plan_drop(one);
	pp_plan_drop(same);
	pp_plan_drop(other);
	pp_plan_drop(untyped);
}
END_TEST

START_TEST(test_plans_are_others_under_other_settings_only_where_those_decide)
{
	struct pp_label german = LABEL("datestyle\0German\0");
	struct pp_plan *date = take_plain(LABEL(""), "select date '01.02.2003'");
	struct pp_plan *german_date = take_plain(german, "select date '01.02.2003'");
	struct pp_plan *plain = take_plain(LABEL(""), "select n from t");
	struct pp_plan *german_plain = take_plain(german, "select n from t");
	struct pp_statement *names = NULL;
	ck_assert_ptr_ne(date, german_date);
	ck_assert_str_eq((const char *)pp_plan_body(date), (const char *)pp_plan_body(german_date));
	ck_assert_ptr_eq(plain, german_plain);
	ck_assert_int_eq(pp_statements_set(&names, "a", plain), 0);
	ck_assert(!pp_plans_may_change(names, LABEL(""), german));
	ck_assert_int_eq(pp_statements_set(&names, "b", date), 0);
	ck_assert(pp_plans_may_change(names, LABEL(""), german));
	ck_assert(!pp_plans_may_change(names, LABEL(""), LABEL("work_mem\0004MB\0")));
	ck_assert(!pp_plans_may_change(NULL, LABEL(""), german));
	pp_statements_clear(&names);
	pp_plan_drop(date);
	pp_plan_drop(german_date);
	pp_plan_drop(plain);
	pp_plan_drop(german_plain);
}
END_TEST

/* In the same text names mean something else. */
START_TEST(test_plans_are_others_under_another_path_or_role)
{
	static const struct {
		const char *bytes;
		size_t len;
	} labels[] = {
#define ROW(text) {text, sizeof text - 1}
		ROW(""),
		ROW("search_path\0a\0"),
		ROW("search_path\0b\0"),
		ROW("role\0a\0"),
		ROW("role\0a\0search_path\0a\0"),
		ROW("session_authorization\0a\0"),
#undef ROW
	};
	enum { COUNT = sizeof labels / sizeof *labels };
	struct pp_plan *plans[COUNT];
	for (size_t i = 0; i < COUNT; i++) {
		struct pp_label label = {labels[i].bytes, labels[i].len};
		plans[i] = take_plain(label, "select n from t");
		for (size_t k = 0; k < i; k++)
			ck_assert_ptr_ne(plans[i], plans[k]);
		struct pp_plan *again = take_plain(label, "select n from t");
		ck_assert_ptr_eq(again, plans[i]);
		pp_plan_drop(again);
	}
	struct pp_plan *same =
		take_plain(LABEL("search_path\0b\0work_mem\0004MB\0"), "select n from t");
	ck_assert_ptr_eq(same, plans[2]);
	pp_plan_drop(same);
	for (size_t i = 0; i < COUNT; i++)
		pp_plan_drop(plans[i]);
}
END_TEST

START_TEST(test_plans_of_a_local_path_or_of_older_defaults_are_found_by_nobody_else)
{
	static const uint8_t body[] = "select n from t\0\0";
	struct pp_plans_env env = {.epoch = 1}, older = {0}, local = {.epoch = 1, .local = true};
	bool is_new;
	struct pp_plan *plain = pp_plans_take(&db, env, body, sizeof body, &is_new);
	struct pp_plan *first = pp_plans_take(&db, local, body, sizeof body, &is_new);
	ck_assert(is_new && first != plain && first->local && !plain->local);
	struct pp_plan *second = pp_plans_take(&db, local, body, sizeof body, &is_new);
	ck_assert(is_new && second != first);
	ck_assert_ptr_null(pp_plans_find(&db, local, body, sizeof body));
	ck_assert_ptr_null(pp_plans_find(&db, older, body, sizeof body));
	ck_assert_ptr_eq(pp_plans_find(&db, env, body, sizeof body), plain);
	pp_plan_drop(plain);
	pp_plan_drop(first);
	pp_plan_drop(second);
}
END_TEST

START_TEST(test_plans_whose_types_may_be_others_by_now_are_asked_for_again)
{
	struct pp_plan *p = take_plain(LABEL(""), "select $1");
	struct pp_plan *typed = take(LABEL(""), "select $1", (const uint8_t[]){23}, 1);
	ck_assert(pp_plan_must_ask(p, 100) && !pp_plan_must_ask(typed, 100));
	p->asked_at = 100;
	ck_assert_msg(pp_plan_must_ask(p, 101), "nobody has answered");
	ck_assert_msg(!pp_plan_is_dated(p), "none are known");
	pp_plan_described(p, calloc(1, 2), 2, false);
	ck_assert(!pp_plan_must_ask(p, 101));
	ck_assert(!pp_plan_must_ask(p, 99 + PP_PLAN_TRUST_MS));
	ck_assert(pp_plan_must_ask(p, 100 + PP_PLAN_TRUST_MS) && !pp_plan_is_dated(p));
	db.plans.defined_at = 99;
	ck_assert(!pp_plan_must_ask(p, 101));
	db.plans.defined_at = 100; /* before or after, within a tick */
	ck_assert(pp_plan_must_ask(p, 101) && pp_plan_is_dated(p));
	pp_plan_drop(p);
	pp_plan_drop(typed);
}
END_TEST

START_TEST(test_plans_of_tables_that_are_a_sessions_alone_are_found_by_nobody_else)
{
	static const uint8_t body[] = "delete from t where n = $1\0\0",
			     said[] = {0, 1, 0, 0, 0, 23};
	struct pp_plans_env env = {0}, alone = {.alone = true};
	size_t len;
	bool is_new;
	struct pp_plan *shared = pp_plans_take(&db, env, body, sizeof body, &is_new);
	struct pp_plan *own = pp_plans_take(&db, alone, body, sizeof body, &is_new);
	ck_assert(is_new && own != shared && own->alone && !own->local && !shared->alone);
	ck_assert_ptr_eq(pp_plans_find(&db, env, body, sizeof body), shared);
	ck_assert_ptr_null(pp_plans_find(&db, alone, body, sizeof body));

	uint8_t *params = malloc(sizeof said);
	memcpy(params, said, sizeof said);
	pp_plan_described(shared, params, sizeof said, true);
	shared->shape = 7;
	struct pp_plan *copy = pp_plans_copy(shared, alone);
	ck_assert(copy && copy != own && copy != shared && copy->alone);
	ck_assert_uint_eq(copy->shape, 7);
	ck_assert_mem_eq(pp_plan_description(copy, &len), said, sizeof said);
	ck_assert_uint_eq(len, sizeof said);
	ck_assert_ptr_ne(copy->params, shared->params);
	pp_plan_drop(shared);
	pp_plan_drop(own);
	pp_plan_drop(copy);
}
END_TEST

START_TEST(test_plans_learn_the_types_that_a_server_inferred)
{
	static const uint8_t int4[] = {0, 1, 0, 0, 0, 23};
	static const struct {
		const char *text;
		uint8_t types[1], count;
		bool infers;
	} rows[] = {{"select $1", {0}, 0, true},
		    {"select $1", {0}, 1, true},
		    {"select $1", {255}, 1, true},
		    {"select $1", {23}, 1, false},
		    {"select 1", {0}, 0, false},
		    {"delete from t", {0}, 0, false},
		    {"delete from t where n = $1", {0}, 0, true},
		    {"delete from t where n = $1", {23}, 1, false}};
	size_t len;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct pp_plan *p = take(LABEL(""), rows[i].text, rows[i].types, rows[i].count);
		ck_assert_msg(p->infers == rows[i].infers, "row %zu", i);
		ck_assert_uint_eq(pp_plan_text_len(p), strlen(rows[i].text) + 1);
		const uint8_t *types = pp_plan_types(p, &len);
		ck_assert(types == pp_plan_body(p) + pp_plan_text_len(p));
		ck_assert_uint_eq(len, 2 + 4 * (size_t)rows[i].count);
		pp_plan_drop(p);
	}
	struct pp_plan *p = take_plain(LABEL(""), "select $1");
	uint8_t *copy = malloc(sizeof int4);
	memcpy(copy, int4, sizeof int4);
	pp_plan_described(p, copy, sizeof int4, false);
	ck_assert_mem_eq(pp_plan_types(p, &len), int4, sizeof int4);
	ck_assert_uint_eq(len, sizeof int4);
	ck_assert_ptr_null(pp_plan_description(p, &len)); /* it returns rows */
	pp_plan_drop(p);
}
END_TEST

START_TEST(test_plans_nobody_names_make_room_the_oldest_first)
{
	struct pp_plan *used = plan(0), *oldest = plan(1), *next = plan(2);
	pp_plan_drop(oldest);
	pp_plan_drop(next);
	for (int i = 3; i < PP_PLANS_MAX; i++)
		pp_plan_drop(plan(i));
	ck_assert_uint_eq(db.plans.used.count, PP_PLANS_MAX);
	pp_plan_drop(plan(1)); /* asked for again: now the next one is the oldest */
	uint32_t last = db.plans.last_id;
	pp_plan_drop(plan(PP_PLANS_MAX));
	ck_assert_uint_eq(db.plans.used.count, PP_PLANS_MAX);
	ck_assert_ptr_eq(plan(1), oldest);
	pp_plan_drop(oldest);
	ck_assert_ptr_eq(plan(0), used);
	pp_plan_drop(used);
	ck_assert_uint_eq(db.plans.last_id, last + 1);
	pp_plan_drop(plan(2));
	ck_assert_uint_eq(db.plans.last_id, last + 2); /* made anew */
	pp_plan_drop(used);
}
END_TEST

START_TEST(test_plans_that_were_a_sessions_alone_make_room_first)
{
	struct pp_plan *oldest = plan(0);
	pp_plan_drop(oldest);
	for (int i = 1; i < PP_PLANS_MAX - 1; i++)
		pp_plan_drop(plan(i));
	struct pp_plan *own = pp_plans_renew(oldest, (struct pp_plans_env){.alone = true});
	ck_assert_uint_eq(db.plans.used.count, PP_PLANS_MAX);
	pp_plan_drop(own);
	pp_plan_drop(plan(PP_PLANS_MAX));
	ck_assert_ptr_eq(plan(0), oldest);
	pp_plan_drop(oldest);
}
END_TEST

START_TEST(test_plans_are_not_what_makes_room_for_their_renewal)
{
	struct pp_plan *old = plan(0);
	static struct pp_plan *plans[PP_PLANS_MAX];
	old->touch = calloc(1, sizeof *old->touch);
	old->touch->bits = 7;
	pp_plan_drop(old);
	for (int i = 1; i < PP_PLANS_MAX; i++)
		plans[i] = plan(i);
	pp_plan_retire(old);
	ck_assert_ptr_null(pp_plans_renew(old, (struct pp_plans_env){0}));
	pp_plan_drop(plans[7]);
	struct pp_plan *now = pp_plans_renew(old, (struct pp_plans_env){0});
	ck_assert(now && now != old && now->touch->bits == 7);
	ck_assert_uint_eq(old->users, 0);
	plans[7] = now;
	for (int i = 1; i < PP_PLANS_MAX; i++)
		pp_plan_drop(plans[i]);
}
END_TEST

START_TEST(test_plans_renewed_are_inferred_from_then_on)
{
	broker.now = 100;
	struct pp_plan *p = take_plain(LABEL(""), "select $1");
	pp_plan_described(p, calloc(1, 2), 2, false);
	ck_assert(!pp_plan_is_dated(p));
	db.plans.defined_at = 150;
	ck_assert(pp_plan_is_dated(p));
	broker.now = 200;
	pp_plan_retire(p);
	struct pp_plan *copy = pp_plans_copy(p, (struct pp_plans_env){.alone = true});
	ck_assert_msg(pp_plan_is_dated(copy), "it has the types of before");
	struct pp_plan *now = pp_plans_renew(p, (struct pp_plans_env){0});
	pp_plan_described(now, calloc(1, 2), 2, false); /* whoever has asked */
	ck_assert(now != p && !pp_plan_is_dated(now));
	pp_plan_drop(p);
	pp_plan_drop(copy);
	pp_plan_drop(now);
}
END_TEST

START_TEST(test_plans_that_are_all_named_leave_no_room)
{
	static struct pp_plan *plans[PP_PLANS_MAX];
	bool is_new;
	for (int i = 0; i < PP_PLANS_MAX; i++)
		plans[i] = plan(i);
	ck_assert_ptr_null(pp_plans_take(&db, (struct pp_plans_env){0},
					 (const uint8_t *)"one more\0\0", 11, &is_new));
	pp_plan_drop(plans[7]);
	struct pp_plan *more = pp_plans_take(&db, (struct pp_plans_env){0},
					     (const uint8_t *)"one more\0\0", 11, &is_new);
	ck_assert(more && is_new);
	plans[7] = more;
	for (int i = 0; i < PP_PLANS_MAX; i++)
		pp_plan_drop(plans[i]);
}
END_TEST

START_TEST(test_plans_are_capped_in_bytes)
{
	bool is_new;
	size_t len = PP_PLANS_BYTES_MAX / 2 + 1;
	uint8_t *body = calloc(1, len);
	memset(body, 'x', len - 3);
	struct pp_plan *one = pp_plans_take(&db, (struct pp_plans_env){0}, body, len, &is_new);
	body[0] = 'y';
	ck_assert_ptr_null(pp_plans_take(&db, (struct pp_plans_env){0}, body, len, &is_new));
	pp_plan_drop(one);
	pp_plan_drop(pp_plans_take(&db, (struct pp_plans_env){0}, body, len, &is_new));
	ck_assert_uint_eq(db.plans.used.count, 1);
	free(body);
}
END_TEST

/* "" nobody knows */
static const char *described(const struct pp_plan *p)
{
	static char words[64];
	size_t len, n = 0;
	const uint8_t *params = pp_plan_description(p, &len);
	words[0] = '\0';
	for (size_t i = 0; params && i < len; i++)
		n += (size_t)snprintf(words + n, sizeof words - n, "%u ", params[i]);
	return words;
}

START_TEST(test_plans_know_their_description_from_text_and_types)
{
	static const struct {
		const char *text, *is;
		uint8_t types[2], count;
	} rows[] = {{"delete from t", "0 0 ", {0}, 0},
		    {"delete from t where n = $1", "0 1 0 0 0 23 ", {23}, 1},
		    {"delete from t", "0 1 0 0 0 23 ", {23}, 1}, /* more than it needs */
		    {"delete from t where n = $1", "", {0}, 0},	 /* the server infers it */
		    {"delete from t where n = $1", "", {0}, 1},
		    {"delete from t where n = $1", "", {255}, 1},
		    {"delete from t where n = $2", "", {23}, 1},
		    {"delete from t where n = $2", "", {23, 0}, 2},
		    {"delete from t where n = $2", "0 2 0 0 0 23 0 0 0 25 ", {23, 25}, 2},
		    {"delete from t returning n", "", {0}, 0},
		    {"select 1", "", {0}, 0}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct pp_plan *p = take(LABEL(""), rows[i].text, rows[i].types, rows[i].count);
		ck_assert_msg(strcmp(described(p), rows[i].is) == 0, "%s: %s", rows[i].text,
			      described(p));
		pp_plan_drop(p);
	}
}
END_TEST

static void tell(struct pp_plan *p, const uint8_t *params, size_t len)
{
	uint8_t *copy = malloc(len);
	memcpy(copy, params, len);
	pp_plan_described(p, copy, len, true);
}

START_TEST(test_plans_know_what_a_server_has_said_last)
{
	static const uint8_t int4[] = {0, 1, 0, 0, 0, 23}, none[] = {0, 0};
	struct pp_plan *p = take_plain(LABEL(""), "delete from t where n = $1");
	tell(p, int4, sizeof int4);
	ck_assert_str_eq(described(p), "0 1 0 0 0 23 ");
	tell(p, none, sizeof none);
	ck_assert_str_eq(described(p), "0 0 ");
	pp_plan_described(p, NULL, 0, false); /* rows */
	ck_assert_str_eq(described(p), "");
	db.plans.bytes += PP_PLANS_BYTES_MAX; /* no room to keep it */
	tell(p, int4, sizeof int4);
	ck_assert_str_eq(described(p), "");
	db.plans.bytes -= PP_PLANS_BYTES_MAX;
	pp_plan_drop(p);
}
END_TEST

START_TEST(test_plans_need_not_be_what_parse_says)
{
	bool is_new;
	static const uint8_t short_one[] = "delete from t"; /* no list of types */
	struct pp_plan *p =
		pp_plans_take(&db, (struct pp_plans_env){0}, short_one, sizeof short_one, &is_new);
	ck_assert_str_eq(described(p), "");
	pp_plan_drop(p);
	p = pp_plans_take(&db, (struct pp_plans_env){0}, short_one, sizeof short_one - 1,
			  &is_new); /* nor an end */
	ck_assert_str_eq(described(p), "");
	pp_plan_drop(p);
}
END_TEST

START_TEST(test_plans_have_names_that_are_cut_as_the_server_does)
{
	struct pp_statement *names = NULL;
	struct pp_plan *one = plan(1), *two = plan(2);
	char name[80];
	memset(name, 'n', sizeof name);
	name[70] = '\0';
	ck_assert_int_eq(pp_statements_set(&names, name, one), 0);
	name[64] = 'x'; /* beyond NAMEDATALEN */
	ck_assert_ptr_eq(pp_statements_find(names, name), one);
	ck_assert_int_eq(pp_statements_set(&names, name, two), 0); /* another meaning */
	ck_assert_uint_eq(one->users, 1);
	ck_assert_uint_eq(two->users, 2);
	name[62] = 'x';
	ck_assert_ptr_null(pp_statements_find(names, name));
	ck_assert_int_eq(pp_statements_set(&names, name, NULL), 0);
	for (int i = 1; i < PP_STATEMENTS_MAX; i++) {
		snprintf(name, sizeof name, "%d", i);
		ck_assert_int_eq(pp_statements_set(&names, name, one), 0);
	}
	ck_assert_int_eq(pp_statements_set(&names, "one more", one), PP_ERR_FULL);
	ck_assert_int_eq(pp_statements_set(&names, "1", two), 0); /* is there */
	pp_statements_clear(&names);
	ck_assert_uint_eq(one->users + two->users, 2);
	pp_plan_drop(one);
	pp_plan_drop(two);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("broker/plans");
	TCase *c = tcase_create("plans");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_plans_are_shared_by_text_and_types);
	tcase_add_test(c, test_plans_are_others_under_other_settings_only_where_those_decide);
	tcase_add_test(c, test_plans_are_others_under_another_path_or_role);
	tcase_add_test(c, test_plans_of_a_local_path_or_of_older_defaults_are_found_by_nobody_else);
	tcase_add_test(c, test_plans_of_tables_that_are_a_sessions_alone_are_found_by_nobody_else);
	tcase_add_test(c, test_plans_whose_types_may_be_others_by_now_are_asked_for_again);
	tcase_add_test(c, test_plans_learn_the_types_that_a_server_inferred);
	tcase_add_test(c, test_plans_nobody_names_make_room_the_oldest_first);
	tcase_add_test(c, test_plans_that_were_a_sessions_alone_make_room_first);
	tcase_add_test(c, test_plans_are_not_what_makes_room_for_their_renewal);
	tcase_add_test(c, test_plans_renewed_are_inferred_from_then_on);
	tcase_add_test(c, test_plans_that_are_all_named_leave_no_room);
	tcase_add_test(c, test_plans_are_capped_in_bytes);
	tcase_add_test(c, test_plans_know_their_description_from_text_and_types);
	tcase_add_test(c, test_plans_know_what_a_server_has_said_last);
	tcase_add_test(c, test_plans_need_not_be_what_parse_says);
	tcase_add_test(c, test_plans_have_names_that_are_cut_as_the_server_does);
	suite_add_tcase(suite, c);
	return pp_test_main(suite);
}
