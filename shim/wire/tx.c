#include "wire/tx.h"

#include "wire/tx_queue.h"

/* What the server is at: its first section. */
enum phase { NOTHING, EXTENDED, QUERY, FUNCTION, SYNC, COPYING, PHASE__COUNT };

/* What a server's message means in a phase. */
enum reply {
	WRONG = 0, /* may not be said now */
	PART,	   /* completes nothing */
	COMPLETE,  /* answers one extended message */
	READY,
	COPY_IN,  /* COPY FROM STDIN begins */
	COPY_END, /* ... and is done */
	COPY_BOTH,
};

#define LETTERS 128

/* ErrorResponse and the asynchronous messages are possible in every phase and not in the table.
 * 55.2.3: "Execute phase is always terminated by the appearance of exactly one of these messages:
 * CommandComplete, EmptyQueryResponse ..., ErrorResponse, or PortalSuspended"; Describe by
 * RowDescription or NoData. A simple Query has CommandComplete for each of its statements. */
static const uint8_t replies[LETTERS][PHASE__COUNT] = {
	[PP_BACK_PARSE_COMPLETE] = {[EXTENDED] = COMPLETE},
	[PP_BACK_BIND_COMPLETE] = {[EXTENDED] = COMPLETE},
	[PP_BACK_CLOSE_COMPLETE] = {[EXTENDED] = COMPLETE},
	[PP_BACK_NO_DATA] = {[EXTENDED] = COMPLETE},
	[PP_BACK_PORTAL_SUSPENDED] = {[EXTENDED] = COMPLETE},
	[PP_BACK_PARAMETER_DESCRIPTION] = {[EXTENDED] = PART},
	[PP_BACK_ROW_DESCRIPTION] = {[EXTENDED] = COMPLETE, [QUERY] = PART},
	[PP_BACK_COMMAND_COMPLETE] = {[EXTENDED] = COMPLETE, [QUERY] = PART, [COPYING] = COPY_END},
	[PP_BACK_EMPTY_QUERY] = {[EXTENDED] = COMPLETE, [QUERY] = PART},
	[PP_BACK_DATA_ROW] = {[EXTENDED] = PART, [QUERY] = PART},
	[PP_BACK_COPY_OUT] = {[EXTENDED] = PART, [QUERY] = PART},
	[PP_BACK_COPY_DATA] = {[EXTENDED] = PART, [QUERY] = PART},
	[PP_BACK_COPY_DONE] = {[EXTENDED] = PART, [QUERY] = PART},
	[PP_BACK_COPY_IN] = {[EXTENDED] = COPY_IN, [QUERY] = COPY_IN},
	[PP_BACK_COPY_BOTH] = {[EXTENDED] = COPY_BOTH, [QUERY] = COPY_BOTH},
	[PP_BACK_FUNCTION_RESULT] = {[FUNCTION] = PART},
	[PP_BACK_READY] = {[QUERY] = READY, [FUNCTION] = READY, [SYNC] = READY},
};

void pp_tx_init(struct pp_tx *tx)
{
	/* Not the ring: what is outside head and count is never read. */
	tx->head = tx->count = tx->asked = tx->answered = 0;
	tx->status = PP_TX_IDLE;
	tx->skip_to_sync = tx->uncertain = false;
	tx->copy_in = tx->copy_ended = tx->copy_sync = false;
}

/* Drops marks the server has passed, so that the first section is always what it is at. */
static void settle(struct pp_tx *tx)
{
	while (tx->count && pp_tx_section(tx, 0)->extended == 0) {
		if (pp_tx_section(tx, 0)->copy) {
			/* Stray COPY messages in a batch: a timeout of the running transaction is
			 * reported for the message read next, and for these (not "extended") the
			 * server then says ReadyForQuery although nobody asked. */
			tx->uncertain = true;
			return;
		}
		if (pp_tx_section(tx, 0)->end != PP_TX_END_COPY)
			return;
		pp_tx_pop(tx);
	}
}

static enum phase phase(const struct pp_tx *tx)
{
	static const uint8_t at_end[] = {
		[PP_TX_END_OPEN] = NOTHING,	 [PP_TX_END_COPY] = NOTHING,
		[PP_TX_END_SYNC] = SYNC,	 [PP_TX_END_QUERY] = QUERY,
		[PP_TX_END_FUNCTION] = FUNCTION,
	};
	if (tx->copy_in)
		return COPYING;
	if (tx->count == 0)
		return NOTHING;
	const struct pp_tx_section *first = &tx->ring[tx->head];
	return first->extended ? EXTENDED : (enum phase)at_end[first->end];
}

/* ---- the client's messages ---- */

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
		settle(tx);
		return 0;
	}
	if (last->end == PP_TX_END_COPY && last->extended) { /* stray, see settle() */
		tx->uncertain = true;
		return 0;
	}
	int r = data ? 0 : pp_tx_push(tx, 0, PP_TX_END_COPY);
	if (r == 0)
		last->more = true;
	return r;
}

/* Flush has no reply, but in an open batch it can fail like any extended message (see settle()). */
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
	case PP_FRONT_SYNC: tx->copy_sync = true; break;
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

int pp_tx_front(struct pp_tx *tx, uint8_t type)
{
	static const bool allowed[LETTERS] = {
		[PP_FRONT_BIND] = true,	     [PP_FRONT_CLOSE] = true,
		[PP_FRONT_COPY_DATA] = true, [PP_FRONT_COPY_DONE] = true,
		[PP_FRONT_COPY_FAIL] = true, [PP_FRONT_DESCRIBE] = true,
		[PP_FRONT_EXECUTE] = true,   [PP_FRONT_FLUSH] = true,
		[PP_FRONT_PARSE] = true,     [PP_FRONT_FUNCTION_CALL] = true,
		[PP_FRONT_QUERY] = true,     [PP_FRONT_SYNC] = true,
	};
	if (type >= LETTERS || !allowed[type])
		return PP_ERR_INVALID;
	if (tx->uncertain)
		return 0;
	if (tx->skip_to_sync) {
		if (type != PP_FRONT_SYNC)
			return 0;
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

/* ---- the server's messages ---- */

static void skip_to_sync(struct pp_tx *tx)
{
	/* "the backend issues ErrorResponse, then reads and discards messages until a Sync is
	 * reached, then issues ReadyForQuery and returns to normal message processing" (55.2.3) */
	while (tx->count && pp_tx_section(tx, 0)->end != PP_TX_END_SYNC)
		pp_tx_discard(tx);
	if (tx->count) {
		tx->answered += pp_tx_section(tx, 0)->extended;
		bool own = pp_tx_section(tx, 0)->own;
		*pp_tx_section(tx, 0) = (struct pp_tx_section){.end = PP_TX_END_SYNC, .own = own};
	} else {
		tx->skip_to_sync = true;
	}
}

static void back_error(struct pp_tx *tx)
{
	bool flush = tx->count && pp_tx_section(tx, 0)->flush;
	switch (phase(tx)) {
	case EXTENDED: skip_to_sync(tx); break;
	case COPYING:
		tx->uncertain = tx->copy_sync;
		tx->copy_in = tx->copy_ended = tx->copy_sync = false;
		/* "If the COPY command was issued via an extended-query message, the backend will
		 * now discard frontend messages until a Sync message is received" (55.2.6); of a
		 * simple Query, ReadyForQuery is still to come. */
		if (pp_tx_section(tx, 0)->extended)
			skip_to_sync(tx);
		break;
	/* "no skipping occurs if an error is detected while processing Sync - this ensures that
	 * there is one and only one ReadyForQuery sent for each Sync" (55.2.3): a failed commit. */
	case SYNC: break;
	case QUERY:
	case FUNCTION: tx->uncertain = flush; break;
	default:
		if (flush)
			skip_to_sync(tx);
		else
			tx->uncertain = true;
		break;
	}
}

/* What COPY does with an end sent before CopyInResponse was seen; false: it cannot be told. */
static bool copy_reads(struct pp_tx *tx, const struct pp_tx_section *s)
{
	tx->copy_sync |= s->end == PP_TX_END_SYNC;
	tx->copy_ended |= s->end == PP_TX_END_COPY;
	return s->end != PP_TX_END_QUERY && s->end != PP_TX_END_FUNCTION;
}

static void back_copy_in(struct pp_tx *tx)
{
	struct pp_tx_section first = *pp_tx_section(tx, 0), next;
	bool in_query = first.extended == 0;
	bool known = first.extended <= 1 && (in_query || copy_reads(tx, &first));
	pp_tx_pop(tx);
	while (known && tx->count && !tx->copy_ended) {
		next = *pp_tx_section(tx, 0);
		pp_tx_pop(tx);
		known = next.extended == 0 && copy_reads(tx, &next);
		if (next.end == PP_TX_END_COPY && next.more && !in_query)
			known = false; /* stray in the batch that goes on, see settle() */
	}
	tx->copy_in = true;
	if (!known) {
		tx->uncertain = true;
		return;
	}
	/* The statement again, in front of what follows its COPY. */
	first.more &= first.end == PP_TX_END_COPY;
	if (!in_query)
		first.end = tx->copy_ended ? PP_TX_END_COPY : PP_TX_END_OPEN;
	tx->head = (tx->head - 1) & (PP_TX_SECTIONS_MAX - 1);
	tx->count++;
	first.flush = first.copy = false;
	*pp_tx_section(tx, 0) = first;
}

static void back_copy_end(struct pp_tx *tx)
{
	if (!tx->copy_ended) /* done before CopyDone: no server we know; who reads the rest? */
		tx->uncertain = true;
	tx->copy_in = tx->copy_ended = tx->copy_sync = false;
	if (pp_tx_section(tx, 0)->extended == 0)
		return;
	/* CopyDone ended the section but not the batch: its transaction is open until Sync. */
	bool flush = pp_tx_section(tx, 0)->more;
	pp_tx_discard(tx); /* the Execute is answered by its CommandComplete */
	if (tx->count == 0)
		(void)!pp_tx_push(tx, 0, PP_TX_END_OPEN); /* one was popped: there is room */
	pp_tx_section(tx, 0)->flush |= flush;
}

static int back_reply(struct pp_tx *tx, uint8_t type)
{
	switch ((enum reply)replies[type][phase(tx)]) {
	case PART: return 0;
	case COMPLETE:
		pp_tx_section(tx, 0)->extended--;
		tx->answered++;
		break;
	case READY: pp_tx_pop(tx); break;
	case COPY_IN: back_copy_in(tx); return 0;
	case COPY_END: back_copy_end(tx); return 0;
	case COPY_BOTH: tx->uncertain = true; return 0;
	default: return PP_ERR_INVALID;
	}
	settle(tx);
	return 0;
}

int pp_tx_back(struct pp_tx *tx, uint8_t type, uint8_t status)
{
	if (type >= LETTERS)
		return PP_ERR_INVALID;
	if (type == PP_BACK_NOTICE || type == PP_BACK_PARAMETER_STATUS ||
	    type == PP_BACK_NOTIFICATION)
		return 0;
	if (type == PP_BACK_READY && status != PP_TX_IDLE && status != PP_TX_BLOCK &&
	    status != PP_TX_FAILED)
		return PP_ERR_INVALID;
	int r = 0;
	if (tx->uncertain)
		; /* nothing can be expected, so nothing is wrong */
	else if (type == PP_BACK_ERROR)
		back_error(tx);
	else
		r = back_reply(tx, type);
	if (r == 0 && type == PP_BACK_READY)
		tx->status = status;
	return r;
}

/* ---- the questions ---- */

bool pp_tx_is_idle(const struct pp_tx *tx)
{
	return tx->count == 0 && !tx->skip_to_sync && !tx->copy_in && !tx->uncertain &&
	       tx->status == PP_TX_IDLE;
}

bool pp_tx_is_busy(const struct pp_tx *tx)
{
	return tx->uncertain || phase(tx) != NOTHING;
}

bool pp_tx_has_failed(const struct pp_tx *tx)
{
	return tx->status == PP_TX_FAILED && !pp_tx_is_busy(tx);
}

bool pp_tx_awaits_front(const struct pp_tx *tx)
{
	if (tx->copy_in && !tx->copy_ended)
		return true;
	return tx->skip_to_sync || pp_tx_is_in_batch(tx);
}

bool pp_tx_is_in_batch(const struct pp_tx *tx)
{
	const struct pp_tx_section *last =
		&tx->ring[(tx->head + tx->count - 1) & (PP_TX_SECTIONS_MAX - 1)];
	return tx->count && last->end == PP_TX_END_OPEN;
}

bool pp_tx_owes_ready(const struct pp_tx *tx)
{
	return tx->count > (pp_tx_is_in_batch(tx) ? 1 : 0);
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
