/* shim/broker/place.h - PODPOOL_DIR may be taken away under a living broker (a cleaner of /tmp, a volume): it is made
 * again, and the socket in it, before programs find nobody there and start another broker with servers of its own. */
#ifndef PP_BROKER_PLACE_H
#define PP_BROKER_PLACE_H

struct pp_broker;

/* At once when the kernel tells, else by pp_place_look. */
void pp_place_watch(struct pp_broker *b);
/* Once a second. */
void pp_place_look(struct pp_broker *b);
void pp_place_close(struct pp_broker *b);

#endif
