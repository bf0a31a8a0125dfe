/* shim/broker/status.h - what `podpool status` shows, as JSON text. */
#ifndef PP_BROKER_STATUS_H
#define PP_BROKER_STATUS_H

struct pp_broker;

/* Sends the text; what does not fit into the socket at once is sent by a writer that ends with the asker or after
 * a few seconds. `fd` stays the caller's. */
void pp_status_send(struct pp_broker *b, int fd);

#endif
