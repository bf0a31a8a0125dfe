/* shim/broker/tick.h - everything that happens because time passed: the janitor, the governor's and the drain's clock. */
#ifndef PP_BROKER_TICK_H
#define PP_BROKER_TICK_H

#include "base/clock.h"
#include "base/err.h"
#include "drain/drain.h"

struct pp_broker;

PP_MUSTCHECK int pp_tick_start(struct pp_broker *b);

/* The next round is no later than this: a login that was put off may be tried again then. */
void pp_tick_by(struct pp_broker *b, pp_ms when);

/* Tells the drain and carries out its orders. */
void pp_tick_drain(struct pp_broker *b, enum pp_drain_event event);

#endif
