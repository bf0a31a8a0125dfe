#include "broker/front.h"

#include <string.h>

#include "broker/client.h"
#include "broker/lend.h"
#include "broker/server.h"

static bool may_have_state(const struct pp_server *s)
{
	return s->pins || s->touch.bits || s->client->label || s->own.kind == PP_OWN_PROBE;
}

static void lex_end(struct pp_server *s)
{
	s->lexing = PP_LEXING_NO;
	uint32_t bits = pp_lexer_finish(&s->lexer);
	uint32_t lasting = pp_pins_lasting(bits & PP_PINS_ALL);
	if (lasting)
		pp_server_pin(s, lasting, pp_lexer_cause(&s->lexer));
	if (!s->readable)
		pp_server_pin(s, PP_PIN_OPAQUE, "a client_encoding that cannot be read");
	/* Nearly always there is nothing to end. */
	if ((bits & ~PP_TOUCH_END) || (bits && may_have_state(s))) {
		struct pp_touched text;
		struct pp_label label = pp_labels_view(s->client->label);
		pp_touch_read(&text, bits, &s->lexer);
		pp_touch_add(&s->touch, &text, s->own.kind == PP_OWN_PROBE ? NULL : &label);
	}
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
	if (s->lexing == PP_LEXING_TEXT) {
		const uint8_t *nul = memchr(bytes, 0, len);
		pp_lexer_feed(&s->lexer, bytes, nul ? (size_t)(nul - bytes) : len);
		if (nul)
			lex_end(s);
	}
}

void pp_front_lex_begin(struct pp_server *s, uint8_t type)
{
	s->lexing = type == PP_FRONT_PARSE ? PP_LEXING_NAME : PP_LEXING_TEXT;
	pp_lexer_init(&s->lexer, s->conforming);
}

bool pp_front_send(struct pp_front_run *f)
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
