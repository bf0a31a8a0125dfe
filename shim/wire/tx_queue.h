/* shim/wire/tx_queue.h - the tracker's queue of sections (tx.h), for tx*.c alone.
 */
#ifndef PP_WIRE_TX_QUEUE_H
#define PP_WIRE_TX_QUEUE_H

#include <stddef.h>

#include "base/assert.h"
#include "wire/tx.h"

PP_STATIC_ASSERT((PP_TX_SECTIONS_MAX & (PP_TX_SECTIONS_MAX - 1)) == 0, "ring is masked");

/* A letter above is none of the protocol's. */
#define PP_TX_LETTERS 128

/* What the server is at: its first section. */
enum pp_tx_phase {
	PP_TX_AT_NOTHING,
	PP_TX_AT_EXTENDED,
	PP_TX_AT_QUERY,
	PP_TX_AT_FUNCTION,
	PP_TX_AT_SYNC,
	PP_TX_AT_COPYING,
	PP_TX_PHASE__COUNT
};

static inline struct pp_tx_section *pp_tx_section(struct pp_tx *tx, uint32_t at)
{
	return &tx->ring[(tx->head + at) & (PP_TX_SECTIONS_MAX - 1)];
}

static inline struct pp_tx_section *pp_tx_last(struct pp_tx *tx)
{
	return tx->count ? pp_tx_section(tx, tx->count - 1) : NULL;
}

/* The last section while nothing has ended it; NULL: there is none. */
static inline struct pp_tx_section *pp_tx_open(struct pp_tx *tx)
{
	struct pp_tx_section *last = pp_tx_last(tx);
	return last && last->end == PP_TX_END_OPEN ? last : NULL;
}

PP_MUSTCHECK static inline int pp_tx_push(struct pp_tx *tx, uint32_t extended, enum pp_tx_end end)
{
	if (tx->count == PP_TX_SECTIONS_MAX)
		return PP_ERR_FULL;
	*pp_tx_section(tx, tx->count++) = (struct pp_tx_section){.extended = extended, .end = end};
	return 0;
}

/* The first section is over, or moved elsewhere. */
static inline void pp_tx_pop(struct pp_tx *tx)
{
	tx->count--;
	/* Nearly always the last one: the next is where this was, and so in the cache. */
	tx->head = tx->count ? (tx->head + 1) & (PP_TX_SECTIONS_MAX - 1) : 0;
}

/* What was unanswered in the first section never will be. */
static inline void pp_tx_discard(struct pp_tx *tx)
{
	tx->answered += pp_tx_section(tx, 0)->extended;
	pp_tx_pop(tx);
}

/* Drops marks the server has passed, so that the first section is always what it is at. */
static inline void pp_tx_settle(struct pp_tx *tx)
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

static inline enum pp_tx_phase pp_tx_phase(const struct pp_tx *tx)
{
	static const uint8_t at_end[] = {
		[PP_TX_END_OPEN] = PP_TX_AT_NOTHING,	  [PP_TX_END_COPY] = PP_TX_AT_NOTHING,
		[PP_TX_END_SYNC] = PP_TX_AT_SYNC,	  [PP_TX_END_QUERY] = PP_TX_AT_QUERY,
		[PP_TX_END_FUNCTION] = PP_TX_AT_FUNCTION,
	};
	if (tx->copy_in)
		return PP_TX_AT_COPYING;
	if (tx->count == 0)
		return PP_TX_AT_NOTHING;
	const struct pp_tx_section *first = &tx->ring[tx->head];
	return first->extended ? PP_TX_AT_EXTENDED : (enum pp_tx_phase)at_end[first->end];
}

#endif
