/* A client's named statements move to the server it has, under its own names (own.h, NAMES). */
#include <arpa/inet.h>
#include <string.h>

#include "broker/client.h"
#include "broker/front.h"
#include "broker/lend.h"
#include "broker/own.h"
#include "broker/server.h"
#include "wire/writer.h"

static const uint8_t sync_message[] = {PP_FRONT_SYNC, 0, 0, 0, 4};

/* Whole messages, one after the other. */
static int say(struct pp_server *s, uint8_t type, const char *kind_and_name,
	       const struct pp_plan *plan)
{
	uint8_t bytes[PP_MSG_HEADER + 1 + PP_STATEMENT_NAME_MAX];
	struct pp_writer w;
	pp_writer_init(&w, bytes, sizeof bytes);
	pp_writer_begin(&w, type);
	pp_writer_str(&w, kind_and_name);
	pp_writer_end(&w);
	if (!plan)
		return pp_server_write(s, bytes, w.len);
	size_t types_len = 0, text_len = plan->body_len;
	const uint8_t *types =
		pp_front_is_foreign(s, plan) ? pp_plan_types(plan, &types_len) : NULL;
	if (types)
		text_len = pp_plan_text_len(plan);
	uint32_t length = htonl((uint32_t)(w.len - 1 + text_len + types_len));
	memcpy(bytes + 1, &length, sizeof length);
	int r = pp_server_write(s, bytes, w.len);
	r = r < 0 ? r : pp_server_write(s, pp_plan_body(plan), text_len);
	return r < 0 || !types ? r : pp_server_write(s, types, types_len);
}

static int say_close(struct pp_server *s, const char *name)
{
	char kind_and_name[1 + PP_STATEMENT_NAME_MAX] = "S";
	strcpy(kind_and_name + 1, name);
	return say(s, PP_FRONT_CLOSE, kind_and_name, NULL);
}

/* Names that are not the client's make way. */
static int say_closes(struct pp_server *s)
{
	pp_tx_front_own_batch(&s->tx, (uint32_t)s->copies.used.count + (s->untidy[0] != 0));
	int r = s->untidy[0] ? say_close(s, s->untidy) : 0;
	s->untidy[0] = '\0';
	PP_LIST_FOREACH (&s->copies.used, it)
		r = r < 0 ? r : say_close(s, pp_list_entry(it, struct pp_copy, link)->plan->name);
	return r < 0 ? r : pp_server_write(s, sync_message, sizeof sync_message);
}

/* One at a time: what cannot be prepared (its table is gone) takes none of the others with it, and however much they are
 * together, each fits. */
static int say_moving(struct pp_server *s)
{
	const struct pp_statement *st = s->own.moving;
	pp_tx_front_own_batch(&s->tx, 1);
	int r = say(s, PP_FRONT_PARSE, st->name, st->plan);
	return r < 0 ? r : pp_server_write(s, sync_message, sizeof sync_message);
}

static void give_up(struct pp_server *s)
{
	s->own.kind = PP_OWN_NONE;
	s->own.holds = false;
	pp_lend_server_lost(s, "it does not take its client's statements");
}

void pp_own_names(struct pp_server *s)
{
	struct pp_tx *tx = &s->tx;
	if (tx->count || tx->copy_in || tx->uncertain || s->own.kind != PP_OWN_NONE)
		return; /* the text is looked at again when replies came */
	s->own.kind = PP_OWN_NAMES;
	s->own.holds = true;
	s->own.failed = false;
	s->own.moving = NULL;
	s->unnamed_known = false;
	if (s->client->statements)
		pp_server_pin(s, PP_PIN_STATEMENT, "SQL speaks of its prepared statements");
	int r = say_closes(s);
	pp_copies_clear(&s->copies);
	if (r < 0)
		give_up(s);
}

/* It is the server's now; from now on nobody sees when it is executed. */
static void moved(struct pp_server *s, struct pp_statement *st)
{
	if (st->plan->touch)
		pp_front_touch(s, st->plan->touch);
	(void)!pp_statements_set(&s->client->statements, st->name, NULL);
}

bool pp_own_names_go_on(struct pp_server *s)
{
	struct pp_statement *st = s->own.moving, *next;
	if (!s->client)
		return false;
	next = st ? st->hh.next : s->client->statements;
	if (st && !s->own.failed)
		moved(s, st);
	s->own.failed = false;
	/* A failed transaction takes no more of them, nor will it look at the text. */
	bool has_failed = s->tx.status == PP_TX_FAILED;
	s->own.moving = has_failed ? NULL : next;
	if (s->own.moving && say_moving(s) < 0) {
		give_up(s);
		return true;
	}
	s->own.named = !s->own.moving && !has_failed && s->client->statements;
	return s->own.moving != NULL;
}
