/* shim/broker/relay.h - moves bytes between a client and its server while wire and session watch.
 *
 * Only headers are parsed, plus the few bytes that name a prepared statement and the SQL text the lexer reads as it
 * streams by; nothing is held but what must be looked at. Front: client to server. Back: server to client.
 */
#ifndef PP_BROKER_RELAY_H
#define PP_BROKER_RELAY_H

#include <stddef.h>
#include <stdint.h>

struct pp_client;
struct pp_server;

/* Bytes from a client in IDLE or LENT. Returns how many were used; the caller keeps the rest in client->in (it
 * waits for a server, for replies, or for the rest of a header). When the client is gone the result is meaningless. */
size_t pp_relay_front(struct pp_client *c, const uint8_t *bytes, size_t len);

/* The same for what client->in holds. */
void pp_relay_front_pending(struct pp_client *c);

/* A client in IDLE whose first message was cancelled while it waited for a server: 57014, and on to the next
 * ReadyForQuery as the server would. */
void pp_relay_front_cancelled(struct pp_client *c);

/* Bytes from a server in any state but LOGIN; they may be changed. */
void pp_relay_back(struct pp_server *s, uint8_t *bytes, size_t len);

#endif
