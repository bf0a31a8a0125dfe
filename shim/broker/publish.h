/* shim/broker/publish.h - the file `routes` and the datagram socket `tell` (include/podpool/ipc.h): connections
 * to known destinations cost no question. */
#ifndef PP_BROKER_PUBLISH_H
#define PP_BROKER_PUBLISH_H

#include <stdbool.h>

struct pp_broker;

/* Before anything listens: removes what a dead broker left behind, then opens `tell`. Without it everybody asks. */
void pp_publish_open(struct pp_broker *b);
/* After what can be reached has changed: replaces the file. */
void pp_publish_routes(struct pp_broker *b);
/* From now on everybody asks: the answer may be another one. */
void pp_publish_withdraw(struct pp_broker *b);
/* Takes one announcement, if there is one: false when there is none. That of an accepted connection was sent before
 * its connect. */
bool pp_publish_hear(struct pp_broker *b);
/* Says that we live, where the last time is half a pulse ago. */
void pp_publish_pulse(struct pp_broker *b);
void pp_publish_close(struct pp_broker *b);

#endif
