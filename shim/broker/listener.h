/* shim/broker/listener.h - finding a loopback address of our own to listen at. */
#ifndef PP_BROKER_LISTENER_H
#define PP_BROKER_LISTENER_H

#include <podpool/ipc.h>
#include <stdint.h>

/* Listens at some 127.66.x.y, which other brokers, or somebody who means harm, may have taken in part: at this port
 * (network order) where possible, so that people recognise it, else at any. The descriptor, or -1 with errno;
 * different `salt`s look in different places first. */
int pp_listener_open(uint16_t port_be, uint32_t salt, struct pp_ipc_addr *ret_listening);

#endif
