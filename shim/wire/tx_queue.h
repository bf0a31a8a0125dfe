/* shim/wire/tx_queue.h - the tracker's queue of sections (tx.h), for tx.c alone.
 */
#ifndef PP_WIRE_TX_QUEUE_H
#define PP_WIRE_TX_QUEUE_H

#include <stddef.h>

#include "base/assert.h"
#include "wire/tx.h"

PP_STATIC_ASSERT((PP_TX_SECTIONS_MAX & (PP_TX_SECTIONS_MAX - 1)) == 0, "ring is masked");

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

#endif
