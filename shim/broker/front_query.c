#include <stdio.h>
#include <string.h>

#include "broker/client.h"
#include "broker/front.h"
#include "broker/lend.h"
#include "broker/prepared.h"
#include "broker/server.h"
#include "wire/reader.h"
#include "wire/writer.h"

/* PHP and Rails prepare by protocol and say DEALLOCATE in SQL. The server knows the statement by our name; where it has
 * no copy, an empty one is there to be deallocated, so that the answer is the server's own in every case. */
static enum pp_step prepare_deallocate(struct pp_front_run *f, const char *name,
				       struct pp_plan *plan)
{
	struct pp_server *s = f->c->server;
	bool has_it = pp_copies_find(&s->copies, plan) != PP_COPIES_ABSENT;
	/* One at a time, and no ReadyForQuery before its own: that ends the waiting for its tag. */
	if (s->dealloc.plan || pp_tx_owes_ready(&s->tx)) {
		if (pp_front_awaits_answers(f))
			return PP_STEP_STOP;
		pp_prepared_ready(s); /* it was prepared only, not executed */
	}
	if (!has_it && pp_front_awaits_answers(f))
		return PP_STEP_STOP; /* the transaction may have failed: plan_of() */
	if (!has_it && !pp_front_stand_in(f, plan))
		return PP_STEP_STOP;
	s->dealloc.plan = pp_plan_hold(plan);
	s->forgets = true;
	snprintf(s->dealloc.name, sizeof s->dealloc.name, "%s", name);
	return PP_STEP_TAKE;
}

/* The client's message gives way to one that names the plan: a Query, or a Parse of the unnamed statement. */
static enum pp_step deallocate(struct pp_front_run *f, const struct pp_frame_head *head,
			       const char *name, struct pp_plan *plan)
{
	uint8_t bytes[64];
	char text[PP_PLAN_NAME_MAX + 16];
	struct pp_writer w;
	enum pp_step step = prepare_deallocate(f, name, plan);
	if (step == PP_STEP_TAKE)
		step = pp_front_pass(f, head);
	if (step != PP_STEP_TAKE)
		return step;
	snprintf(text, sizeof text, "DEALLOCATE %s", plan->name);
	pp_writer_init(&w, bytes, sizeof bytes);
	pp_writer_begin(&w, head->type);
	if (head->type == PP_FRONT_PARSE)
		pp_writer_u8(&w, 0);
	pp_writer_str(&w, text);
	if (head->type == PP_FRONT_PARSE)
		pp_writer_u16(&w, 0);
	pp_writer_end(&w);
	if (!pp_front_put(f, bytes, w.len))
		return PP_STEP_STOP;
	f->c->skip = 0;
	pp_front_leave_out(f, f->at + head->total);
	return PP_STEP_TAKE;
}

/* What DEALLOCATE of this name is about; NULL: as it is said. In a failed transaction the text will not be looked at, and
 * nothing can be prepared. */
static struct pp_plan *plan_of(const struct pp_front_run *f, const char *name)
{
	return pp_tx_has_failed(&f->c->server->tx) ? NULL
						   : pp_statements_find(f->c->statements, name);
}

/* Is the statement that this Parse makes bound in the same breath? Else it may be executed when nobody knows any more what
 * it was about. */
static bool is_bound_at_once(const struct pp_front_run *f, const struct pp_frame_head *parse)
{
	struct pp_frame_head head = *parse;
	size_t at = f->at;
	do {
		at += head.total;
		if (pp_framer_front(f->bytes + at, f->len - at, &head) != PP_FRAME_WHOLE)
			return false;
	} while (head.type == PP_FRONT_DESCRIBE);
	return head.type == PP_FRONT_BIND;
}

enum pp_step pp_front_deallocate_unnamed(struct pp_front_run *f, const struct pp_frame_head *head,
					 const char *name)
{
	struct pp_server *s = f->c->server;
	struct pp_plan *plan = plan_of(f, name);
	if (pp_flight_is_pending(&s->flight, &s->tx, name))
		return pp_front_stop(f);
	if (plan && !is_bound_at_once(f, head))
		return pp_front_move_names(f) == PP_STEP_STOP ? PP_STEP_STOP : PP_STEP_WAIT;
	if (!plan && !pp_front_clear_name(f, name))
		return PP_STEP_STOP;
	enum pp_step step = plan ? deallocate(f, head, name, plan) : PP_STEP_WAIT;
	if (step == PP_STEP_TAKE) {
		pp_unnamed_finish(&f->c->unnamed); /* executed once, or never */
		pp_front_settle_unnamed(s);
		f->c->server->unnamed_known = true;
	}
	return step;
}

/* Of a text that streams by so much is looked at before: what it says of statements further on is not seen. */
#define PP_LOOK_MAX 4096

static bool may_be_names(const struct pp_server *s)
{
	return s->client->statements || s->copies.by_plan || s->untidy[0] ||
	       !pp_flight_is_empty(&s->flight);
}

bool pp_front_needs_names(const struct pp_server *s, uint32_t bits)
{
	if (pp_tx_has_failed(&s->tx))
		return false;
	return bits & PP_TOUCH_STATEMENTS && may_be_names(s);
}

bool pp_front_waits_for_names(struct pp_front_run *f, uint32_t bits)
{
	struct pp_server *s = f->c->server;
	if (pp_front_sql_is_pending(s))
		return pp_front_stop(f) == PP_STEP_STOP;
	return (pp_front_needs_names(s, pp_front_sql_names(s, bits)) &&
		pp_front_move_names(f) == PP_STEP_STOP) ||
	       pp_front_sql_brings(f, bits);
}

/* There are named statements: the text is read before it goes on. */
static enum pp_step look_first(struct pp_front_run *f, const struct pp_frame_head *head)
{
	struct pp_client *c = f->c;
	struct pp_server *s = c->server;
	const uint8_t *text = f->bytes + f->at + PP_MSG_HEADER;
	uint32_t bits = pp_front_lex_whole(s, text, head->total - PP_MSG_HEADER);
	if (pp_lexer_shape(&s->lexer) == PP_SHAPE_DEALLOCATE) {
		const char *name = pp_lexer_shape_name(&s->lexer);
		struct pp_plan *plan = plan_of(f, name);
		if (pp_flight_is_pending(&s->flight, &s->tx, name))
			return pp_front_stop(f);
		if (plan)
			return deallocate(f, head, name, plan);
		if (!pp_front_clear_name(f, name))
			return PP_STEP_STOP;
	}
	if (pp_front_waits_for_names(f, bits))
		return PP_STEP_STOP;
	enum pp_step step = pp_front_sql_stand_in(f);
	if (step == PP_STEP_TAKE)
		step = pp_front_pass(f, head);
	if (step == PP_STEP_TAKE && (bits = pp_front_runs(s, bits))) {
		struct pp_touched touch;
		pp_touch_read(&touch, bits, &s->lexer);
		pp_front_touch(s, &touch);
		s->forgets |= (bits & PP_TOUCH_FORGETS) != 0;
	}
	return step;
}

enum pp_step pp_front_look_at_begin(struct pp_front_run *f, const struct pp_frame_head *head,
				    size_t at)
{
	const uint32_t speaks = PP_PIN_PREPARE | PP_TOUCH_STATEMENTS | PP_TOUCH_FORGETS;
	struct pp_server *s = f->c->server;
	size_t here = f->len - f->at, end = at + PP_LOOK_MAX;
	if (!f->c->statements && !s->untidy[0] && pp_flight_is_empty(&s->flight))
		return PP_STEP_TAKE;
	if (here < end && here < head->total)
		return PP_STEP_WAIT;
	uint32_t bits = pp_front_lex_whole(s, f->bytes + f->at + at,
					   (end < head->total ? end : head->total) - at);
	if (bits & speaks) /* of which, nobody knows before the end */
		bits |= PP_TOUCH_STATEMENTS;
	return pp_front_waits_for_names(f, bits) ? PP_STEP_STOP : PP_STEP_TAKE;
}

/* docs 55.2.3: the Query that has just passed does, if nothing discards it. */
static void end_unnamed(struct pp_client *c)
{
	struct pp_server *s = c->server;
	if (pp_tx_may_discard(&s->tx) && pp_flight_reserve(&s->flight, 1) == 0) {
		pp_flight_push_query(&s->flight, s->tx.asked - 1, &c->unnamed, s->unnamed_known);
	} else {
		pp_unnamed_finish(&c->unnamed);
		pp_flight_end_unnamed(&s->flight);
	}
	pp_front_settle_unnamed(s);
	s->unnamed_known = true;
}

enum pp_step pp_front_query(struct pp_front_run *f, enum pp_frame frame,
			    const struct pp_frame_head *head)
{
	struct pp_client *c = f->c;
	struct pp_server *s = c->server;
	enum pp_step step;
	if (s->tx.skip_to_sync)
		return pp_front_pass(f, head); /* nobody will look at it */
	bool look = (may_be_names(s) || s->missing) && head->total <= PP_READ_BUFFER;
	if (look && frame == PP_FRAME_PART)
		return PP_STEP_WAIT;
	step = look || head->total <= PP_READ_BUFFER
		       ? PP_STEP_TAKE
		       : pp_front_look_at_begin(f, head, PP_MSG_HEADER);
	if (step == PP_STEP_TAKE)
		step = look ? look_first(f, head) : pp_front_pass(f, head);
	if (step != PP_STEP_TAKE)
		return step;
	end_unnamed(c);
	if (!look) {
		pp_front_lex_begin(s, PP_FRONT_QUERY);
		/* The header is not text: it is counted off here. */
		f->at += PP_MSG_HEADER;
		c->skip -= PP_MSG_HEADER;
	}
	return PP_STEP_TAKE;
}

static bool is_one_of(uint32_t oid, const uint32_t *oids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (oids[i] == oid)
			return true;
	return false;
}

/* FunctionCall names its function by OID. libpq uses it for large objects, whose state ends with the transaction. OIDs
 * below 10000 are the same in every server (pg_proc.dat): of those, a few do what cannot be asked for afterwards. Any
 * other function could do anything. */
static uint32_t judge_function(uint32_t oid)
{
	static const uint32_t large_objects[] = {715,  764,  765,  952,	 953,  954,  955,
						 956,  957,  958,  964,	 1004, 3170, 3171,
						 3172, 3457, 3458, 3459, 3460};
	/* currval, setseed, set_config, lastval */
	static const uint32_t lasting[] = {1575, 1599, 2078, 2559};
	static const uint32_t pid = 2026; /* pg_backend_pid */
	if (is_one_of(oid, large_objects, sizeof large_objects / sizeof *large_objects))
		return 0;
	if (oid >= 10000 || is_one_of(oid, lasting, sizeof lasting / sizeof *lasting))
		return PP_PIN_OPAQUE;
	if (oid == pid)
		return PP_PIN_PID;
	return PP_PIN_DYNAMIC | PP_TOUCH_END;
}

enum pp_step pp_front_function(struct pp_front_run *f, const struct pp_frame_head *head)
{
	struct pp_reader r;
	if (f->len - f->at < PP_MSG_HEADER + 4 && head->total >= PP_MSG_HEADER + 4)
		return PP_STEP_WAIT;
	pp_reader_init(&r, f->bytes + f->at + PP_MSG_HEADER, f->len - f->at - PP_MSG_HEADER);
	struct pp_touched touch = {.bits = judge_function(pp_reader_u32(&r)),
				   .cause = "a function call by OID"};
	enum pp_step step = pp_front_pass(f, head);
	if (step == PP_STEP_TAKE && touch.bits)
		pp_front_touch(f->c->server, &touch);
	return step;
}
