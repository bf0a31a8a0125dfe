#include <string.h>

#include "broker/client.h"
#include "broker/lend.h"
#include "broker/relay.h"
#include "broker/server.h"
#include "wire/framer.h"
#include "wire/reader.h"

/* How much of a Parse, Bind, Describe or Close must be seen to know the statement's name: two NAMEDATALEN names.
 * Longer names are legal (the server truncates): then it is treated as named. */
#define PP_NAME_WINDOW 512

enum step { STEP_TAKE, STEP_MORE, STEP_STOP };

/* Message bytes up to here were looked at and may go to the server. */
struct front {
	struct pp_client *c;
	const uint8_t *bytes;
	size_t len, at, sent;
};

static void lex_end(struct pp_server *s)
{
	s->lexing = PP_LEXING_NO;
	uint32_t pins = pp_lexer_finish(&s->lexer);
	if (pins)
		pp_server_pin(s, pins, pp_lexer_cause(&s->lexer));
	if (!s->readable)
		pp_server_pin(s, PP_PIN_OPAQUE, "a client_encoding that cannot be read");
}

static void lex(struct pp_server *s, const uint8_t *bytes, size_t len)
{
	if (s->lexing == PP_LEXING_NAME) {
		const uint8_t *nul = memchr(bytes, 0, len);
		if (!nul)
			return;
		len -= (size_t)(nul + 1 - bytes);
		bytes = nul + 1;
		s->lexing = PP_LEXING_TEXT;
	}
	if (s->lexing == PP_LEXING_TEXT) {
		const uint8_t *nul = memchr(bytes, 0, len);
		pp_lexer_feed(&s->lexer, bytes, nul ? (size_t)(nul - bytes) : len);
		if (nul)
			lex_end(s);
	}
}

static void lex_begin(struct pp_server *s, uint8_t type)
{
	s->lexing = type == PP_FRONT_PARSE ? PP_LEXING_NAME : PP_LEXING_TEXT;
	pp_lexer_init(&s->lexer, s->conforming);
}

/* Sends what was looked at and not yet sent. False: the client or its server is gone. */
static bool send_on(struct front *f)
{
	size_t n = f->at - f->sent;
	if (n == 0)
		return true;
	int r = pp_server_write(f->c->server, f->bytes + f->sent, n);
	f->sent = f->at;
	if (r < 0) {
		pp_lend_server_lost(f->c->server, "it does not take its input");
		return false;
	}
	return true;
}

static void violation(struct front *f, const char *message)
{
	if (send_on(f))
		pp_client_fail(f->c, "FATAL", "08P01", message);
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
static bool bring_unnamed(struct front *f)
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
	if (!send_on(f))
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
static enum step look_at_name(struct front *f, enum pp_frame frame,
			      const struct pp_frame_head *head)
{
	struct pp_client *c = f->c;
	struct pp_server *s = c->server;
	const uint8_t *message = f->bytes + f->at;
	size_t have = f->len - f->at < head->total ? f->len - f->at : head->total;
	int named = statement_name(head->type, message + PP_MSG_HEADER, have - PP_MSG_HEADER);
	if (named == -2 && frame == PP_FRAME_PART && have < PP_NAME_WINDOW)
		return STEP_MORE;
	if (head->type == PP_FRONT_PARSE) {
		if (named == 1)
			pp_server_pin(s, PP_PIN_STATEMENT, "a named prepared statement");
		else if (frame == PP_FRAME_PART && head->total <= PP_CLIENT_UNNAMED_MAX)
			return STEP_MORE; /* short enough to be kept: wait for all of it */
		else
			remember_unnamed(c, message, head->total, frame == PP_FRAME_WHOLE);
	} else if (named != 1 && named != -1 && !s->unnamed_known) {
		if (!bring_unnamed(f))
			return STEP_STOP;
	}
	return STEP_TAKE;
}

/* FunctionCall names its function by OID. libpq uses it for large objects, whose state ends with the transaction; any
 * other function could do anything. OIDs below 10000 are the same in every server (pg_proc.dat). */
static enum step look_at_function(struct front *f, const struct pp_frame_head *head)
{
	static const uint32_t large_objects[] = {715,  764,  765,  952,	 953,  954,  955,
						 956,  957,  958,  964,	 1004, 3170, 3171,
						 3172, 3457, 3458, 3459, 3460};
	struct pp_reader r;
	if (f->len - f->at < PP_MSG_HEADER + 4 && head->total >= PP_MSG_HEADER + 4)
		return STEP_MORE;
	pp_reader_init(&r, f->bytes + f->at + PP_MSG_HEADER, f->len - f->at - PP_MSG_HEADER);
	uint32_t oid = pp_reader_u32(&r);
	for (size_t i = 0; i < sizeof large_objects / sizeof *large_objects; i++)
		if (oid == large_objects[i])
			return STEP_TAKE;
	pp_server_pin(f->c->server, PP_PIN_OPAQUE, "a function call by OID");
	return STEP_TAKE;
}

static bool is_named_kind(uint8_t type)
{
	return type == PP_FRONT_PARSE || type == PP_FRONT_BIND || type == PP_FRONT_DESCRIBE ||
	       type == PP_FRONT_CLOSE;
}

/* docs 55.2.6: after a failed COPY the server drops what the client still sends of it. The server may be back in
 * the pool by then, so we do; and a Flush asks for nothing. */
static bool is_late_copy(uint8_t type)
{
	return type == PP_FRONT_COPY_DATA || type == PP_FRONT_COPY_DONE ||
	       type == PP_FRONT_COPY_FAIL || type == PP_FRONT_FLUSH;
}

/* One message's header, at f->at. STOP: the client is gone, or the rest must wait. */
static enum step take_head(struct front *f)
{
	struct pp_client *c = f->c;
	struct pp_frame_head head;
	enum pp_frame frame = pp_framer_front(f->bytes + f->at, f->len - f->at, &head);
	if (frame == PP_FRAME_MORE)
		return STEP_MORE;
	if (frame == PP_FRAME_BROKEN || head.type == PP_FRONT_PASSWORD) {
		violation(f, "podpool: invalid frontend message");
		return STEP_STOP;
	}
	if (head.type == PP_FRONT_TERMINATE) {
		/* The server reads it after it has answered what came before: an end like FIN, what follows is nothing. */
		if (!send_on(f))
			return STEP_STOP;
		f->at = f->sent = f->len;
		c->eof = true;
		pp_client_pause(c, true);
		return STEP_STOP;
	}
	if (c->skip_to_sync) {
		c->skip = head.total;
		c->skip_to_sync = head.type != PP_FRONT_SYNC;
		return STEP_TAKE;
	}
	if (!c->server && is_late_copy(head.type)) {
		c->skip = head.total;
		return STEP_TAKE;
	}
	/* Half a message keeps no server: a short one is waited for, a long one will soon be more. */
	if (!c->server && frame == PP_FRAME_PART && head.total <= PP_READ_BUFFER)
		return STEP_MORE;
	if (!c->server && !pp_lend_begin(c))
		return STEP_STOP;
	struct pp_server *s = c->server;
	if (is_named_kind(head.type)) {
		enum step step = look_at_name(f, frame, &head);
		if (step != STEP_TAKE)
			return step;
	}
	if (head.type == PP_FRONT_FUNCTION_CALL && look_at_function(f, &head) == STEP_MORE)
		return STEP_MORE;
	int r = pp_tx_front(&s->tx, head.type);
	if (r == PP_ERR_FULL)
		return STEP_STOP; /* more is taken when replies came */
	if (r < 0) {
		violation(f, "podpool: message out of place");
		return STEP_STOP;
	}
	if (head.type == PP_FRONT_QUERY) {
		pp_buf_finish(&c->unnamed);
		s->unnamed_known = true;
	}
	c->skip = head.total;
	if (head.type == PP_FRONT_QUERY || head.type == PP_FRONT_PARSE) {
		lex_begin(s, head.type);
		/* The header is not text: it is counted off here. */
		f->at += PP_MSG_HEADER;
		c->skip -= PP_MSG_HEADER;
	}
	return STEP_TAKE;
}

static void say_ready(struct pp_client *c)
{
	static const uint8_t ready[] = {PP_BACK_READY, 0, 0, 0, 5, PP_TX_IDLE};
	c->cancelled = false;
	pp_client_write(c, ready, sizeof ready);
}

/* docs 55.2.3 and 55.2.10: the query ends with an error; a batch is then discarded up to its Sync. */
void pp_relay_front_cancelled(struct pp_client *c)
{
	struct pp_frame_head head;
	enum pp_frame frame = pp_framer_front(pp_buf_bytes(&c->in), pp_buf_len(&c->in), &head);
	c->cancelled = true;
	c->skip_to_sync = frame == PP_FRAME_WHOLE && is_named_kind(head.type);
	if (!c->skip_to_sync)
		c->skip = frame == PP_FRAME_WHOLE || frame == PP_FRAME_PART ? head.total : 0;
	pp_client_write_error(c, "ERROR", "57014", "canceling statement due to user request");
	if (!c->gone)
		pp_client_continue(c);
}

static void take_body(struct front *f)
{
	struct pp_client *c = f->c;
	size_t n = f->len - f->at < c->skip ? f->len - f->at : c->skip;
	if (!c->server) { /* late COPY data, or a cancelled batch: to nobody */
		f->at += n;
		f->sent = f->at;
		c->skip -= (uint32_t)n;
		if (c->skip == 0 && c->cancelled && !c->skip_to_sync)
			say_ready(c);
		return;
	}
	if (c->server->lexing)
		lex(c->server, f->bytes + f->at, n);
	f->at += n;
	c->skip -= (uint32_t)n;
	if (c->skip == 0 && c->server->lexing) {
		c->server->lexing = PP_LEXING_NO; /* no terminator: the server will say so */
		pp_server_pin(c->server, PP_PIN_OPAQUE, "a text without end");
	}
}

size_t pp_relay_front(struct pp_client *c, const uint8_t *bytes, size_t len)
{
	struct front f = {.c = c, .bytes = bytes, .len = len};
	while (f.at < f.len) {
		if (c->server && pp_server_is_congested(c->server)) {
			pp_client_pause(c, true);
			break;
		}
		if (!c->skip && take_head(&f) != STEP_TAKE)
			break;
		if (c->skip)
			take_body(&f);
	}
	if (!c->gone && c->server && send_on(&f) && !c->skip && pp_tx_is_idle(&c->server->tx))
		pp_lend_check_return(
			c->server); /* only late COPY data or a Flush: no reply will come */
	pp_client_check_eof(c);
	return f.at;
}

void pp_relay_front_pending(struct pp_client *c)
{
	size_t len = pp_buf_len(&c->in);
	if (len == 0)
		return;
	/* While we look, the bytes must not move: whoever closes the client frees them, and says gone. */
	struct pp_buf in = c->in;
	c->in = (struct pp_buf){0};
	size_t used = pp_relay_front(c, pp_buf_bytes(&in), len);
	if (c->gone || c->state == PP_CLIENT_CLOSING) {
		pp_buf_finish(&in);
		return;
	}
	pp_buf_consume(&in, used);
	c->in = in;
	if (pp_buf_len(&c->in) < PP_CLIENT_IN_MAX &&
	    !(c->server && pp_server_is_congested(c->server)))
		pp_client_pause(c, false);
}
