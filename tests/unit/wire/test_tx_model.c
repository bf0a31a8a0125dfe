/* The tracker against a model server: random clients, random outcomes, random delays in both
 * directions. What must hold after every step: idle is never said unless it is true; and when
 * nothing is under way any more, it is said. */
#include "wire/tx.h"

#include <string.h>

#include "pp_model_server.h"
#include "pp_test.h"

#define RUNS  1500
#define STEPS 160

struct world {
	struct pp_tx tx;
	struct pp_model server;
	uint64_t random;
	int copy_waits; /* tame client: 1 awaits CopyInResponse of a Query, 2 of an Execute */
	unsigned seed;
};

static unsigned counts_idle, counts_quiet, counts_uncertain, counts_copy;

static unsigned choose(void *source, unsigned below)
{
	uint64_t *x = source; /* xorshift64* */
	*x ^= *x >> 12;
	*x ^= *x << 25;
	*x ^= *x >> 27;
	return (unsigned)((*x * UINT64_C(2685821657736338717) >> 33) % below);
}

static unsigned roll(struct world *w, unsigned below)
{
	return choose(&w->random, below);
}

static void begin(struct world *w, unsigned seed)
{
	memset(w, 0, sizeof *w);
	w->seed = seed;
	w->random = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
	w->server.choose = choose;
	w->server.source = &w->random;
	w->server.status = 'I';
	pp_tx_init(&w->tx);
}

static void check(struct world *w)
{
	if (!pp_tx_is_idle(&w->tx) || w->server.dead)
		return;
	counts_idle++;
	if (!pp_model_is_clean(&w->server))
		ck_abort_msg("seed %u: idle while the server is not", w->seed);
}

static void send(struct world *w, const char *letters, uint16_t flags)
{
	for (; *letters && w->server.in_count < PP_MODEL_IN_MAX; letters++) {
		ck_assert_int_eq(pp_tx_front(&w->tx, (uint8_t)*letters), 0);
		w->server.in[w->server.in_count++] = (uint16_t)((uint8_t)*letters | flags);
		check(w);
	}
}

static void deliver(struct world *w)
{
	if (w->server.out_count == 0)
		return;
	uint16_t reply = pp_model_take_reply(&w->server);
	if (pp_tx_back(&w->tx, (uint8_t)reply, (uint8_t)(reply >> 8)) != 0)
		ck_abort_msg("seed %u: refused %c", w->seed, (char)reply);
	check(w);
	if (reply == 'G')
		counts_copy++;
	if (w->copy_waits && reply == 'G')
		send(w, w->copy_waits == 1 ? "dddc" : "ddc", 0);
	if (w->copy_waits == 2 && (reply == 'G' || reply == 'E'))
		send(w, "S", 0);
	if (reply == 'G' || reply == 'E')
		w->copy_waits = 0;
}

static void settle(struct world *w)
{
	for (int i = 0; i < 1000; i++) {
		if (!w->server.dead && w->server.in_count)
			pp_model_step(&w->server);
		deliver(w);
	}
	if (w->server.dead || w->tx.uncertain)
		return;
	counts_quiet++;
	ck_assert_uint_eq(w->server.in_count + w->server.out_count, 0);
	if (pp_tx_is_idle(&w->tx) != (pp_model_is_clean(&w->server) && !w->tx.spare))
		ck_abort_msg("seed %u: quiet, the tracker says %d", w->seed, pp_tx_is_idle(&w->tx));
	if (pp_tx_is_busy(&w->tx) != w->server.copying)
		ck_abort_msg("seed %u: quiet, yet busy is wrong", w->seed);
}

/* Does what drivers do: every batch is synced, COPY data goes to a COPY. */
static void act_tame(struct world *w)
{
	static const struct {
		const char *letters;
		uint16_t flags;
		int waits;
	} habits[] = {
		{"Q", PP_MODEL_PLAIN, 0},	 {"QQQ", PP_MODEL_PLAIN, 0},
		{"PBDES", PP_MODEL_PLAIN, 0},	 {"PDHBES", PP_MODEL_PLAIN, 0},
		{"PBEBEBES", PP_MODEL_PLAIN, 0}, {"PBESPBES", PP_MODEL_PLAIN, 0},
		{"CS", PP_MODEL_PLAIN, 0},	 {"F", PP_MODEL_PLAIN, 0},
		{"PBEQ", PP_MODEL_PLAIN, 0},	 {"PBE", PP_MODEL_PLAIN, 0},
		{"Q", PP_MODEL_COPY, 1},	 {"PBEH", PP_MODEL_COPY, 2},
		{"Qddc", PP_MODEL_COPY, 0},	 {"PBEdcS", PP_MODEL_COPY, 0},
		{"Qdf", PP_MODEL_COPY, 0},	 {"PBEfPBES", PP_MODEL_COPY, 0},
		{"PBES", PP_MODEL_COPY, 2},
	};
	if (w->copy_waits || w->server.in_count > PP_MODEL_IN_MAX - 16)
		return;
	unsigned pick = roll(w, sizeof habits / sizeof *habits);
	/* Who waits for CopyInResponse has read everything before it. */
	if (habits[pick].waits && (pp_tx_is_busy(&w->tx) || w->server.out_count))
		return;
	/* Data sent ahead belongs to a COPY for sure only outside an open batch. */
	if (habits[pick].flags == PP_MODEL_COPY && !habits[pick].waits)
		send(w, "S", 0);
	/* "PBEfPBES": only the first Execute is the COPY */
	for (const char *l = habits[pick].letters; *l; l++) {
		bool late = l - habits[pick].letters > 3;
		send(w, (char[]){*l, 0}, late ? PP_MODEL_PLAIN : habits[pick].flags);
	}
	w->copy_waits = habits[pick].waits;
}

/* Sends what it likes, with a little bias so that batches and COPYs do happen. */
static void act_wild(struct world *w)
{
	static const char *const pieces[] = {"Q", "PBE", "PBES", "S", "H", "d", "c",
					     "f", "dd",	 "dc",	 "F", "P", "B", "E",
					     "D", "C",	 "S",	 "Q", "S", "cS"};
	if (w->server.in_count < PP_MODEL_IN_MAX - 4)
		send(w, pieces[roll(w, sizeof pieces / sizeof *pieces)], 0);
}

static void run(struct world *w, unsigned seed, void (*act)(struct world *), bool may_lose)
{
	begin(w, seed);
	unsigned haste = 2 + roll(w, 5); /* how often the client acts before the server does */
	for (int i = 0; i < STEPS && !w->server.dead && !w->tx.uncertain; i++) {
		switch (roll(w, 2 + haste)) {
		case 0: act(w); break;
		case 1:
			if (roll(w, 8) == 0)
				settle(w);
			break;
		default: roll(w, 2) ? pp_model_step(&w->server) : deliver(w); check(w);
		}
	}
	settle(w);
	counts_uncertain += w->tx.uncertain;
	if (!may_lose && w->tx.uncertain && !w->server.dead)
		ck_abort_msg("seed %u: lost track of a tame client", seed);
}

START_TEST(test_tx_model_tame_clients_are_never_lost)
{
	static struct world w;
	for (unsigned seed = 0; seed < RUNS; seed++)
		run(&w, seed, act_tame, false);
	ck_assert_uint_gt(counts_idle, RUNS);
	ck_assert_uint_gt(counts_quiet, RUNS);
	ck_assert_uint_gt(counts_copy, RUNS);
}
END_TEST

START_TEST(test_tx_model_wild_clients_never_get_a_false_idle)
{
	static struct world w;
	for (unsigned seed = 0; seed < 4 * RUNS; seed++)
		run(&w, seed, act_wild, true);
	ck_assert_uint_gt(counts_idle, RUNS);
	ck_assert_uint_gt(counts_quiet, RUNS);
	ck_assert_uint_gt(counts_copy, RUNS);
	ck_assert_uint_gt(counts_uncertain, RUNS);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wire/tx_model");
	TCase *c = tcase_create("random");
	tcase_set_timeout(c, 60);
	tcase_add_test(c, test_tx_model_tame_clients_are_never_lost);
	tcase_add_test(c, test_tx_model_wild_clients_never_get_a_false_idle);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
