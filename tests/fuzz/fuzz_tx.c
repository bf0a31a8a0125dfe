/* First byte even: the bytes choose what a client sends and a model server does, and idle must never
 * be a lie. Odd: the bytes are letters from a client and a server that may be mad; the tracker
 * may complain but must stay sane. */
#include "wire/tx.h"

#include "../support/pp_fuzz.h"
#include "../support/pp_model_server.h"

struct bytes {
	const uint8_t *at, *end;
};

static unsigned choose(void *source, unsigned below)
{
	struct bytes *b = source;
	return b->at < b->end ? *b->at++ % below : 0;
}

static void check_sane(const struct pp_tx *tx)
{
	bool idle = pp_tx_is_idle(tx);
	pp_fuzz_check(tx->count <= PP_TX_SECTIONS_MAX && tx->head < PP_TX_SECTIONS_MAX);
	pp_fuzz_check(!idle || (tx->count == 0 && tx->status == PP_TX_IDLE));
	pp_fuzz_check(!idle || !pp_tx_is_busy(tx));
	pp_fuzz_check(!tx->uncertain || (!idle && pp_tx_is_busy(tx)));
	if (tx->uncertain)
		return;
	pp_fuzz_check(!tx->copy_in || (tx->count > 0 && pp_tx_is_busy(tx)));
	pp_fuzz_check(tx->copy_in || (!tx->copy_ended && !tx->copy_syncs));
	pp_fuzz_check(!tx->skip_to_sync || (tx->count == 0 && !pp_tx_is_busy(tx)));
}

static void client_sends(struct pp_tx *tx, struct pp_model *server, uint8_t letter)
{
	if (server->in_count == PP_MODEL_IN_MAX)
		return;
	pp_fuzz_check(pp_tx_front(tx, letter) == 0);
	server->in[server->in_count++] = letter;
}

static void deliver(struct pp_tx *tx, struct pp_model *server)
{
	if (server->out_count == 0)
		return;
	uint16_t reply = pp_model_take_reply(server);
	pp_fuzz_check(pp_tx_back(tx, (uint8_t)reply, (uint8_t)(reply >> 8)) == 0);
}

static void play_with_model(struct pp_tx *tx, struct bytes *b)
{
	struct pp_model server = {.choose = choose, .source = b, .status = 'I'};
	while (b->at < b->end && !server.dead && !tx->uncertain) {
		unsigned act = choose(b, 32);
		if (act < 12)
			client_sends(tx, &server, (uint8_t) "QFPBDECHSdcf"[act]);
		else if (act < 22)
			pp_model_step(&server);
		else
			deliver(tx, &server);
		check_sane(tx);
		pp_fuzz_check(!pp_tx_is_idle(tx) || server.dead || pp_model_is_clean(&server));
	}
	while (server.in_count && !server.dead) {
		pp_model_step(&server);
		while (server.out_count)
			deliver(tx, &server);
	}
	while (server.out_count)
		deliver(tx, &server);
	check_sane(tx);
	if (!server.dead && !tx->uncertain)
		pp_fuzz_check(pp_tx_is_idle(tx) == (pp_model_is_clean(&server) && !tx->spare));
}

static void play_madness(struct pp_tx *tx, struct bytes *b)
{
	while (b->at < b->end) {
		uint8_t letter = *b->at++;
		bool was_uncertain = tx->uncertain;
		int r;
		if (letter & 0x80)
			r = pp_tx_back(tx, letter & 0x7f, (uint8_t) "ITEx"[choose(b, 4)]);
		else
			r = pp_tx_front(tx, letter);
		check_sane(tx);
		pp_fuzz_check(r == 0 || r == PP_ERR_INVALID || r == PP_ERR_FULL);
		pp_fuzz_check(!was_uncertain || tx->uncertain);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = {data, data + size};
	struct pp_tx tx;
	pp_tx_init(&tx);
	if (choose(&b, 2) == 0)
		play_with_model(&tx, &b);
	else
		play_madness(&tx, &b);
	return 0;
}
