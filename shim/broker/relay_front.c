#include "broker/relay.h"

#include <stdio.h>
#include <string.h>

#include "broker/client.h"
#include "broker/front.h"
#include "broker/hidden.h"
#include "broker/lend.h"
#include "broker/process.h"
#include "broker/server.h"
#include "wire/framer.h"

/* As the server: it names a letter it does not know, and hangs up without a word on an impossible length (postgres.c,
 * SocketBackend). */
static void refuse(struct pp_front_run *f, uint8_t type)
{
	char message[48];
	bool known = type && strchr("BCDEFHPQSXcdf", type);
	if (!pp_front_send(f))
		return;
	snprintf(message, sizeof message, "invalid frontend message type %u", type);
	if (known)
		pp_client_close_soon(f->c);
	else
		pp_client_fail(f->c, "FATAL", "08P01", message);
}

/* docs 55.2.6: after a failed COPY the server drops what the client still sends of it. The server may be back in
 * the pool by then, so we do; and a Flush asks for nothing. */
static bool is_late_copy(uint8_t type)
{
	return type == PP_FRONT_COPY_DATA || type == PP_FRONT_COPY_DONE ||
	       type == PP_FRONT_COPY_FAIL || type == PP_FRONT_FLUSH;
}

/* What the client's last transaction did is still being found out; if it was nothing, the server goes back, and this
 * text may have another one. */
static bool is_being_asked(const struct pp_server *s)
{
	return s->own.kind == PP_OWN_PROBE && !s->pins && pp_tx_owes_only_own(&s->tx);
}

/* One message's header, at f->at. STOP: the client is gone, or the rest must wait. */
static enum pp_step take_head(struct pp_front_run *f)
{
	struct pp_client *c = f->c;
	struct pp_frame_head head;
	enum pp_frame frame = pp_framer_front(f->bytes + f->at, f->len - f->at, &head);
	if (frame == PP_FRAME_MORE)
		return PP_STEP_WAIT;
	if (frame == PP_FRAME_BROKEN || head.type == PP_FRONT_PASSWORD) {
		refuse(f, f->bytes[f->at]);
		return PP_STEP_STOP;
	}
	if (head.type == PP_FRONT_TERMINATE) {
		/* The server reads it after it has answered what came before: an end like FIN, what follows is nothing. */
		if (!pp_front_send(f))
			return PP_STEP_STOP;
		f->at = f->sent = f->len;
		c->eof = true;
		pp_client_pause(c, true);
		return PP_STEP_STOP;
	}
	if (c->skip_to_sync) {
		c->skip = head.total;
		c->skip_to_sync = head.type != PP_FRONT_SYNC;
		return PP_STEP_TAKE;
	}
	if (!c->server && is_late_copy(head.type)) {
		c->skip = head.total;
		return PP_STEP_TAKE;
	}
	if (!c->server && frame == PP_FRAME_WHOLE && head.type == PP_FRONT_PARSE &&
	    pp_front_parse_known(f, &head))
		return c->gone ? PP_STEP_STOP : PP_STEP_TAKE;
	/* Half a message keeps no server: a short one is waited for, a long one will soon be more. */
	if (!c->server && frame == PP_FRAME_PART && head.total <= PP_READ_BUFFER)
		return PP_STEP_WAIT;
	if (!c->server || is_being_asked(c->server)) {
		c->wants_unused = frame == PP_FRAME_WHOLE &&
				  pp_front_wants_unused(c, f->bytes + f->at, &head);
		if (c->server && c->wants_unused)
			return PP_STEP_STOP;
	}
	if (pp_hidden_holds(c) || (!c->server && !pp_lend_begin(c)))
		return PP_STEP_STOP;
	struct pp_server *s = c->server;
	if (s->pins && pp_tx_is_idle(&s->tx) && pp_process_is_ending(c))
		return PP_STEP_STOP;
	if (pp_tx_is_idle(&s->tx))
		c->since = c->broker->now; /* a transaction begins */
	if (pp_own_holds(s))
		return PP_STEP_STOP;
	if (pp_front_is_named_kind(head.type))
		return pp_front_named(f, frame, &head);
	switch (head.type) {
	case PP_FRONT_QUERY: return pp_front_query(f, frame, &head);
	case PP_FRONT_FUNCTION_CALL: return pp_front_function(f, &head);
	default: return pp_front_pass(f, &head);
	}
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
	c->skip_to_sync = frame == PP_FRAME_WHOLE && pp_front_is_named_kind(head.type);
	if (!c->skip_to_sync)
		c->skip = frame == PP_FRAME_WHOLE || frame == PP_FRAME_PART ? head.total : 0;
	pp_client_write_error(c, "ERROR", "57014", "canceling statement due to user request");
	if (!c->gone)
		pp_client_continue(c);
}

static void take_body(struct pp_front_run *f)
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
	if (c->unnamed.coming)
		pp_front_keep_long(c->server, f->bytes + f->at, n);
	if (c->server->lexing)
		pp_front_lex(c->server, f->bytes + f->at, n);
	f->at += n;
	c->skip -= (uint32_t)n;
	if (c->skip == 0 && c->server->lexing) {
		c->server->lexing = PP_LEXING_NO; /* no terminator: the server will say so */
		pp_server_pin(c->server, PP_PIN_OPAQUE, "a text without end");
	}
}

size_t pp_relay_front(struct pp_client *c, const uint8_t *bytes, size_t len)
{
	struct pp_front_run f;
	pp_front_init(&f, c, bytes, len);
	c->active_at = c->broker->now;
	while (f.at < f.len) {
		if (c->server && pp_server_is_congested(c->server)) {
			pp_client_pause(c, true);
			break;
		}
		if (!c->skip && take_head(&f) != PP_STEP_TAKE)
			break;
		if (c->skip)
			take_body(&f);
	}
	if (!c->gone && c->server && pp_front_send(&f) && !c->skip && pp_tx_is_idle(&c->server->tx))
		pp_lend_check_return(
			c->server); /* only late COPY data or a Flush: no reply will come */
	if (f.at == f.len) /* else what is left is not yet in c->in: its caller's to check */
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
	/* Whoever took its server meanwhile saw no input and resumed it. */
	pp_client_pause(c, pp_buf_len(&c->in) >= PP_CLIENT_IN_MAX ||
				   (c->server && pp_server_is_congested(c->server)));
}
