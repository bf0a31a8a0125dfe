/* shim/broker/heal.h - "cached plan must not change result type" (0A000): a table has changed since the statement was
 * prepared. Outside a transaction, a batch that begins with such a statement is said once more, after it has been
 * prepared anew: nothing of it has been executed, and nothing of its answer has gone out.
 */
#ifndef PP_BROKER_HEAL_H
#define PP_BROKER_HEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer batches get their error. */
#define PP_HEAL_MAX 4096

struct pp_front_run;
struct pp_server;

struct pp_heal {
	uint8_t *batch; /* owned, PP_HEAL_MAX once there */
	size_t len;	/* 0: none is kept */
	uint32_t number;
	bool again; /* the error was caught; ReadyForQuery is still to come, and the client waits */
};

/* A message that uses a statement the server has stands at f->at: keeps its batch, if it is the first of it. */
void pp_heal_remember(struct pp_front_run *f);

/* An ErrorResponse to message `number`, already counted. True: nobody must hear of it, nor of the ReadyForQuery. */
bool pp_heal_catches(struct pp_server *s, uint32_t number, const uint8_t *body, size_t len);

/* That ReadyForQuery came: what was kept is the client's input again. */
void pp_heal_again(struct pp_server *s);

#endif
