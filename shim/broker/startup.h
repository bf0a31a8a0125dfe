/* shim/broker/startup.h - a client's first bytes: for the pool, for a cancel, or for a tunnel? */
#ifndef PP_BROKER_STARTUP_H
#define PP_BROKER_STARTUP_H

struct pp_client;

/* A client in STARTUP has bytes in c->in. */
void pp_startup_input(struct pp_client *c);

#endif
