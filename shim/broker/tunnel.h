/* shim/broker/tunnel.h - an honest byte tunnel to the original destination: TLS of the program's own and the cancel
 * requests of such, replication, GSS, or no PostgreSQL at all. Counted against the cap, never refused for it (pool.h),
 * drained like the rest. */
#ifndef PP_BROKER_TUNNEL_H
#define PP_BROKER_TUNNEL_H

struct pp_client;

/* A client in STARTUP becomes a tunnel; what it has sent so far goes first. */
void pp_tunnel_open(struct pp_client *c);

/* c->in has bytes for the other side. */
void pp_tunnel_input(struct pp_client *c);
/* c->out is empty again. */
void pp_tunnel_client_drained(struct pp_client *c);
/* Closes the far side. */
void pp_tunnel_close(struct pp_client *c);

#endif
