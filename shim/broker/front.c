#include "broker/front.h"

#include <string.h>

#include "broker/client.h"
#include "broker/database.h"
#include "broker/hidden.h"
#include "broker/lend.h"
#include "broker/server.h"
#include "broker/shed.h"

void pp_front_init(struct pp_front_run *f, struct pp_client *c, const uint8_t *bytes, size_t len)
{
	f->c = c;
	f->bytes = bytes;
	f->len = len;
	f->at = f->sent = f->out_len = 0;
}

static bool may_have_state(const struct pp_server *s)
{
	return s->pins || s->touch.bits || s->client->label || s->own.kind == PP_OWN_PROBE;
}

void pp_front_touch_dated(struct pp_server *s, uint32_t watch)
{
	if (watch != s->database->hidden->generation)
		s->touch.bits |= PP_PIN_DYNAMIC;
}

void pp_front_touch(struct pp_server *s, const struct pp_touched *text)
{
	struct pp_label label = pp_labels_view(s->client->label);
	if (text->bits & PP_PIN_SEQUENCE && !s->database->asks_sequences) {
		s->database->asks_sequences = true;
		s->database->hidden->generation++; /* what was read before is read again */
	}
	s->doubtful = text->bits & PP_PIN_OPAQUE & ~s->touch.bits;
	pp_front_note(s, text);
	if (text->bits & PP_TOUCH_DATABASE)
		pp_shed_begin(s);
	/* Nearly always there is nothing to end. */
	if (text->bits & ~(PP_TOUCH_END | PP_FRONT_NOTED) || may_have_state(s))
		pp_touch_add(&s->touch, text, s->own.kind == PP_OWN_PROBE ? NULL : &label);
	if (s->pins & PP_PIN_SESSION) /* it was told at login */
		s->touch.bits &= ~(uint32_t)PP_PIN_PID;
}

static void begin(struct pp_server *s)
{
	s->doubtful = 0;
	pp_lexer_init(&s->lexer, s->conforming && !s->strings_doubtful);
	pp_lexer_watch(&s->lexer, pp_hidden_watch(s->database));
}

static uint32_t finish(struct pp_server *s)
{
	uint32_t bits = pp_lexer_finish(&s->lexer);
	if (!s->database->asks_sequences)
		bits &= ~(uint32_t)PP_TOUCH_SEQUENCE;
	if (s->database->makes_temporary) /* functions create, too */
		bits |= PP_PIN_TEMP;
	if (s->touch.bits & PP_TOUCH_CODE) /* it may call what its transaction has made */
		bits |= PP_PIN_DYNAMIC;
	return s->readable && !s->reading_doubtful ? bits : bits | PP_PIN_OPAQUE;
}

uint32_t pp_front_runs(struct pp_server *s, uint32_t bits)
{
	bits = pp_front_sql_touch(s, bits);
	pp_front_note_lexed(s, bits);
	return bits & ~PP_FRONT_NOTED;
}

/* Does a text's answer depend on nothing but the text and the watch? */
static bool may_be_plain(const struct pp_server *s)
{
	return s->conforming && s->readable && !(s->touch.bits & PP_TOUCH_CODE) &&
	       !s->strings_doubtful && !s->reading_doubtful;
}

/* A whole text. Nearly always there is nothing in it, nor was there when it was last read. */
static uint32_t read_whole(struct pp_server *s, const uint8_t *text, size_t len)
{
	struct pp_plain_image image;
	struct pp_plain *plain = &s->database->plain;
	uint32_t generation = s->database->hidden->generation;
	bool may_know = may_be_plain(s);
	s->doubtful = 0;
	if (may_know && pp_plain_knows(plain, generation, text, len)) {
		pp_lexer_init(&s->lexer, true); /* no shape, no names */
		return 0;
	}
	begin(s);
	pp_lexer_feed(&s->lexer, text, len);
	uint32_t bits = finish(s);
	if (may_know && !bits && pp_lexer_shape(&s->lexer) == PP_SHAPE_OTHER &&
	    !pp_lexer_names_rename(&s->lexer) && pp_plain_draw(&image, text, len))
		pp_plain_learn(plain, generation, &image);
	return bits;
}

static void lex_end(struct pp_server *s, uint32_t bits)
{
	struct pp_touched text;
	bool unnamed = s->lexing_unnamed;
	s->lexing = PP_LEXING_NO;
	if (!unnamed)
		bits = pp_front_runs(s, bits);
	if (unnamed) {
		pp_unnamed_forget_touch(&s->client->unnamed);
		s->client->unnamed.watch = s->database->hidden->generation;
	}
	if (!bits)
		return;
	pp_touch_read(&text, bits, &s->lexer);
	s->forgets |= !unnamed && bits & PP_TOUCH_FORGETS;
	if (unnamed && !pp_unnamed_keep_touch(&s->client->unnamed, &text))
		pp_server_pin(s, PP_PIN_OPAQUE, "no memory for its statement");
	pp_front_touch(s, &text);
}

void pp_front_lex_begin(struct pp_server *s, uint8_t type)
{
	s->lexing = type == PP_FRONT_PARSE ? PP_LEXING_NAME : PP_LEXING_TEXT;
	s->lexing_unnamed = type == PP_FRONT_PARSE;
	s->text_begins = true;
}

void pp_front_lex(struct pp_server *s, const uint8_t *bytes, size_t len)
{
	if (s->lexing == PP_LEXING_NAME) {
		const uint8_t *nul = memchr(bytes, 0, len);
		if (!nul)
			return;
		len -= (size_t)(nul + 1 - bytes);
		bytes = nul + 1;
		s->lexing = PP_LEXING_TEXT;
	}
	if (s->lexing != PP_LEXING_TEXT)
		return;
	const uint8_t *nul = memchr(bytes, 0, len);
	bool begins = s->text_begins;
	if (nul)
		len = (size_t)(nul - bytes);
	s->text_begins = false;
	if (begins && nul) {
		lex_end(s, pp_front_lex_whole(s, bytes, len));
		return;
	}
	if (begins) {
		pp_gist_keep(&s->client->last_ran, bytes, len);
		begin(s);
	}
	pp_lexer_feed(&s->lexer, bytes, len);
	if (nul)
		lex_end(s, finish(s));
}

uint32_t pp_front_lex_whole(struct pp_server *s, const uint8_t *text, size_t len)
{
	const uint8_t *nul = memchr(text, 0, len);
	if (nul)
		len = (size_t)(nul - text);
	pp_gist_keep(&s->client->last_ran, text, len);
	return read_whole(s, text, len);
}

static bool write_on(struct pp_front_run *f, const void *bytes, size_t len)
{
	if (len == 0 || pp_server_write(f->c->server, bytes, len) == 0)
		return true;
	pp_lend_server_lost(f->c->server, "it does not take its input");
	return false;
}

static bool flush(struct pp_front_run *f)
{
	size_t len = f->out_len;
	f->out_len = 0;
	return write_on(f, f->out, len);
}

bool pp_front_put(struct pp_front_run *f, const void *bytes, size_t len)
{
	const uint8_t *passed = f->bytes + f->sent;
	size_t n = f->at - f->sent;
	f->sent = f->at;
	if (n + len > sizeof f->out - f->out_len && !flush(f))
		return false;
	if (n + len > sizeof f->out)
		return write_on(f, passed, n) && write_on(f, bytes, len);
	memcpy(f->out + f->out_len, passed, n);
	memcpy(f->out + f->out_len + n, bytes, len);
	f->out_len += n + len;
	return true;
}

void pp_front_leave_out(struct pp_front_run *f, size_t at)
{
	f->at = f->sent = at;
}

bool pp_front_send(struct pp_front_run *f)
{
	size_t n = f->at - f->sent;
	if (f->out_len)
		return pp_front_put(f, "", 0) && flush(f);
	f->sent = f->at;
	return write_on(f, f->bytes + f->at - n, n);
}

enum pp_step pp_front_pass(struct pp_front_run *f, const struct pp_frame_head *head)
{
	int r = pp_tx_front(&f->c->server->tx, head->type);
	if (r == 0) {
		f->c->skip = head->total;
		return PP_STEP_TAKE;
	}
	if (r != PP_ERR_FULL && pp_front_send(f)) /* full: more is taken when replies came */
		pp_client_fail(f->c, "FATAL", "08P01", "podpool: message out of place");
	return PP_STEP_STOP;
}
