#include "wire/tx.h"

#include <stdio.h>
#include <string.h>

#include "pp_test.h"

/* A script is words: "F:PBES" the client's letters, "B:12CZI" the server's (Z takes its status
 * with it), "B!C" and "F!p" must be refused, and questions:
 *   idle  may be lent to another      held  may not, but may later
 *   lost  uncertain                   busy / quiet  does the server owe something? */

static void fail_at(const char *script, const char *word)
{
	ck_abort_msg("in \"%s\" at \"%s\"", script, word);
}

static uint8_t next_byte(const char **at)
{
	uint8_t byte = (uint8_t) * *at;
	*at += 1;
	return byte;
}

static int feed(struct pp_tx *tx, const char *word, const char **at)
{
	uint8_t type = next_byte(at);
	if (word[0] == 'F')
		return pp_tx_front(tx, type);
	return pp_tx_back(tx, type, type == 'Z' ? next_byte(at) : 0);
}

static bool is_true(const struct pp_tx *tx, const char *word)
{
	bool idle = pp_tx_is_idle(tx);
	if (strcmp(word, "idle") == 0) /* nothing asked is without its answer or discarded */
		return idle && tx->asked == tx->answered;
	if (strcmp(word, "held") == 0)
		return !idle && !tx->uncertain;
	if (strcmp(word, "lost") == 0)
		return !idle && tx->uncertain;
	if (strcmp(word, "busy") == 0)
		return pp_tx_is_busy(tx);
	return strcmp(word, "quiet") == 0 && !pp_tx_is_busy(tx);
}

static void play(const char *script)
{
	struct pp_tx tx;
	char copy[256], *rest = copy;
	memset(&tx, 0xee, sizeof tx); /* init must not rely on zeroes */
	pp_tx_init(&tx);
	snprintf(copy, sizeof copy, "%s", script);
	for (char *word; (word = strtok_r(rest, " ", &rest));) {
		bool question = word[1] != ':' && word[1] != '!';
		int want = word[1] == '!' ? PP_ERR_INVALID : 0;
		if (question && !is_true(&tx, word))
			fail_at(script, word);
		for (const char *at = word + 2; !question && *at;)
			if (feed(&tx, word, &at) != want)
				fail_at(script, word);
	}
}

#define SCRIPTS(test, ...)                                                                         \
	START_TEST(test)                                                                           \
	{                                                                                          \
		static const char *const scripts[] = {__VA_ARGS__};                                \
		for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)                      \
			play(scripts[i]);                                                          \
	}                                                                                          \
	END_TEST

START_TEST(test_tx_counts_what_was_asked_and_is_over)
{
	struct pp_tx tx;
	pp_tx_init(&tx);
	ck_assert_int_eq(pp_tx_front(&tx, 'P'), 0);
	ck_assert_int_eq(pp_tx_front(&tx, 'B'), 0);
	ck_assert_int_eq(pp_tx_front(&tx, 'E'), 0);
	ck_assert_uint_eq(tx.asked, 3);
	ck_assert_int_eq(pp_tx_back(&tx, '1', 0), 0);
	ck_assert_uint_eq(tx.answered, 1);
	ck_assert_int_eq(pp_tx_back(&tx, 'E', 0), 0);
	ck_assert_uint_eq(tx.answered, 3); /* Bind failed, Execute is discarded */
	ck_assert_int_eq(pp_tx_front(&tx, 'P'), 0);
	ck_assert_uint_eq(tx.asked, 3); /* the server will not look at it */
}
END_TEST

START_TEST(test_tx_knows_the_answer_to_the_brokers_own_query)
{
	struct pp_tx tx;
	pp_tx_init(&tx);
	pp_tx_front_own(&tx);
	ck_assert_int_eq(pp_tx_front(&tx, 'Q'), 0); /* the client did not wait */
	ck_assert(pp_tx_answers_own(&tx));
	ck_assert_int_eq(pp_tx_back(&tx, 'T', 0), 0);
	ck_assert_int_eq(pp_tx_back(&tx, 'Z', 'I'), 0);
	ck_assert(!pp_tx_answers_own(&tx));
	ck_assert(!pp_tx_is_idle(&tx));
	ck_assert_int_eq(pp_tx_back(&tx, 'Z', 'I'), 0);
	ck_assert(pp_tx_is_idle(&tx));
}
END_TEST

START_TEST(test_tx_may_discard_what_no_sync_parts_from_something_unanswered)
{
	struct pp_tx tx;
	pp_tx_init(&tx);
	ck_assert(!pp_tx_may_discard(&tx));
	ck_assert_int_eq(pp_tx_front(&tx, 'B'), 0);
	ck_assert(pp_tx_is_at_extended(&tx));
	ck_assert_int_eq(pp_tx_front(&tx, 'Q'), 0);
	ck_assert_int_eq(pp_tx_front(&tx, 'Q'), 0);
	ck_assert(pp_tx_may_discard(&tx));
	ck_assert_int_eq(pp_tx_front(&tx, 'S'), 0);
	ck_assert_int_eq(pp_tx_front(&tx, 'Q'), 0);
	ck_assert(!pp_tx_may_discard(&tx));
	ck_assert_int_eq(pp_tx_front(&tx, 'P'), 0);
	ck_assert_int_eq(pp_tx_front(&tx, 'Q'), 0);
	ck_assert(pp_tx_may_discard(&tx));
	ck_assert_int_eq(pp_tx_back(&tx, '2', 0), 0);
	ck_assert(!pp_tx_is_at_extended(&tx)); /* at the Query, whose batch it was */
}
END_TEST

START_TEST(test_tx_will_be_ready_unless_it_waits_for_more_of_a_copy)
{
	struct pp_tx tx;
	pp_tx_init(&tx);
	ck_assert_int_eq(pp_tx_front(&tx, 'P'), 0);
	ck_assert_msg(!pp_tx_will_be_ready(&tx), "the Sync is still to come");
	ck_assert_int_eq(pp_tx_front(&tx, 'S'), 0);
	ck_assert_int_eq(pp_tx_front(&tx, 'B'), 0);
	ck_assert_msg(pp_tx_will_be_ready(&tx), "whatever is open behind it");
	ck_assert_int_eq(pp_tx_back(&tx, '1', 0), 0);
	ck_assert_int_eq(pp_tx_back(&tx, 'Z', 'I'), 0);
	ck_assert(!pp_tx_will_be_ready(&tx));
	pp_tx_init(&tx);
	ck_assert_int_eq(pp_tx_front(&tx, 'Q'), 0);
	ck_assert(pp_tx_will_be_ready(&tx));
	ck_assert_int_eq(pp_tx_back(&tx, 'G', 0), 0);
	ck_assert(!pp_tx_will_be_ready(&tx));
	ck_assert_int_eq(pp_tx_front(&tx, 'c'), 0);
	ck_assert(pp_tx_will_be_ready(&tx));
	tx.uncertain = true;
	ck_assert(!pp_tx_will_be_ready(&tx));
}
END_TEST

/* Its answers, too, wait for a Flush or Sync, and no ReadyForQuery comes before that. */
START_TEST(test_tx_has_a_copy_until_it_is_answered)
{
	struct pp_tx tx;
	pp_tx_init(&tx);
	for (const char *type = "PBEd"; *type; type++)
		ck_assert_int_eq(pp_tx_front(&tx, (uint8_t)*type), 0);
	ck_assert(!pp_tx_has_copy(&tx) && pp_tx_needs_flush(&tx));
	ck_assert_int_eq(pp_tx_front(&tx, 'c'), 0);
	ck_assert(pp_tx_has_copy(&tx) && pp_tx_needs_flush(&tx));
	ck_assert_int_eq(pp_tx_front(&tx, 'D'), 0);
	ck_assert(pp_tx_has_copy(&tx) && pp_tx_needs_flush(&tx));
	ck_assert_int_eq(pp_tx_front(&tx, 'S'), 0);
	ck_assert(pp_tx_has_copy(&tx) && !pp_tx_needs_flush(&tx));
	for (const char *type = "12GCT"; *type; type++)
		ck_assert_int_eq(pp_tx_back(&tx, (uint8_t)*type, 0), 0);
	ck_assert(!pp_tx_has_copy(&tx));
	ck_assert_int_eq(pp_tx_back(&tx, 'Z', 'I'), 0);
	ck_assert(pp_tx_is_idle(&tx));
}
END_TEST

START_TEST(test_tx_has_failed_when_nothing_is_under_way_that_could_end_it)
{
	struct pp_tx tx;
	pp_tx_init(&tx);
	ck_assert_int_eq(pp_tx_front(&tx, 'Q'), 0);
	ck_assert_int_eq(pp_tx_back(&tx, 'E', 0), 0);
	ck_assert(!pp_tx_has_failed(&tx)); /* or was it outside of a block? */
	ck_assert_int_eq(pp_tx_back(&tx, 'Z', 'E'), 0);
	ck_assert(pp_tx_has_failed(&tx));
	ck_assert_int_eq(pp_tx_front(&tx, 'Q'), 0);
	ck_assert(!pp_tx_has_failed(&tx)); /* perhaps ROLLBACK */
	ck_assert_int_eq(pp_tx_back(&tx, 'Z', 'I'), 0);
	ck_assert(!pp_tx_has_failed(&tx));
}
END_TEST

START_TEST(test_tx_knows_that_several_of_the_brokers_own_are_all_it_owes)
{
	struct pp_tx tx;
	pp_tx_init(&tx);
	ck_assert_int_eq(pp_tx_front(&tx, 'Q'), 0);
	ck_assert_int_eq(pp_tx_back(&tx, 'Z', 'T'), 0);
	ck_assert(!pp_tx_owes_only_own(&tx));
	pp_tx_front_own(&tx); /* in a transaction */
	pp_tx_front_own(&tx);
	ck_assert(pp_tx_owes_only_own(&tx));
	ck_assert_int_eq(pp_tx_back(&tx, 'C', 0), 0);
	ck_assert_int_eq(pp_tx_back(&tx, 'Z', 'T'), 0);
	ck_assert(pp_tx_answers_own(&tx) && pp_tx_owes_only_own(&tx));
	ck_assert_int_eq(pp_tx_front(&tx, 'Q'), 0);
	ck_assert(!pp_tx_owes_only_own(&tx));
	ck_assert_int_eq(pp_tx_back(&tx, 'E', 0), 0);
	ck_assert_int_eq(pp_tx_back(&tx, 'Z', 'E'), 0);
	ck_assert(!pp_tx_answers_own(&tx));
}
END_TEST

SCRIPTS(test_tx_simple_query_owes_one_ready, "idle quiet F:Q held busy B:TDDC held B:ZI idle quiet",
	"F:Q B:CTDCIC held B:ZI idle", "F:Q B:E held B:ZI idle",
	"F:Q B:CZT held quiet F:Q B:EZE held F:Q B:CZI idle",
	"F:QQQ B:CZI held B:TCZI held B:EZI idle", "F:F B:VZI idle", "F:F B:EZI idle",
	"F:Q B:HddcC held B:ZI idle", "F:Q B:SNATDCANSZI idle B:NSA idle")

SCRIPTS(test_tx_extended_batch_waits_for_sync, "F:PBDES B:12TDDC held B:ZI idle",
	"F:PDS B:1tTZI idle", "F:PDS B:1tn held busy B:ZI idle",
	"F:PBDEH B:12nC held quiet F:S held busy B:ZI idle", "F:H idle F:HS B:ZI idle",
	"F:BES B:2DDs held B:ZT held F:ES B:DDCZI idle", "F:PBES B:12IZI idle", "F:CS B:3ZI idle",
	"F:PBESPBES B:12CZI held B:12CZI idle", "F:S B:ZI idle", "F:SSS B:ZIZIZI idle",
	"F:PBEQ B:12CTDCZI idle", "F:PBEF B:12CVZI idle", "F:PBES B:12HddcCZI idle",
	"F:PBE B:12C F:PBE B:12C held quiet F:S B:ZI idle")

SCRIPTS(test_tx_error_in_a_batch_discards_up_to_sync, "F:PBES B:E held B:ZI idle",
	"F:PBES B:12DE held B:ZI idle",
	"F:PBE B:E held quiet F:PBDECHQFdcf held quiet F:S held busy B:ZI idle",
	"F:PBEQFPBS B:1E held B:ZI idle", "F:PBQQSQ B:E held B:ZI held B:CZI idle",
	"F:PBESQ B:1E held B:ZI held B:CZI idle", "F:PBESPBES B:EZI held B:12CZI idle",
	"F:PBES B:EZE held F:Q B:CZI idle",
	/* while Sync is at work */
	"F:PBES B:12CE held B:ZI idle", "F:S B:EZI idle", "F:SQ B:EZI held B:CZI idle")

SCRIPTS(test_tx_copy_in_of_a_simple_query,
	"F:Q B:G held busy F:ddd held F:c held B:C held B:ZI idle",
	"F:QddcQ B:GCZI held B:CZI idle", "F:Qc B:GCZI idle", "F:Q B:G F:f B:EZI idle",
	"F:Qf B:GEZI idle", "F:Q B:G F:d B:E held busy B:ZI idle F:ddc idle F:Q B:CZI idle",
	"F:Qddc B:EZI idle", "F:QddcQ B:EZI held B:CZI idle", "F:Q B:G F:d B:E F:c B:ZI idle",
	/* two in one Query */
	"F:Q B:G F:dc B:CG held F:dc B:CTDCZI idle", "F:Qdcdc B:GCGCZI idle", "F:Qdcdc B:GEZI idle",
	"F:Qdc B:GCG held F:c B:CZI idle", "F:Qcc B:GCZI idle",
	/* Sync and Flush are ignored if COPY reads them */
	"F:Q B:G F:SHdSc B:C held B:ZI idle", "F:QSdc B:GCZI idle", "F:QSdc B:CZI held B:ZI idle",
	"F:QScS B:GCZI held B:ZI idle")

SCRIPTS(test_tx_copy_in_of_a_batch,
	"F:PBE B:12 F:H B:G held F:dd held F:c B:C held quiet F:S B:ZI idle",
	"F:PBEdcS B:12GC held B:ZI idle", "F:PBEfS B:12GEZI idle", "F:PBEdcPBES B:12GC12CZI idle",
	"F:PBEdcPBESQ B:12GE held B:ZI held B:CZI idle",
	/* libpq: a Sync right behind Execute, which COPY reads, and one behind CopyDone */
	"F:PBDES B:12nG held F:dd held F:c held F:S B:C held B:ZI idle",
	"F:PBDESdcS B:12nGCZI idle", "F:PBESdcSQ B:12GCZI held B:CZI idle",
	/* the COPY fails before it reads: the first Sync counts, and so does the second */
	"F:PBDESdcS B:12nE held B:ZI held B:ZI idle",
	/* and while it reads, with no Sync sent before its end */
	"F:PBEH B:12G F:d B:E held quiet F:ddcQ held F:S B:ZI idle",
	"F:PBEdc B:12GE held quiet F:S held busy B:ZI idle", "F:PBEdcQS B:12GE held B:ZI idle")

SCRIPTS(test_tx_copy_that_fails_with_a_sync_before_its_end,
	/* which it has read: one ReadyForQuery, and the next answer says that there is no other */
	"F:PBDES B:12nG F:d B:E held quiet F:cS held busy B:ZI held quiet F:PBES B:1 held B:2CZI "
	"idle",
	"F:PBDESdcS B:12nGEZI held F:Q B:T held B:CZI idle",
	"F:PBDESdcSQ B:12nGEZI held B:CZI idle", "F:PBESdcSPBES B:12GEZI held B:1E held B:ZI idle",
	"F:QSd B:GEZI held F:F B:VZI idle", "F:PBESfS B:12GEZI held F:Q B:EZI idle",
	/* which it has not read: two of them, at any time */
	"F:PBDES B:12nG F:d B:E held B:ZI idle F:cS held B:ZI idle",
	"F:PBDESdcS B:12nGE held B:ZI held B:ZI idle",
	"F:PBDESdcS B:12nGEZI F:PBES B:ZI held busy B:12CZI idle",
	"F:PBDESdcS B:12nGEZI F:Q B:ZI held busy B:TDCZI idle",
	"F:PBDESdcSF B:12nGEZIZI held B:VZI idle",
	"F:PBES B:12G F:dSHSdcS B:EZIZI held B:ZI held B:ZI idle",
	"F:Q B:G F:dSd B:E held B:ZI held B:ZI idle",
	/* more than Sync behind it: is that executed or discarded? */
	"F:PBDES B:12nG F:d B:E held F:ddHcP lost B:ZI lost F:S B:ZI lost",
	"F:PBDESdcPS B:12nGE lost", "F:PBDESdcQ B:12nGE lost")

SCRIPTS(test_tx_says_uncertain_where_the_order_cannot_be_known,
	/* what COPY must not read */
	"F:Q B:G F:Q lost", "F:Q B:G F:P lost", "F:QQ B:G lost", "F:PBEPBES B:12G lost",
	"F:PBEQ B:12G lost", "F:PBESPBES B:12G lost", "F:PBEdP lost", "F:PBEdQ lost",
	/* COPY messages in a batch that is none */
	"F:PBEdccS B:12GC lost", "F:PBEdc B:12GC F:c lost", "F:PBEd B:12 held B:C lost",
	"F:PBEc B:12C lost", "F:PBEH B:12C F:d lost", "F:PBEdS B:12C lost",
	/* a Flush that may have failed */
	"F:PH B:1 F:Q B:E lost", "F:PHQ B:1E lost", "F:PHQ B:1TDCZI idle", "F:PHS B:1EZI idle",
	"F:PBEdcHQ B:12GCE lost", "F:PBEdcHS B:12GCEZI idle",
	"F:PBEdcH B:12GCE held quiet F:QS B:ZI idle", "F:PBEH B:12G F:dcHQ B:CE lost",
	"F:QdcHQ B:GCZIEZI idle", "F:PH B:1E held F:QS B:ZI idle", "F:Q B:W lost",
	"F:PBE B:12W lost", "F:Q B:GC lost",
	/* the server leaves */
	"B:E lost", "F:PBE B:12CE lost", "F:PBE B:EE lost", "F:Q B:CZTE lost")

SCRIPTS(test_tx_refuses_replies_nobody_asked_for,
	"B!C B!1 B!T B!D B!G B!H B!W B!K B!R B!v B!V B!I B!s B!t B!n", "B!ZI idle",
	"F:Q B!ZX B!1 B!2 B!3 B!n B!s B!t B!V B:CZI idle", "F:S B!C B!1 B!G B:ZI idle",
	"F:F B!C B!T B:VZI idle", "F:PS B!ZI B:1ZI idle", "F:P B:1 B!1 B!ZI F:S B:ZI idle",
	"F:P B:E B!ZI B!1 F:S B!1 B:ZI idle", "F:Q B:G B!ZI B!T B!G B!D F:c B:CZI idle",
	"F!p F!X F!z F!\x80 idle", "F:Q B!z B!\xd4 B:CZI idle")

START_TEST(test_tx_full_queue_holds_the_client_back_until_replies_come)
{
	struct pp_tx tx;
	pp_tx_init(&tx);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < PP_TX_SECTIONS_MAX; i++)
			ck_assert_int_eq(pp_tx_front(&tx, 'Q'), 0);
		ck_assert_int_eq(pp_tx_front(&tx, 'Q'), PP_ERR_FULL);
		ck_assert_int_eq(pp_tx_front(&tx, 'P'), PP_ERR_FULL);
		ck_assert_int_eq(pp_tx_front(&tx, 'c'), PP_ERR_FULL);
		ck_assert_int_eq(pp_tx_front(&tx, 'd'), 0);
		ck_assert_int_eq(pp_tx_back(&tx, 'Z', 'I'), 0);
		ck_assert_int_eq(pp_tx_front(&tx, 'P'), 0); /* Sync needs no place of its own */
		ck_assert_int_eq(pp_tx_front(&tx, 'S'), 0);
		for (int i = 0; i < PP_TX_SECTIONS_MAX - 1; i++)
			ck_assert_int_eq(pp_tx_back(&tx, 'Z', 'I'), 0);
		ck_assert(!pp_tx_is_idle(&tx));
		ck_assert_int_eq(pp_tx_back(&tx, '1', 0), 0);
		ck_assert_int_eq(pp_tx_back(&tx, 'Z', 'I'), 0);
		ck_assert(pp_tx_is_idle(&tx));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wire/tx");
	TCase *c = tcase_create("queries");
	tcase_add_test(c, test_tx_simple_query_owes_one_ready);
	tcase_add_test(c, test_tx_extended_batch_waits_for_sync);
	tcase_add_test(c, test_tx_error_in_a_batch_discards_up_to_sync);
	suite_add_tcase(s, c);
	c = tcase_create("counts");
	tcase_add_test(c, test_tx_counts_what_was_asked_and_is_over);
	tcase_add_test(c, test_tx_knows_the_answer_to_the_brokers_own_query);
	tcase_add_test(c, test_tx_knows_that_several_of_the_brokers_own_are_all_it_owes);
	tcase_add_test(c, test_tx_will_be_ready_unless_it_waits_for_more_of_a_copy);
	tcase_add_test(c, test_tx_has_a_copy_until_it_is_answered);
	tcase_add_test(c, test_tx_may_discard_what_no_sync_parts_from_something_unanswered);
	tcase_add_test(c, test_tx_has_failed_when_nothing_is_under_way_that_could_end_it);
	suite_add_tcase(s, c);
	c = tcase_create("copy");
	tcase_add_test(c, test_tx_copy_in_of_a_simple_query);
	tcase_add_test(c, test_tx_copy_in_of_a_batch);
	tcase_add_test(c, test_tx_copy_that_fails_with_a_sync_before_its_end);
	suite_add_tcase(s, c);
	c = tcase_create("doubt");
	tcase_add_test(c, test_tx_says_uncertain_where_the_order_cannot_be_known);
	tcase_add_test(c, test_tx_refuses_replies_nobody_asked_for);
	tcase_add_test(c, test_tx_full_queue_holds_the_client_back_until_replies_come);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
