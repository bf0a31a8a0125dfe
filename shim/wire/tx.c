#include "wire/tx.h"

#include "wire/tx_queue.h"

void pp_tx_init(struct pp_tx *tx)
{
	/* Not the ring: what is outside head and count is never read. */
	tx->head = tx->count = tx->asked = tx->answered = 0;
	tx->status = PP_TX_IDLE;
	tx->skip_to_sync = tx->uncertain = false;
	tx->copy_in = tx->copy_ended = false;
	tx->copy_syncs = tx->spare = 0;
}

bool pp_tx_is_idle(const struct pp_tx *tx)
{
	return tx->count == 0 && !tx->skip_to_sync && !tx->copy_in && !tx->uncertain &&
	       tx->spare == 0 && tx->status == PP_TX_IDLE;
}

bool pp_tx_is_busy(const struct pp_tx *tx)
{
	return tx->uncertain || pp_tx_phase(tx) != PP_TX_AT_NOTHING;
}

bool pp_tx_is_at_extended(const struct pp_tx *tx)
{
	return pp_tx_phase(tx) == PP_TX_AT_EXTENDED;
}

bool pp_tx_has_failed(const struct pp_tx *tx)
{
	return tx->status == PP_TX_FAILED && !pp_tx_is_busy(tx);
}

bool pp_tx_awaits_front(const struct pp_tx *tx)
{
	if (tx->copy_in && !tx->copy_ended)
		return true;
	return tx->uncertain || tx->skip_to_sync || pp_tx_is_in_batch(tx);
}

static bool ends_so(const struct pp_tx *tx, enum pp_tx_end end)
{
	const struct pp_tx_section *last =
		&tx->ring[(tx->head + tx->count - 1) & (PP_TX_SECTIONS_MAX - 1)];
	return tx->count && last->end == end;
}

bool pp_tx_is_in_batch(const struct pp_tx *tx)
{
	return ends_so(tx, PP_TX_END_OPEN);
}

bool pp_tx_needs_flush(const struct pp_tx *tx)
{
	return ends_so(tx, PP_TX_END_OPEN) || ends_so(tx, PP_TX_END_COPY);
}

bool pp_tx_has_copy(const struct pp_tx *tx)
{
	for (uint32_t i = 0; i < tx->count; i++)
		if (tx->ring[(tx->head + i) & (PP_TX_SECTIONS_MAX - 1)].end == PP_TX_END_COPY)
			return true;
	return false;
}

bool pp_tx_may_discard(const struct pp_tx *tx)
{
	for (uint32_t i = tx->count; i > 0; i--) {
		const struct pp_tx_section *section =
			&tx->ring[(tx->head + i - 1) & (PP_TX_SECTIONS_MAX - 1)];
		if (section->end == PP_TX_END_SYNC && i != tx->count)
			return false;
		if (section->extended)
			return true;
	}
	return false;
}

bool pp_tx_owes_ready(const struct pp_tx *tx)
{
	return tx->count > (pp_tx_is_in_batch(tx) ? 1 : 0);
}

bool pp_tx_will_be_ready(const struct pp_tx *tx)
{
	bool reads = tx->copy_in && !tx->copy_ended;
	return pp_tx_owes_ready(tx) && !reads && !tx->uncertain;
}

bool pp_tx_is_spare(const struct pp_tx *tx, uint8_t type)
{
	if (type != PP_BACK_READY || tx->spare == 0)
		return false;
	switch (pp_tx_phase(tx)) {
	case PP_TX_AT_SYNC: return false;
	case PP_TX_AT_QUERY:
	case PP_TX_AT_FUNCTION: return !tx->ring[tx->head].begun;
	default: return true;
	}
}

bool pp_tx_answers_own(const struct pp_tx *tx)
{
	return tx->count && tx->ring[tx->head].own;
}

bool pp_tx_owes_only_own(const struct pp_tx *tx)
{
	for (uint32_t i = 0; i < tx->count; i++)
		if (!tx->ring[(tx->head + i) & (PP_TX_SECTIONS_MAX - 1)].own)
			return false;
	return tx->count > 0;
}

bool pp_tx_is_behind(const struct pp_tx *tx, uint32_t number)
{
	const struct pp_tx_section *last =
		&tx->ring[(tx->head + tx->count - 1) & (PP_TX_SECTIONS_MAX - 1)];
	uint32_t open = pp_tx_is_in_batch(tx) ? last->extended : 0;
	return (int32_t)(number - (tx->asked - open)) < 0;
}
