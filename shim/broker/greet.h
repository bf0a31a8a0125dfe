/* shim/broker/greet.h - what an admitted client hears first: AuthenticationOk, the settings, its key, ReadyForQuery. */
#ifndef PP_BROKER_GREET_H
#define PP_BROKER_GREET_H

#include <stdint.h>

#include "wire/startup.h"

struct pp_client;

/* docs 55.2.1: NegotiateProtocolVersion, where this StartupMessage needs it. False: it does not, and nothing was said. Check
 * c->gone. */
bool pp_greet_negotiate(struct pp_client *c, const struct pp_startup *startup);

/* Check c->gone. */
void pp_greet_authentication(struct pp_client *c, uint32_t code);
#define PP_AUTH_OK	  0
#define PP_AUTH_CLEARTEXT 3

/* A pid no other client has at the moment, for those who have no server of their own; and no process either: who has it
 * terminated or cancelled by SQL hits nobody, instead of somebody else's session. */
uint32_t pp_greet_next_pid(struct pp_client *c);

/* BackendKeyData: this pid, and a secret of the broker's own. Never the server's: what a client's late cancel request
 * names must not be the session that the next client has there. `pid` is not 0. May end the client. */
void pp_greet(struct pp_client *c, uint32_t pid);

#endif
