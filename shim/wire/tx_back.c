/* The server's messages (tx.h): what they answer, and what may not be said now. */
#include "wire/tx_queue.h"

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

/* ErrorResponse and the asynchronous messages are possible in every phase and not in the table.
 * 55.2.3: "Execute phase is always terminated by the appearance of exactly one of these messages:
 * CommandComplete, EmptyQueryResponse ..., ErrorResponse, or PortalSuspended"; Describe by
 * RowDescription or NoData. A simple Query has CommandComplete for each of its statements. */
static const uint8_t replies[PP_TX_LETTERS][PP_TX_PHASE__COUNT] = {
	[PP_BACK_PARSE_COMPLETE] = {[PP_TX_AT_EXTENDED] = COMPLETE},
	[PP_BACK_BIND_COMPLETE] = {[PP_TX_AT_EXTENDED] = COMPLETE},
	[PP_BACK_CLOSE_COMPLETE] = {[PP_TX_AT_EXTENDED] = COMPLETE},
	[PP_BACK_NO_DATA] = {[PP_TX_AT_EXTENDED] = COMPLETE},
	[PP_BACK_PORTAL_SUSPENDED] = {[PP_TX_AT_EXTENDED] = COMPLETE},
	[PP_BACK_PARAMETER_DESCRIPTION] = {[PP_TX_AT_EXTENDED] = PART},
	[PP_BACK_ROW_DESCRIPTION] = {[PP_TX_AT_EXTENDED] = COMPLETE, [PP_TX_AT_QUERY] = PART},
	[PP_BACK_COMMAND_COMPLETE] = {[PP_TX_AT_EXTENDED] = COMPLETE,
				      [PP_TX_AT_QUERY] = PART,
				      [PP_TX_AT_COPYING] = COPY_END},
	[PP_BACK_EMPTY_QUERY] = {[PP_TX_AT_EXTENDED] = COMPLETE, [PP_TX_AT_QUERY] = PART},
	[PP_BACK_DATA_ROW] = {[PP_TX_AT_EXTENDED] = PART, [PP_TX_AT_QUERY] = PART},
	[PP_BACK_COPY_OUT] = {[PP_TX_AT_EXTENDED] = PART, [PP_TX_AT_QUERY] = PART},
	[PP_BACK_COPY_DATA] = {[PP_TX_AT_EXTENDED] = PART, [PP_TX_AT_QUERY] = PART},
	[PP_BACK_COPY_DONE] = {[PP_TX_AT_EXTENDED] = PART, [PP_TX_AT_QUERY] = PART},
	[PP_BACK_COPY_IN] = {[PP_TX_AT_EXTENDED] = COPY_IN, [PP_TX_AT_QUERY] = COPY_IN},
	[PP_BACK_COPY_BOTH] = {[PP_TX_AT_EXTENDED] = COPY_BOTH, [PP_TX_AT_QUERY] = COPY_BOTH},
	[PP_BACK_FUNCTION_RESULT] = {[PP_TX_AT_FUNCTION] = PART},
	[PP_BACK_READY] =
		{[PP_TX_AT_QUERY] = READY, [PP_TX_AT_FUNCTION] = READY, [PP_TX_AT_SYNC] = READY},
};

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

/* Is Sync the next thing the server looks at behind the first section, a failed COPY? */
static bool is_sync_next(struct pp_tx *tx)
{
	for (uint32_t at = 1; at < tx->count; at++) {
		const struct pp_tx_section *s = pp_tx_section(tx, at);
		if (s->extended || s->copy)
			return false;
		if (s->end != PP_TX_END_COPY)
			return s->end == PP_TX_END_SYNC;
	}
	return true;
}

/* "If the COPY command was issued via an extended-query message, the backend will now discard
 * frontend messages until a Sync message is received" (55.2.6); of a simple Query, ReadyForQuery is
 * still to come. */
static void copy_failed(struct pp_tx *tx)
{
	tx->spare = tx->copy_syncs;
	tx->copy_in = tx->copy_ended = false;
	tx->copy_syncs = 0;
	if (pp_tx_section(tx, 0)->extended == 0)
		return;
	tx->uncertain = tx->spare && !is_sync_next(tx);
	skip_to_sync(tx);
}

static void back_error(struct pp_tx *tx)
{
	bool flush = tx->count && pp_tx_section(tx, 0)->flush;
	if (pp_tx_phase(tx) != PP_TX_AT_SYNC)
		tx->spare = 0;
	switch (pp_tx_phase(tx)) {
	case PP_TX_AT_EXTENDED: skip_to_sync(tx); break;
	case PP_TX_AT_COPYING: copy_failed(tx); break;
	/* "no skipping occurs if an error is detected while processing Sync - this ensures that
	 * there is one and only one ReadyForQuery sent for each Sync" (55.2.3): a failed commit. */
	case PP_TX_AT_SYNC: break;
	case PP_TX_AT_QUERY:
	case PP_TX_AT_FUNCTION:
		tx->uncertain = flush;
		pp_tx_section(tx, 0)->begun = true;
		break;
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
	tx->copy_syncs += s->end == PP_TX_END_SYNC;
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
			known = false; /* stray in the batch that goes on, see pp_tx_settle() */
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
	tx->copy_in = tx->copy_ended = false;
	tx->copy_syncs = 0;
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
	enum pp_tx_phase phase = pp_tx_phase(tx);
	enum reply reply = (enum reply)replies[type][phase];
	if (pp_tx_is_spare(tx, type)) {
		tx->spare--;
		tx->skip_to_sync = false; /* that Sync was read behind the error */
		return 0;
	}
	if (reply != WRONG && reply != READY)
		tx->spare = 0;
	if (phase == PP_TX_AT_QUERY || phase == PP_TX_AT_FUNCTION)
		pp_tx_section(tx, 0)->begun = true;
	switch (reply) {
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
	pp_tx_settle(tx);
	return 0;
}

int pp_tx_back(struct pp_tx *tx, uint8_t type, uint8_t status)
{
	if (type >= PP_TX_LETTERS)
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
