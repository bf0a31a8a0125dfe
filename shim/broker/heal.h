/* shim/broker/heal.h - "cached plan must not change result type" (0A000): a table has changed since the statement was
 * prepared. Outside a transaction, a batch that begins with such a statement is said once more, after it has been
 * prepared anew: nothing of it has been executed, and nothing of its answer has gone out.
 *
 * Only if the batch asks what the result looks like before there are rows: who decodes by what an earlier Describe said
 * must hear the error, from every server, or takes one type for another. So the plan is `changed` (plans.h): those who
 * have it get the error until they prepare again, which makes another plan.
 */
#ifndef PP_BROKER_HEAL_H
#define PP_BROKER_HEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer batches get their error. */
#define PP_HEAL_MAX 4096

struct pp_front_run;
struct pp_plan;
struct pp_server;

struct pp_heal {
	uint8_t *batch; /* owned, PP_HEAL_MAX once there */
	size_t len;	/* 0: none is kept */
	uint32_t number;
	bool tells; /* its client asks for the result's description */
	/* Of message `number`; `last` of what has been used last. Not counted: looked at only if the server has a copy of it. */
	struct pp_plan *plan;
	struct pp_plan *last;
	uint32_t last_number;
	uint32_t again_at; /* pp_tx.asked where a batch was said again: it is not kept anew */
	bool again; /* the error was caught; ReadyForQuery is still to come, and the client waits */
};

/* A message that uses a statement the server has stands at f->at: keeps its batch, if it is the first of it. */
void pp_heal_remember(struct pp_front_run *f, struct pp_plan *plan);

/* Asks the batch that goes on at f->at, before it has rows, what the result looks like? */
bool pp_heal_tells(const struct pp_front_run *f);
/* And does it begin there, outside a transaction? */
bool pp_heal_may(const struct pp_front_run *f);

/* An ErrorResponse to message `number`, already counted. True: nobody must hear of it, nor of the ReadyForQuery. */
bool pp_heal_catches(struct pp_server *s, uint32_t number, const uint8_t *body, size_t len);

/* A server describes its copy of a plan: to the client, which calls it `name`, or to us ("", to compare). If others were
 * told another result the plan has changed, and this is one of another plan. */
void pp_heal_described(struct pp_server *s, struct pp_plan *plan, const char *name, uint64_t shape);

/* The same, if it describes other parameters than others were told: the plan that its client has now, or the same. */
struct pp_plan *pp_heal_parameters(struct pp_server *s, struct pp_plan *plan, const char *name);

/* As if the client had prepared its statement again: the plan it stands for then, or the same. */
struct pp_plan *pp_heal_renew(struct pp_server *s, struct pp_plan *plan, const char *name);

/* What is prepared anew of it now would be its session's alone: so the client's statement is, from now on. */
struct pp_plan *pp_heal_apart(struct pp_server *s, struct pp_plan *plan, const char *name);

/* The plan was its session's alone, which sees no more than the others again: the client's statement is what others have of
 * the same text, if they were told the same of it. */
struct pp_plan *pp_heal_rejoin(struct pp_server *s, struct pp_plan *plan, const char *name);

/* That ReadyForQuery came: what was kept is the client's input again. */
void pp_heal_again(struct pp_server *s);

#endif
