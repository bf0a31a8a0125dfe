/* What a server's messages mean to us (back.h). */
#include "broker/back.h"

#include <arpa/inet.h>
#include <string.h>

#include "broker/app_name.h"
#include "broker/client.h"
#include "broker/database.h"
#include "broker/missing.h"
#include "broker/prepared.h"
#include "broker/server.h"
#include "wire/reader.h"

/* A ParameterStatus longer than this is passed on unread. */
#define PP_STATUS_MAX 1024
/* The tags that matter are shorter. */
#define PP_TAG_MAX 32

bool pp_back_send(struct pp_back_run *b)
{
	struct pp_client *c = b->s->client;
	size_t n = b->at - b->sent;
	const uint8_t *from = b->bytes + b->sent;
	b->sent = b->at;
	if (n == 0 || !c)
		return true;
	pp_client_write(c, from, n);
	return !c->gone;
}

void pp_back_status(struct pp_server *s, const uint8_t *body, size_t len)
{
	struct pp_reader r;
	pp_reader_init(&r, body, len);
	const char *name = pp_reader_str(&r);
	const char *value = pp_reader_str(&r);
	if (!value)
		return;
	if (strcmp(name, "standard_conforming_strings") == 0)
		s->conforming = strcmp(value, "on") == 0;
	if (strcmp(name, "client_encoding") == 0)
		s->readable = pp_lexer_may_read(value);
	/* A default changed under an idle server (reload), or the server was promoted, which it says whoever has it, and no SET
	 * can: the next client learns it by a new login. */
	bool alone = !s->client && s->conn.state == PP_CONN_IDLE;
	if (alone || strcmp(name, "in_hot_standby") == 0)
		s->database->greeting_len = 0;
}

/* May a tag be about prepared statements we keep? */
static bool speaks_of_statements(const struct pp_server *s)
{
	return s->copies.by_plan || s->prepared || s->missing || s->untidy[0] ||
	       s->pins & (PP_PIN_STATEMENT | PP_PIN_SEQUENCE) ||
	       (s->client && s->client->statements);
}

bool pp_back_must_be_whole(const struct pp_server *s, const struct pp_frame_head *head)
{
	if (pp_tx_answers_own(&s->tx))
		return head->total <= PP_OWN_MESSAGE_MAX;
	if (head->type == PP_BACK_COMMAND_COMPLETE && head->total <= PP_TAG_MAX)
		return speaks_of_statements(s);
	if (head->type == PP_BACK_ERROR &&
	    (s->missing || pp_flight_is_to_fail(&s->flight, s->tx.answered)))
		return head->total <= PP_OWN_MESSAGE_MAX;
	if (head->type == PP_BACK_PARAMETER_DESCRIPTION)
		return head->total <= PP_READ_BUFFER;
	if (head->type == PP_BACK_ROW_DESCRIPTION)
		return head->total <= PP_READ_BUFFER &&
		       pp_flight_describes(&s->flight, s->tx.answered);
	if (head->type == PP_BACK_NOTIFICATION)
		return head->total >= PP_MSG_HEADER + 4; /* its payload is below 8000 bytes */
	return head->type == PP_BACK_READY ||
	       (head->type == PP_BACK_PARAMETER_STATUS && head->total <= PP_STATUS_MAX);
}

bool pp_back_own(struct pp_back_run *b, const struct pp_frame_head *head)
{
	struct pp_server *s = b->s;
	bool heard = pp_own_hear(s, head, b->bytes + b->at);
	if (!heard && !pp_back_send(b))
		return false;
	b->at += head->total;
	if (!heard)
		b->sent = b->at;
	if (head->type != PP_BACK_READY)
		return true;
	struct pp_client *c = s->client;
	pp_own_over(s);
	return !s->gone && s->client == c;
}

bool pp_back_leave_out(struct pp_back_run *b, const struct pp_frame_head *head)
{
	if (!pp_back_send(b))
		return false;
	b->at += head->total;
	b->sent = b->at;
	return true;
}

bool pp_back_flight(struct pp_back_run *b, const struct pp_frame_head *head, uint32_t number)
{
	struct pp_server *s = b->s;
	if (head->type == PP_BACK_ERROR) {
		pp_flight_discarded(s, number, s->tx.answered);
		return true;
	}
	if (!pp_flight_answered(&s->flight, number))
		return true;
	(void)pp_back_leave_out(b, head);
	return false;
}

bool pp_back_app_name(struct pp_back_run *b, const struct pp_frame_head *head)
{
	struct pp_server *s = b->s;
	struct pp_client *c = s->client;
	if (!pp_back_send(b))
		return false;
	pp_app_name_tell(s, b->bytes + b->at + PP_MSG_HEADER, head->total - PP_MSG_HEADER);
	b->at += head->total;
	b->sent = b->at;
	return !s->gone && s->client == c;
}

bool pp_back_instead(struct pp_back_run *b, const struct pp_frame_head *head, const uint8_t *error,
		     size_t len)
{
	struct pp_client *c = b->s->client;
	uint8_t header[PP_MSG_HEADER] = {PP_BACK_ERROR};
	uint32_t length = htonl((uint32_t)len + 4);
	if (!pp_back_leave_out(b, head))
		return false;
	memcpy(header + 1, &length, sizeof length);
	pp_client_write(c, header, sizeof header);
	if (!c->gone)
		pp_client_write(c, error, len);
	return !c->gone;
}

void pp_back_note(struct pp_server *s, const struct pp_frame_head *head, const uint8_t *body)
{
	switch (head->type) {
	case PP_BACK_COMMAND_COMPLETE:
		if (head->total <= PP_TAG_MAX && body[0] == 'D' && speaks_of_statements(s))
			pp_prepared_tag(s, (const char *)body);
		break;
	case PP_BACK_ERROR: pp_prepared_error(s, body, head->total - PP_MSG_HEADER); break;
	case PP_BACK_READY:
		if (s->dealloc.plan)
			pp_prepared_ready(s);
		break;
	default: break;
	}
}
