#include "broker/front.h"

#include <string.h>

#include "broker/client.h"
#include "broker/database.h"
#include "broker/hidden.h"
#include "broker/lend.h"
#include "broker/server.h"
#include "broker/shed.h"

/* What note_unsettled() keeps: nothing is left to be asked for. */
#define NOTED (PP_TOUCH_UNSETTLED | PP_TOUCH_DDL)

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

bool pp_front_is_alone(const struct pp_server *s)
{
	return s->defines || (s->pins | s->touch.bits) & PP_PIN_TEMP;
}

struct pp_plans_env pp_front_env(const struct pp_server *s)
{
	return (struct pp_plans_env){s->client->label, s->client->epoch, s->renames,
				     pp_front_is_alone(s)};
}

/* Most of what a session with temporary objects makes and drops are those: they are no news to others. */
static void note_definition(struct pp_server *s, uint32_t bits)
{
	s->defines = true;
	if (!((bits | s->pins | s->touch.bits) & PP_PIN_TEMP))
		s->database->plans.defined_at = s->broker->now;
}

void pp_front_definitions_over(struct pp_server *s)
{
	if (s->defines)
		note_definition(s, 0);
	s->defines = false;
}

/* Until the transaction's end, or until the server has been asked what became of it. */
static void note_unsettled(struct pp_server *s, uint32_t bits, bool renames)
{
	const uint32_t unseen = PP_PIN_DYNAMIC | PP_PIN_OPAQUE | PP_PIN_PREPARE;
	s->unsettled |= (bits & PP_TOUCH_UNSETTLED) != 0;
	if (bits & PP_TOUCH_DDL)
		note_definition(s, bits);
	s->renames |= renames || bits & unseen;
}

/* What was set, in this transaction or before, may be reset. */
static bool resets_reading(const struct pp_server *s, const struct pp_touched *text)
{
	static const char *const names[] = {"standard_conforming_strings", "client_encoding"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		bool is_meant = text->names.all || pp_nameset_has(&text->names, names[i]);
		if (is_meant && (s->rereads || pp_label_get(pp_labels_view(s->label), names[i])))
			return true;
	}
	return false;
}

/* ROLLBACK brings back what its transaction has changed, COMMIT what was changed for it alone. */
static void note_reading(struct pp_server *s, const struct pp_touched *text)
{
	const uint32_t unseen = PP_PIN_DYNAMIC | PP_PIN_PREPARE;
	bool rereads = text->rereads || resets_reading(s, text);
	s->reading_doubtful |= rereads || (s->rereads && text->bits & PP_TOUCH_END);
	s->strings_doubtful |=
		text->bits & unseen || (text->names.all && s->own.kind == PP_OWN_PROBE);
	s->rereads |= rereads;
}

bool pp_front_reads_as_ever(const struct pp_server *s)
{
	return !s->rereads && !s->strings_doubtful && !s->reading_doubtful;
}

void pp_front_is_answered(struct pp_server *s)
{
	if (pp_tx_is_busy(&s->tx) || pp_tx_is_in_batch(&s->tx))
		return;
	s->strings_doubtful = s->reading_doubtful = false;
	s->rereads &= s->tx.status != PP_TX_IDLE;
}

void pp_front_touch(struct pp_server *s, const struct pp_touched *text)
{
	struct pp_label label = pp_labels_view(s->client->label);
	if (text->bits & PP_PIN_SEQUENCE && !s->database->asks_sequences) {
		s->database->asks_sequences = true;
		s->database->hidden->generation++; /* what was read before is read again */
	}
	s->doubtful = text->bits & PP_PIN_OPAQUE & ~s->touch.bits;
	note_unsettled(s, text->bits, text->renames);
	note_reading(s, text);
	if (text->bits & PP_TOUCH_DATABASE)
		pp_shed_begin(s);
	/* Nearly always there is nothing to end. */
	if (text->bits & ~(PP_TOUCH_END | NOTED) || may_have_state(s))
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
	note_unsettled(s, bits, pp_lexer_names_rename(&s->lexer));
	s->reading_doubtful |= pp_lexer_names_reread(&s->lexer);
	s->rereads |= pp_lexer_names_reread(&s->lexer);
	return bits & ~NOTED;
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
