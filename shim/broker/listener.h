/* shim/broker/listener.h - finding a loopback address of our own to listen at. */
#ifndef PP_BROKER_LISTENER_H
#define PP_BROKER_LISTENER_H

#include <podpool/ipc.h>
#include <stdint.h>

/* Listens at some 127.66.x.y, which other brokers, or somebody who means harm, may have taken in part, at a port that the
 * kernel chooses: at 5432 we would keep a database or a proxy beside us from binding 0.0.0.0:5432 (EADDRINUSE as long as
 * any address of that port listens, SO_REUSEADDR or not). The descriptor, or -1 with errno; different `salt`s look in
 * different places first. */
int pp_listener_open(uint32_t salt, struct pp_ipc_addr *ret_listening);

#endif
