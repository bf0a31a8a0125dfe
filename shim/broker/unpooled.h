/* shim/broker/unpooled.h - a startup packet that has been read, and is not for a pool after all: its client goes on in a
 * tunnel, as it would without us.
 */
#ifndef PP_BROKER_UNPOOLED_H
#define PP_BROKER_UNPOOLED_H

#include <stdbool.h>

#include "wire/startup.h"

struct pp_client;

/* Keeps the packet, without the word that our own hook has put there (ipc/mark.h), until pp_unpooled_forget(): which is due
 * as soon as the client has been told anything, for then it is too late. Without memory it is not kept. */
void pp_unpooled_keep(struct pp_client *c, const struct pp_startup *startup);
void pp_unpooled_forget(struct pp_client *c);

/* A client in STARTUP or ADMISSION becomes a tunnel. False: its packet is not there, or would go in clear text where it was
 * to be encrypted. */
bool pp_unpooled_begin(struct pp_client *c);

#endif
