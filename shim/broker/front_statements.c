#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "broker/client.h"
#include "broker/database.h"
#include "broker/front.h"
#include "broker/hidden.h"
#include "broker/lend.h"
#include "broker/server.h"

/* A name no server has: closing it is answered like any Close, and changes nothing. */
#define NOBODY "podpool0"

/* The client's message with another name in it: header and head of the body anew, the rest as it comes. */
enum pp_step pp_front_rename(struct pp_front_run *f, const struct pp_frame_head *head,
			     const struct pp_front_name *name, const char *new_name)
{
	uint8_t header[PP_MSG_HEADER] = {head->type};
	const uint8_t *message = f->bytes + f->at;
	size_t new_len = strlen(new_name) + 1, end = name->at + name->len + 1;
	enum pp_step step = pp_front_pass(f, head);
	if (step != PP_STEP_TAKE)
		return step;
	uint32_t length = htonl((uint32_t)(head->total - 1 - name->len - 1 + new_len));
	memcpy(header + 1, &length, sizeof length);
	if (!pp_front_put(f, header, sizeof header) ||
	    !pp_front_put(f, message + sizeof header, name->at - sizeof header) ||
	    !pp_front_put(f, new_name, new_len))
		return PP_STEP_STOP;
	f->c->skip -= (uint32_t)end;
	pp_front_leave_out(f, f->at + end);
	return PP_STEP_TAKE;
}

/* The rest of the batch must wait for answers; the server keeps them back until it is told to Flush. Whoever waits
 * already may have said more since: that went where a first answer had made room, and is behind the Flush of then. */
static void await_answers(struct pp_front_run *f)
{
	static const uint8_t flush[] = {PP_FRONT_FLUSH, 0, 0, 0, 4};
	struct pp_server *s = f->c->server;
	if (s->flight.flushed != s->tx.asked && pp_tx_needs_flush(&s->tx) &&
	    pp_tx_front(&s->tx, PP_FRONT_FLUSH) == 0)
		(void)pp_front_put(f, flush, sizeof flush);
	s->flight.flushed = s->tx.asked;
	s->flight.full = true;
}

bool pp_front_lacks_memory(struct pp_front_run *f)
{
	if (pp_front_send(f))
		pp_client_fail(f->c, "FATAL", "53200", "podpool: out of memory");
	return false;
}

bool pp_front_make_room(struct pp_front_run *f, uint32_t count)
{
	int r = pp_flight_reserve(&f->c->server->flight, count);
	if (r == 0)
		return true;
	if (r !=
	    PP_ERR_FULL) /* perhaps nothing is under way whose answer would be the time to look again */
		return pp_front_lacks_memory(f);
	await_answers(f);
	return false;
}

bool pp_front_awaits_answers(struct pp_front_run *f)
{
	const struct pp_tx *tx = &f->c->server->tx;
	if (tx->uncertain || (tx->asked == tx->answered && !pp_tx_owes_ready(tx)))
		return false;
	await_answers(f);
	return true;
}

/* It is looked at again with the ReadyForQuery behind that answer. Behind CopyDone there is none before the Sync, which waits
 * as well. */
enum pp_step pp_front_stop(struct pp_front_run *f)
{
	const struct pp_tx *tx = &f->c->server->tx;
	if (pp_tx_has_copy(tx) && pp_tx_needs_flush(tx))
		await_answers(f);
	return PP_STEP_STOP;
}

bool pp_front_awaits_names(struct pp_front_run *f)
{
	struct pp_server *s = f->c->server;
	s->forgets = s->forgets && pp_front_awaits_answers(f);
	return s->forgets;
}

bool pp_front_say(struct pp_front_run *f, enum pp_flight_kind kind, uint8_t type, const void *body,
		  size_t len, struct pp_plan *plan, const char *name)
{
	struct pp_server *s = f->c->server;
	uint8_t header[PP_MSG_HEADER];
	uint32_t number = s->tx.asked, length = htonl((uint32_t)len + 4);
	if (!pp_front_make_room(f, 1) || pp_tx_front(&s->tx, type) < 0)
		return false; /* comes again when there is room */
	if (number != s->tx.asked)
		pp_flight_push(&s->flight, number, kind, name, plan);
	header[0] = type;
	memcpy(header + 1, &length, sizeof length);
	return pp_front_put(f, header, sizeof header) && pp_front_put(f, body, len);
}

bool pp_front_learn_touch(struct pp_server *s, struct pp_plan *plan)
{
	uint32_t bits = pp_front_lex_whole(s, pp_plan_body(plan), plan->body_len);
	if (bits & PP_PIN_PREPARE) /* it speaks of statements, and nobody will read of which */
		bits |= PP_TOUCH_STATEMENTS;
	free(plan->touch);
	plan->touch = bits ? malloc(sizeof *plan->touch) : NULL;
	plan->watch = s->database->hidden->generation;
	if (plan->touch)
		pp_touch_read(plan->touch, bits, &s->lexer);
	/* Others who have it read it as ever: what is found in it now is for this client alone. */
	if ((bits && !plan->touch) || !pp_front_reads_as_ever(s))
		plan->watch--; /* whoever finds it next reads it again */
	return plan->touch || !bits;
}

/* The answer tells what may have to be known where the server cannot be asked. */
static enum pp_step pass_describe(struct pp_front_run *f, const struct pp_frame_head *head,
				  const struct pp_front_name *name, struct pp_plan *plan)
{
	struct pp_server *s = f->c->server;
	uint32_t number = s->tx.asked;
	enum pp_step step = pp_front_make_room(f, 1) ? pp_front_rename(f, head, name, plan->name)
						     : PP_STEP_STOP;
	if (step == PP_STEP_TAKE && number != s->tx.asked)
		pp_flight_push(&s->flight, number, PP_FLIGHT_DESCRIBE,
			       pp_front_is_foreign(s, plan) ? NULL : name->text, plan);
	return step;
}

/* The server does not have it, and would prepare another one: it fails as one that has it would (heal.h). */
static enum pp_step fail_changed(struct pp_front_run *f, const struct pp_frame_head *head,
				 const struct pp_front_name *name)
{
	struct pp_server *s = f->c->server;
	if (!pp_front_make_room(f, 1))
		return PP_STEP_STOP;
	uint32_t number = s->tx.asked;
	enum pp_step step = pp_front_rename(f, head, name, NOBODY);
	if (step == PP_STEP_TAKE && number != s->tx.asked)
		pp_flight_push(&s->flight, number, PP_FLIGHT_CHANGED, NULL, NULL);
	return step;
}

/* Its result is another one than when it was prepared. WAIT: *plan is to be used as any. */
static enum pp_step use_changed(struct pp_front_run *f, const struct pp_frame_head *head,
				const struct pp_front_name *name, struct pp_plan **plan)
{
	struct pp_server *s = f->c->server;
	if (pp_front_is_foreign(s, *plan))
		return PP_STEP_WAIT;
	if (pp_heal_may(f)) {
		*plan = pp_heal_renew(s, *plan, name->text);
		return PP_STEP_WAIT;
	}
	if (pp_copies_find(&s->copies, *plan) == PP_COPIES_FRESH)
		return PP_STEP_WAIT;
	if (pp_front_awaits_answers(f))
		return PP_STEP_STOP; /* which may say that the transaction has failed */
	return s->tx.status == PP_TX_FAILED ? PP_STEP_WAIT : fail_changed(f, head, name);
}

/* Its session sees tables that the others do not, and the server would prepare it by these. */
static bool must_part(struct pp_server *s, const struct pp_plan *plan)
{
	return pp_front_is_alone(s) && !plan->alone && !plan->local &&
	       s->tx.status != PP_TX_FAILED && pp_copies_find(&s->copies, plan) != PP_COPIES_FRESH;
}

/* No longer, and the server would have to prepare it anew: it would do so as for anybody. */
static bool may_rejoin(struct pp_server *s, const struct pp_plan *plan)
{
	return plan->alone && !plan->changed && !pp_front_is_alone(s) &&
	       !pp_front_is_foreign(s, plan) && s->tx.status != PP_TX_FAILED &&
	       pp_copies_find(&s->copies, plan) != PP_COPIES_FRESH;
}

enum pp_step pp_front_use(struct pp_front_run *f, const struct pp_frame_head *head,
			  const struct pp_front_name *name)
{
	struct pp_server *s = f->c->server;
	struct pp_plan *plan = pp_statements_find(f->c->statements, name->text);
	if (!plan) { /* the server's own, or nobody's: 26000 */
		enum pp_step step = pp_front_clear_name(f, name->text)
					    ? pp_front_sql_use(f, head->type, name->text)
					    : PP_STEP_STOP;
		s->forgets |= s->has_forgetting;
		return step == PP_STEP_TAKE ? pp_front_pass(f, head) : step;
	}
	if (may_rejoin(s, plan))
		plan = pp_heal_rejoin(s, plan, name->text);
	if (pp_flight_is_plan_pending(&s->flight, &s->tx, plan))
		return pp_front_stop(f);
	enum pp_step changed = plan->changed ? use_changed(f, head, name, &plan) : PP_STEP_WAIT;
	if (changed != PP_STEP_WAIT)
		return changed;
	if (must_part(s, plan))
		plan = pp_heal_apart(s, plan, name->text);
	if (pp_front_make_there(f, head, plan) != PP_STEP_TAKE)
		return PP_STEP_STOP;
	if (head->type == PP_FRONT_DESCRIBE)
		return pass_describe(f, head, name, plan);
	if (plan->watch != s->database->hidden->generation && !pp_front_learn_touch(s, plan))
		pp_front_touch_dated(s, plan->watch);
	if (plan->touch)
		pp_front_touch(s, plan->touch);
	s->forgets |= plan->touch && plan->touch->bits & PP_TOUCH_FORGETS;
	return pp_front_rename(f, head, name, plan->name);
}

/* The name goes; the server keeps its copy for others. */
enum pp_step pp_front_close(struct pp_front_run *f, const struct pp_frame_head *head,
			    const struct pp_front_name *name)
{
	struct pp_client *c = f->c;
	struct pp_server *s = c->server;
	struct pp_plan *plan = pp_statements_find(c->statements, name->text);
	/* It is to provoke an error yet; or it is a copy, and nobody's of that name. */
	if (!plan &&
	    (strcmp(s->untidy, name->text) == 0 || pp_copies_named(&s->copies, name->text)))
		return pp_front_rename(f, head, name, NOBODY);
	if (!plan) {
		enum pp_step step = pp_front_sql_use(f, head->type, name->text);
		return step == PP_STEP_TAKE ? pp_front_pass(f, head) : step;
	}
	if (!pp_front_make_room(f, 1))
		return PP_STEP_STOP;
	uint32_t number = s->tx.asked;
	enum pp_step step = pp_front_rename(f, head, name, NOBODY);
	if (step == PP_STEP_TAKE) {
		pp_flight_push(&s->flight, number, PP_FLIGHT_CLOSE, name->text, plan);
		(void)!pp_statements_set(&c->statements, name->text, NULL);
	}
	return step;
}

enum pp_step pp_front_use_in_doubt(struct pp_front_run *f, const struct pp_frame_head *head,
				   const struct pp_front_name *name)
{
	struct pp_server *s = f->c->server;
	struct pp_plan *plan = pp_statements_find(f->c->statements, name->text);
	if (!plan)
		return head->type == PP_FRONT_PARSE ? PP_STEP_WAIT : pp_front_pass(f, head);
	if (head->type == PP_FRONT_CLOSE) {
		(void)!pp_statements_set(&f->c->statements, name->text, NULL);
		return pp_front_rename(f, head, name, NOBODY);
	}
	if (pp_copies_find(&s->copies, plan) != PP_COPIES_FRESH) {
		if (pp_front_send(f))
			pp_client_fail(f->c, "FATAL", "08006", PP_FRONT_LOST);
		return PP_STEP_STOP;
	}
	if (plan->touch)
		pp_front_touch(s, plan->touch);
	return pp_front_rename(f, head, name, plan->name);
}
