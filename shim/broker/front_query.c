#include <stdio.h>
#include <string.h>

#include "broker/client.h"
#include "broker/front.h"
#include "broker/lend.h"
#include "broker/server.h"
#include "wire/reader.h"
#include "wire/writer.h"

/* PHP and Rails prepare by protocol and say DEALLOCATE in SQL. The server knows the statement by our name; where it has
 * no copy, an empty one is there to be deallocated, so that the answer is the server's own in every case. */
enum pp_step pp_front_deallocate(struct pp_front_run *f, const char *name, struct pp_plan *plan)
{
	struct pp_server *s = f->c->server;
	bool has_it = pp_copies_find(&s->copies, plan) != PP_COPIES_ABSENT;
	if (s->dealloc.plan)
		return PP_STEP_STOP; /* one at a time */
	if (!has_it) {
		uint8_t body[PP_PLAN_NAME_MAX + 3] = {0}; /* name, empty text, no types */
		size_t len = strlen(plan->name) + 1;
		memcpy(body, plan->name, len);
		if (!pp_front_say(f, PP_FLIGHT_QUIET, PP_FRONT_PARSE, body, len + 3, NULL))
			return PP_STEP_STOP;
	}
	s->dealloc.plan = pp_plan_hold(plan);
	s->dealloc.was_empty = !has_it;
	snprintf(s->dealloc.name, sizeof s->dealloc.name, "%s", name);
	return PP_STEP_TAKE;
}

static enum pp_step deallocate(struct pp_front_run *f, const struct pp_frame_head *head,
			       const char *name, struct pp_plan *plan)
{
	uint8_t bytes[64];
	char text[PP_PLAN_NAME_MAX + 16];
	struct pp_writer w;
	enum pp_step step = pp_front_deallocate(f, name, plan);
	if (step == PP_STEP_TAKE)
		step = pp_front_pass(f, head);
	if (step != PP_STEP_TAKE)
		return step;
	snprintf(text, sizeof text, "DEALLOCATE %s", plan->name);
	pp_writer_init(&w, bytes, sizeof bytes);
	pp_writer_begin(&w, PP_FRONT_QUERY);
	pp_writer_str(&w, text);
	pp_writer_end(&w);
	if (!pp_front_put(f, bytes, w.len))
		return PP_STEP_STOP;
	f->c->skip = 0;
	pp_front_leave_out(f, f->at + head->total);
	return PP_STEP_TAKE;
}

/* A text that speaks of prepared statements by name needs them there under the client's names. */
static bool needs_names(const struct pp_server *s, uint32_t bits)
{
	return bits & PP_TOUCH_STATEMENTS && !(s->pins & PP_PIN_STATEMENT);
}

/* The client has named statements: the text is read before it goes on. */
static enum pp_step look_first(struct pp_front_run *f, const struct pp_frame_head *head)
{
	struct pp_client *c = f->c;
	struct pp_server *s = c->server;
	const uint8_t *text = f->bytes + f->at + PP_MSG_HEADER;
	uint32_t bits = pp_front_lex_whole(s, text, head->total - PP_MSG_HEADER);
	if (pp_lexer_shape(&s->lexer) == PP_SHAPE_DEALLOCATE) {
		const char *name = pp_lexer_shape_name(&s->lexer);
		struct pp_plan *plan = pp_statements_find(c->statements, name);
		if (plan)
			return deallocate(f, head, name, plan);
	} else if (needs_names(s, bits)) {
		if (pp_front_send(f))
			pp_own_names(s);
		return PP_STEP_STOP;
	}
	enum pp_step step = pp_front_pass(f, head);
	if (step == PP_STEP_TAKE && bits) {
		struct pp_touched touch;
		pp_touch_read(&touch, bits, &s->lexer);
		pp_front_touch(s, &touch);
	}
	return step;
}

enum pp_step pp_front_query(struct pp_front_run *f, enum pp_frame frame,
			    const struct pp_frame_head *head)
{
	struct pp_client *c = f->c;
	struct pp_server *s = c->server;
	enum pp_step step;
	bool look = c->statements && head->total <= PP_READ_BUFFER && !s->tx.skip_to_sync;
	if (look && frame == PP_FRAME_PART)
		return PP_STEP_WAIT;
	step = look ? look_first(f, head) : pp_front_pass(f, head);
	if (step != PP_STEP_TAKE)
		return step;
	pp_buf_finish(&c->unnamed); /* docs 55.2.3 */
	s->unnamed_known = true;
	if (!look) {
		pp_front_lex_begin(s, PP_FRONT_QUERY);
		/* The header is not text: it is counted off here. */
		f->at += PP_MSG_HEADER;
		c->skip -= PP_MSG_HEADER;
	}
	return PP_STEP_TAKE;
}

/* FunctionCall names its function by OID. libpq uses it for large objects, whose state ends with the transaction; any
 * other function could do anything. OIDs below 10000 are the same in every server (pg_proc.dat). */
enum pp_step pp_front_function(struct pp_front_run *f, const struct pp_frame_head *head)
{
	static const uint32_t large_objects[] = {715,  764,  765,  952,	 953,  954,  955,
						 956,  957,  958,  964,	 1004, 3170, 3171,
						 3172, 3457, 3458, 3459, 3460};
	struct pp_reader r;
	if (f->len - f->at < PP_MSG_HEADER + 4 && head->total >= PP_MSG_HEADER + 4)
		return PP_STEP_WAIT;
	pp_reader_init(&r, f->bytes + f->at + PP_MSG_HEADER, f->len - f->at - PP_MSG_HEADER);
	uint32_t oid = pp_reader_u32(&r);
	bool known = false;
	for (size_t i = 0; i < sizeof large_objects / sizeof *large_objects; i++)
		known |= oid == large_objects[i];
	if (!known)
		pp_server_pin(f->c->server, PP_PIN_OPAQUE, "a function call by OID");
	return pp_front_pass(f, head);
}
