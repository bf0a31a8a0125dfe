/* shim/broker/door.h - the unix socket in PODPOOL_DIR: who may come in; door_answer.h says what they hear. */
#ifndef PP_BROKER_DOOR_H
#define PP_BROKER_DOOR_H

#include <stdbool.h>

#include "base/err.h"

struct pp_broker;

/* Binds and listens; a stale socket file is removed first (the lock says we are alone). PP_ERR_SYS with a sentence. */
PP_MUSTCHECK int pp_door_open(struct pp_broker *b, struct pp_errctx *err);

/* Keeps a descriptor for visitors who come when there is none left (a thread may have been quicker, so now and then). */
void pp_door_spare(struct pp_broker *b);

/* Is the socket file still the one we made? */
bool pp_door_is_there(const struct pp_broker *b);

/* Somebody stands there who has not been let in yet. */
bool pp_door_has_visitor(const struct pp_broker *b);

/* Removes the socket file: who asks from now on goes direct. */
void pp_door_close(struct pp_broker *b);

#endif
