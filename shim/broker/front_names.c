#include "broker/front.h"

#include <string.h>

#include "broker/client.h"
#include "broker/lend.h"
#include "broker/server.h"
#include "wire/reader.h"

/* How much of a Parse, Bind, Describe or Close must be seen to know the statement's name: two NAMEDATALEN names.
 * Longer names are legal (the server truncates): then it is treated as named. */
#define PP_NAME_WINDOW 512

bool pp_front_is_named_kind(uint8_t type)
{
	return type == PP_FRONT_PARSE || type == PP_FRONT_BIND || type == PP_FRONT_DESCRIBE ||
	       type == PP_FRONT_CLOSE;
}

/* The statement name a message speaks of: 1 named, 0 unnamed, -1 none (a portal), -2 not enough bytes yet. */
static int statement_name(uint8_t type, const uint8_t *body, size_t len)
{
	if (len == 0)
		return -2;
	switch (type) {
	case PP_FRONT_PARSE: return body[0] != 0;
	case PP_FRONT_DESCRIBE:
	case PP_FRONT_CLOSE:
		if (body[0] != 'S')
			return -1;
		return len < 2 ? -2 : body[1] != 0;
	default: { /* Bind: portal, then statement */
		const uint8_t *nul = memchr(body, 0, len);
		return nul && nul + 1 < body + len ? nul[1] != 0 : -2;
	}
	}
}

/* The unnamed statement lives in the session, not in this server, which may still have another client's: say our
 * Parse again, or close the stranger's so that the server gives the true answer (26000). The reply is swallowed. */
static bool bring_unnamed(struct pp_front_run *f)
{
	static const uint8_t close_unnamed[] = {PP_FRONT_CLOSE, 0, 0, 0, 6, 'S', 0};
	struct pp_client *c = f->c;
	struct pp_server *s = c->server;
	bool have = pp_buf_len(&c->unnamed) > 0;
	const uint8_t *bytes = have ? pp_buf_bytes(&c->unnamed) : close_unnamed;
	size_t len = have ? pp_buf_len(&c->unnamed) : sizeof close_unnamed;
	if (pp_tx_front(&s->tx, bytes[0]) < 0)
		return false; /* comes again when there is room */
	s->unnamed_known = true;
	s->swallow = have ? PP_BACK_PARSE_COMPLETE : PP_BACK_CLOSE_COMPLETE;
	if (!pp_front_send(f))
		return false;
	if (pp_server_write(s, bytes, len) < 0) {
		pp_lend_server_lost(s, "it does not take its input");
		return false;
	}
	return true;
}

/* docs 55.2.3: the unnamed statement lasts until the next Parse of it or a simple Query. */
static void remember_unnamed(struct pp_client *c, const uint8_t *bytes, size_t total, bool whole)
{
	struct pp_server *s = c->server;
	pp_buf_finish(&c->unnamed);
	s->unnamed_known = true;
	if (!whole || pp_buf_append(&c->unnamed, bytes, total, PP_CLIENT_UNNAMED_MAX) < 0)
		pp_server_pin(s, PP_PIN_STATEMENT, "a long unnamed statement");
}

/* Extended messages whose statement name matters. */
enum pp_step pp_front_look_at_name(struct pp_front_run *f, enum pp_frame frame,
				   const struct pp_frame_head *head)
{
	struct pp_client *c = f->c;
	struct pp_server *s = c->server;
	const uint8_t *message = f->bytes + f->at;
	size_t have = f->len - f->at < head->total ? f->len - f->at : head->total;
	int named = statement_name(head->type, message + PP_MSG_HEADER, have - PP_MSG_HEADER);
	if (named == -2 && frame == PP_FRAME_PART && have < PP_NAME_WINDOW)
		return PP_STEP_WAIT;
	if (head->type == PP_FRONT_PARSE) {
		if (named == 1)
			pp_server_pin(s, PP_PIN_STATEMENT, "a named prepared statement");
		else if (frame == PP_FRAME_PART && head->total <= PP_CLIENT_UNNAMED_MAX)
			return PP_STEP_WAIT; /* short enough to be kept: wait for all of it */
		else
			remember_unnamed(c, message, head->total, frame == PP_FRAME_WHOLE);
	} else if (named != 1 && named != -1 && !s->unnamed_known) {
		if (!bring_unnamed(f))
			return PP_STEP_STOP;
	}
	return PP_STEP_TAKE;
}

/* FunctionCall names its function by OID. libpq uses it for large objects, whose state ends with the transaction; any
 * other function could do anything. OIDs below 10000 are the same in every server (pg_proc.dat). */
enum pp_step pp_front_look_at_function(struct pp_front_run *f, const struct pp_frame_head *head)
{
	static const uint32_t large_objects[] = {715,  764,  765,  952,	 953,  954,  955,
						 956,  957,  958,  964,	 1004, 3170, 3171,
						 3172, 3457, 3458, 3459, 3460};
	struct pp_reader r;
	if (f->len - f->at < PP_MSG_HEADER + 4 && head->total >= PP_MSG_HEADER + 4)
		return PP_STEP_WAIT;
	pp_reader_init(&r, f->bytes + f->at + PP_MSG_HEADER, f->len - f->at - PP_MSG_HEADER);
	uint32_t oid = pp_reader_u32(&r);
	for (size_t i = 0; i < sizeof large_objects / sizeof *large_objects; i++)
		if (oid == large_objects[i])
			return PP_STEP_TAKE;
	pp_server_pin(f->c->server, PP_PIN_OPAQUE, "a function call by OID");
	return PP_STEP_TAKE;
}
