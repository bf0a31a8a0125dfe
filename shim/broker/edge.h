/* shim/broker/edge.h - when client and server sockets are read: edge-triggered events, and a look now and then.
 *
 * The kernel tells once of what has come, and need not look at the socket again when we next wait: a fiftieth of what a
 * transaction costs us. In return whoever is told must read until nothing is left, or ask to be told again. One thing is
 * told only together with what is read first: RST behind data. libevent does not pass it on (EPOLLERR), so now and then
 * all sockets are looked at.
 */
#ifndef PP_BROKER_EDGE_H
#define PP_BROKER_EDGE_H

#include <event2/event.h>
#include <stdbool.h>
#include <sys/types.h>

struct pp_broker;

/* libevent wants all events of a socket to be of one kind. */
#define PP_EDGE_READ  (EV_READ | EV_CLOSED | EV_PERSIST | EV_ET)
#define PP_EDGE_WRITE (EV_WRITE | EV_PERSIST | EV_ET)

/* So many reads for one event: others want to be heard, too. */
#define PP_EDGE_ROUNDS 4

/* After a read of n > 0 bytes into PP_READ_BUFFER for an event `what`: may more be there that no other event tells of? A
 * short read of a plain socket has emptied it (epoll(7)), but FIN may stand behind the last byte: what came before the
 * event is in `what`, what comes later is another event. A TLS read ends with its record, which is smaller than the
 * buffer: nothing stays in the SSL object, but perhaps in the socket. */
bool pp_edge_has_more(const void *ssl, ssize_t n, short what);

/* The event comes again in the next round of the loop if anything is there. */
void pp_edge_again(struct event *event);

/* Whoever has something to read that no event has told of is told. Once a second is enough. */
void pp_edge_look(struct pp_broker *b);

#endif
