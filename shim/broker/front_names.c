#include "broker/front.h"

#include <string.h>

#include "broker/client.h"
#include "broker/database.h"
#include "broker/hidden.h"
#include "broker/lend.h"
#include "broker/server.h"

/* How much of a message must be seen to know the statement's name: two names, and more than the server keeps of each. */
#define PP_NAME_WINDOW 1024

bool pp_front_is_named_kind(uint8_t type)
{
	return type == PP_FRONT_PARSE || type == PP_FRONT_BIND || type == PP_FRONT_DESCRIBE ||
	       type == PP_FRONT_CLOSE;
}

enum spoken { OF_A_NAME, OF_THE_UNNAMED, OF_A_PORTAL, UNKNOWN };

/* Which statement does it speak of? UNKNOWN: more bytes are needed. */
static enum spoken speaks(uint8_t type, const uint8_t *message, size_t have,
			  struct pp_front_name *ret_name)
{
	size_t at = PP_MSG_HEADER;
	if (type == PP_FRONT_DESCRIBE || type == PP_FRONT_CLOSE) {
		if (at < have && message[at] != 'S')
			return OF_A_PORTAL;
		at++;
	} else if (type == PP_FRONT_BIND) { /* the portal comes first */
		const uint8_t *nul = at < have ? memchr(message + at, 0, have - at) : NULL;
		if (!nul)
			return UNKNOWN;
		at = (size_t)(nul + 1 - message);
	}
	const uint8_t *nul = at < have ? memchr(message + at, 0, have - at) : NULL;
	if (!nul)
		return UNKNOWN;
	ret_name->at = at;
	ret_name->len = (size_t)(nul - message) - at;
	size_t cut = strnlen((const char *)message + at, sizeof ret_name->text - 1);
	memcpy(ret_name->text, message + at, cut);
	ret_name->text[cut] = '\0';
	return ret_name->len ? OF_A_NAME : OF_THE_UNNAMED;
}

bool pp_front_find_name(const uint8_t *message, const struct pp_frame_head *head,
			struct pp_front_name *ret_name)
{
	return speaks(head->type, message, head->total, ret_name) == OF_A_NAME;
}

void pp_front_settle_unnamed(struct pp_server *s)
{
	bool alone = s->unkept_alone || !(s->pins & PP_PIN_STATEMENT);
	if (s->client->unnamed.unkept) {
		pp_server_pin(s, PP_PIN_STATEMENT, "a long unnamed statement");
		s->unkept_alone = alone;
	} else if (s->unkept_alone) {
		s->pins &= ~(uint32_t)PP_PIN_STATEMENT;
		s->unkept_alone = false;
	}
}

void pp_front_keep_long(struct pp_server *s, const uint8_t *bytes, size_t len)
{
	if (!pp_unnamed_add_long(&s->client->unnamed, bytes, len))
		pp_front_settle_unnamed(s);
}

/* It is replaced by the message that has just passed, which was to have this number; an error may bring it back. */
static void replace_unnamed(struct pp_client *c, uint32_t number, bool same)
{
	struct pp_server *s = c->server;
	if (number != s->tx.asked)
		pp_flight_push_unnamed(&s->flight, number, same ? NULL : &c->unnamed,
				       s->unnamed_known);
	else if (!same)
		pp_unnamed_finish(&c->unnamed);
	s->unnamed_known = true;
}

/* Its text streams by, and is kept if there is room. */
static enum pp_step parse_long_unnamed(struct pp_front_run *f, const struct pp_frame_head *head)
{
	struct pp_server *s = f->c->server;
	enum pp_step step = pp_front_look_at_begin(f, head, PP_MSG_HEADER + 1);
	if (step != PP_STEP_TAKE)
		return step;
	uint32_t number = s->tx.asked;
	step = pp_front_make_room(f, 1) ? pp_front_pass(f, head) : PP_STEP_STOP;
	if (step != PP_STEP_TAKE)
		return step;
	replace_unnamed(f->c, number, false);
	if (pp_unnamed_begin_long(&f->c->unnamed, &s->broker->long_unnamed, head->total))
		pp_front_keep_long(s, f->bytes + f->at, PP_MSG_HEADER);
	else
		pp_unnamed_leave_unkept(&f->c->unnamed);
	pp_front_settle_unnamed(s);
	pp_front_lex_begin(s, PP_FRONT_PARSE);
	/* The header is not text: it is counted off here. */
	f->at += PP_MSG_HEADER;
	f->c->skip -= PP_MSG_HEADER;
	return PP_STEP_TAKE;
}

static bool keep_unnamed(struct pp_front_run *f, const struct pp_frame_head *head, uint32_t bits)
{
	struct pp_client *c = f->c;
	struct pp_touched text;
	c->unnamed.watch = c->server->database->hidden->generation;
	c->unnamed.plain = !bits && c->server->conforming;
	bits = pp_front_sql_only_prepares(c->server, bits);
	if (bits & PP_PIN_PREPARE && !(bits & PP_TOUCH_PREPARES))
		pp_front_sql_unknown(c->server);
	if (bits) {
		pp_touch_read(&text, bits, &c->server->lexer);
		pp_front_touch(c->server, &text);
	}
	return (!bits || pp_unnamed_keep_touch(&c->unnamed, &text)) &&
	       pp_buf_append(&c->unnamed.parse, f->bytes + f->at, head->total,
			     PP_UNNAMED_SHORT_MAX) == 0;
}

/* Drivers parse the same text again and again (pgjdbc, pgbench -M extended): what touches nothing is not read anew. */
static bool is_said_again(const struct pp_front_run *f, const struct pp_frame_head *head)
{
	const struct pp_unnamed *unnamed = &f->c->unnamed;
	const struct pp_server *s = f->c->server;
	return pp_unnamed_is_said_again(unnamed, f->bytes + f->at, head->total) &&
	       unnamed->watch == s->database->hidden->generation && s->conforming && s->readable &&
	       pp_front_reads_as_ever(s) && !(s->touch.bits & PP_TOUCH_CODE);
}

/* WAIT: it goes on as it is. */
static enum pp_step look_at_names(struct pp_front_run *f, const struct pp_frame_head *head,
				  uint32_t bits)
{
	const struct pp_lexer *lexer = &f->c->server->lexer;
	enum pp_step step = PP_STEP_WAIT;
	if (pp_lexer_shape(lexer) == PP_SHAPE_DEALLOCATE)
		step = pp_front_deallocate_unnamed(f, head, pp_lexer_shape_name(lexer));
	return step == PP_STEP_WAIT && pp_front_waits_for_names(f, bits) ? PP_STEP_STOP : step;
}

/* docs 55.2.3: the unnamed statement lasts until the next Parse of it or a simple Query. */
static enum pp_step parse_unnamed(struct pp_front_run *f, enum pp_frame frame,
				  const struct pp_frame_head *head)
{
	struct pp_client *c = f->c;
	struct pp_server *s = c->server;
	if (head->total > PP_UNNAMED_SHORT_MAX)
		return parse_long_unnamed(f, head);
	if (frame == PP_FRAME_PART)
		return PP_STEP_WAIT;
	const uint8_t *text = f->bytes + f->at + PP_MSG_HEADER + 1;
	size_t len = head->total - PP_MSG_HEADER - 1;
	bool again = is_said_again(f, head);
	uint32_t bits = again ? 0 : pp_front_lex_whole(s, text, len);
	enum pp_step step = again ? PP_STEP_WAIT : look_at_names(f, head, bits);
	if (step != PP_STEP_WAIT)
		return step;
	uint32_t number = s->tx.asked;
	step = pp_front_make_room(f, 1) ? pp_front_pass(f, head) : PP_STEP_STOP;
	if (step != PP_STEP_TAKE)
		return step;
	replace_unnamed(c, number, again);
	if (again)
		pp_gist_keep(&c->last_ran, text, strnlen((const char *)text, len));
	else if (!keep_unnamed(f, head, bits))
		pp_unnamed_leave_unkept(&c->unnamed);
	pp_front_settle_unnamed(s);
	return step;
}

/* The unnamed statement lives in the session, not in this server, which may still have another client's: say our
 * Parse again, or close the stranger's so that the server gives the true answer (26000). */
static bool bring_unnamed(struct pp_front_run *f)
{
	static const uint8_t unnamed[] = {'S', 0};
	struct pp_client *c = f->c;
	const uint8_t *kept = pp_buf_bytes(&c->unnamed.parse);
	size_t len = pp_buf_len(&c->unnamed.parse);
	c->server->unnamed_asked = c->server->tx.asked;
	c->server->unnamed_brought = true;
	bool said = len ? pp_front_say(f, PP_FLIGHT_QUIET, PP_FRONT_PARSE, kept + PP_MSG_HEADER,
				       len - PP_MSG_HEADER, NULL, NULL)
			: pp_front_say(f, PP_FLIGHT_QUIET, PP_FRONT_CLOSE, unnamed, sizeof unnamed,
				       NULL, NULL);
	if (said)
		c->server->unnamed_known = true;
	return said;
}

static enum pp_step close_unnamed(struct pp_front_run *f, const struct pp_frame_head *head)
{
	uint32_t number = f->c->server->tx.asked;
	enum pp_step step = pp_front_make_room(f, 1) ? pp_front_pass(f, head) : PP_STEP_STOP;
	if (step != PP_STEP_TAKE)
		return step;
	replace_unnamed(f->c, number, false);
	pp_front_settle_unnamed(f->c->server);
	return step;
}

/* It was brought within a batch that has ended and may have failed before it came to that. */
static bool is_brought_or_not(struct pp_server *s)
{
	if (!s->unnamed_brought)
		return false;
	s->unnamed_brought = (int32_t)(s->tx.answered - s->unnamed_asked) <= 0;
	return s->unnamed_brought && pp_tx_is_behind(&s->tx, s->unnamed_asked);
}

/* False: gone, or it must wait. */
static bool make_unnamed_there(struct pp_front_run *f)
{
	struct pp_server *s = f->c->server;
	if (pp_flight_is_unnamed_pending(&s->flight, &s->tx) || is_brought_or_not(s))
		return false;
	return s->unnamed_known || bring_unnamed(f);
}

static enum pp_step use_unnamed(struct pp_front_run *f, const struct pp_frame_head *head)
{
	struct pp_client *c = f->c;
	struct pp_server *s = c->server;
	if (head->type == PP_FRONT_CLOSE)
		return close_unnamed(f, head);
	if (!s->tx.uncertain && !make_unnamed_there(f))
		return pp_front_stop(f);
	if (head->type == PP_FRONT_BIND && c->unnamed.touch) {
		pp_front_touch(s, c->unnamed.touch);
		s->forgets |= (c->unnamed.touch->bits & PP_TOUCH_FORGETS) != 0;
	}
	if (head->type == PP_FRONT_BIND && pp_buf_len(&c->unnamed.parse))
		pp_front_touch_dated(s, c->unnamed.watch);
	return pp_front_pass(f, head);
}

enum pp_step pp_front_named(struct pp_front_run *f, enum pp_frame frame,
			    const struct pp_frame_head *head)
{
	struct pp_front_name name;
	const uint8_t *message = f->bytes + f->at;
	size_t have = f->len - f->at < head->total ? f->len - f->at : head->total;
	if (f->c->server->tx.skip_to_sync)
		return pp_front_pass(f, head); /* nobody will look at it */
	switch (speaks(head->type, message, have, &name)) {
	case UNKNOWN:
		if (frame == PP_FRAME_PART && have < PP_NAME_WINDOW)
			return PP_STEP_WAIT;
		pp_server_pin(f->c->server, PP_PIN_PROTOCOL, "a name that does not end");
		return pp_front_pass(f, head);
	case OF_A_PORTAL: return pp_front_pass(f, head);
	case OF_THE_UNNAMED:
		return head->type == PP_FRONT_PARSE ? parse_unnamed(f, frame, head)
						    : use_unnamed(f, head);
	case OF_A_NAME: break;
	}
	if (f->c->server->tx.uncertain) {
		enum pp_step step = pp_front_use_in_doubt(f, head, &name);
		return step == PP_STEP_WAIT ? pp_front_parse(f, frame, head, &name) : step;
	}
	if (pp_front_awaits_names(f))
		return PP_STEP_STOP;
	/* Errors name the statement: what it is called there must be certain. */
	if (pp_flight_is_pending(&f->c->server->flight, &f->c->server->tx, name.text))
		return pp_front_stop(f);
	switch (head->type) {
	case PP_FRONT_PARSE: return pp_front_parse(f, frame, head, &name);
	case PP_FRONT_CLOSE: return pp_front_close(f, head, &name);
	default: return pp_front_use(f, head, &name);
	}
}
