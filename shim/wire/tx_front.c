/* The client's messages (tx.h): what they make the server owe. */
#include "wire/tx_queue.h"

static int front_extended(struct pp_tx *tx)
{
	struct pp_tx_section *open = pp_tx_open(tx);
	if (open && open->copy) { /* COPY would read it */
		tx->uncertain = true;
		return 0;
	}
	if (!open && pp_tx_push(tx, 0, PP_TX_END_OPEN) < 0)
		return PP_ERR_FULL;
	open = pp_tx_last(tx);
	if (open->extended == UINT32_MAX)
		return PP_ERR_FULL;
	open->extended++;
	tx->asked++;
	return 0;
}

static int front_end(struct pp_tx *tx, enum pp_tx_end end)
{
	struct pp_tx_section *open = pp_tx_open(tx);
	if (!open)
		return pp_tx_push(tx, 0, end);
	if (open->copy && end != PP_TX_END_SYNC) /* COPY would read it */
		tx->uncertain = true;
	open->end = (uint8_t)end;
	return 0;
}

/* COPY messages while no CopyInResponse is known: sent ahead of it, or late after an error: "any
 * subsequent CopyData, CopyDone, or CopyFail messages issued by the frontend will simply be
 * dropped" (55.2.6). */
static int front_copy(struct pp_tx *tx, uint8_t type)
{
	struct pp_tx_section *last = pp_tx_last(tx);
	bool data = type == PP_FRONT_COPY_DATA;
	if (!last)
		return 0;
	if (last->end == PP_TX_END_OPEN) {
		last->copy = true;
		if (!data)
			last->end = PP_TX_END_COPY;
		pp_tx_settle(tx);
		return 0;
	}
	if (last->end == PP_TX_END_COPY && last->extended) { /* stray, see pp_tx_settle() */
		tx->uncertain = true;
		return 0;
	}
	int r = data ? 0 : pp_tx_push(tx, 0, PP_TX_END_COPY);
	if (r == 0)
		last->more = true;
	return r;
}

/* Flush has no reply, but in an open batch it can fail like any extended message (see pp_tx_settle()). */
static void front_flush(struct pp_tx *tx)
{
	struct pp_tx_section *last = pp_tx_last(tx);
	if (last && last->end == PP_TX_END_OPEN)
		last->flush = true;
	else if (last && last->end == PP_TX_END_COPY)
		last->more = true;
}

/* COPY reads what the client sends. */
static int front_copying(struct pp_tx *tx, uint8_t type)
{
	switch (type) {
	case PP_FRONT_COPY_DATA:
	case PP_FRONT_FLUSH: break;
	/* "The backend will ignore Flush and Sync messages received during copy-in mode" */
	case PP_FRONT_SYNC: tx->copy_syncs++; break;
	case PP_FRONT_COPY_DONE:
	case PP_FRONT_COPY_FAIL:
		tx->copy_ended = true;
		if (pp_tx_section(tx, 0)->extended)
			pp_tx_section(tx, 0)->end = PP_TX_END_COPY;
		break;
	default: tx->uncertain = true; break;
	}
	return 0;
}

static int front_session(struct pp_tx *tx, uint8_t type)
{
	switch (type) {
	case PP_FRONT_SYNC: return front_end(tx, PP_TX_END_SYNC);
	case PP_FRONT_QUERY: return front_end(tx, PP_TX_END_QUERY);
	case PP_FRONT_FUNCTION_CALL: return front_end(tx, PP_TX_END_FUNCTION);
	case PP_FRONT_COPY_DATA:
	case PP_FRONT_COPY_DONE:
	case PP_FRONT_COPY_FAIL: return front_copy(tx, type);
	case PP_FRONT_FLUSH: front_flush(tx); return 0;
	default: return front_extended(tx);
	}
}

/* Behind a failed COPY nothing comes of it, whether the server skips up to a Sync or not. */
static bool is_dropped(uint8_t type)
{
	return type == PP_FRONT_COPY_DATA || type == PP_FRONT_COPY_DONE ||
	       type == PP_FRONT_COPY_FAIL || type == PP_FRONT_FLUSH;
}

int pp_tx_front(struct pp_tx *tx, uint8_t type)
{
	static const bool allowed[PP_TX_LETTERS] = {
		[PP_FRONT_BIND] = true,	     [PP_FRONT_CLOSE] = true,
		[PP_FRONT_COPY_DATA] = true, [PP_FRONT_COPY_DONE] = true,
		[PP_FRONT_COPY_FAIL] = true, [PP_FRONT_DESCRIBE] = true,
		[PP_FRONT_EXECUTE] = true,   [PP_FRONT_FLUSH] = true,
		[PP_FRONT_PARSE] = true,     [PP_FRONT_FUNCTION_CALL] = true,
		[PP_FRONT_QUERY] = true,     [PP_FRONT_SYNC] = true,
	};
	if (type >= PP_TX_LETTERS || !allowed[type])
		return PP_ERR_INVALID;
	if (tx->uncertain)
		return 0;
	if (tx->skip_to_sync) {
		if (type != PP_FRONT_SYNC) {
			tx->uncertain = tx->spare && !is_dropped(type);
			return 0;
		}
		tx->skip_to_sync = false;
	}
	if (tx->copy_in && !tx->copy_ended)
		return front_copying(tx, type);
	return front_session(tx, type);
}

void pp_tx_front_own(struct pp_tx *tx)
{
	bool free = tx->count == 0 && !tx->skip_to_sync && !tx->copy_in && !tx->uncertain;
	pp_assert(free || pp_tx_owes_only_own(tx));
	int r = pp_tx_push(tx, 0, PP_TX_END_QUERY);
	pp_assert(r == 0); /* it was empty, or nearly */
	pp_tx_last(tx)->own = true;
}

void pp_tx_front_own_batch(struct pp_tx *tx, uint32_t extended)
{
	pp_assert(tx->count == 0 && !tx->skip_to_sync && !tx->copy_in && !tx->uncertain);
	int r = pp_tx_push(tx, extended, PP_TX_END_SYNC);
	pp_assert(r == 0); /* it was empty */
	pp_tx_last(tx)->own = true;
	tx->asked += extended;
}
