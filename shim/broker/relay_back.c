#include "broker/relay.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/log.h"
#include "broker/app_name.h"
#include "broker/client.h"
#include "broker/database.h"
#include "broker/lend.h"
#include "broker/missing.h"
#include "broker/prepared.h"
#include "broker/process.h"
#include "broker/server.h"
#include "wire/framer.h"
#include "wire/reader.h"

/* A ParameterStatus longer than this is passed on unread. */
#define PP_STATUS_MAX 1024
/* The tags that matter are shorter. */
#define PP_TAG_MAX 32

struct back {
	struct pp_server *s;
	uint8_t *bytes; /* borrowed; an answer may be turned into another */
	size_t len, at, sent;
	bool ready;  /* a ReadyForQuery was among them */
	bool failed; /* an ErrorResponse was */
};

/* To the client of a lent server; nobody wants to hear an idle one. False: the client is gone. */
static bool send_on(struct back *b)
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

static void note_status(struct pp_server *s, const uint8_t *body, size_t len)
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
	/* A default changed under an idle server (reload, promotion): the next client learns it by a new login. */
	if (!s->client && s->conn.state == PP_CONN_IDLE)
		s->database->greeting_len = 0;
}

/* May a tag be about prepared statements we keep? */
static bool speaks_of_statements(const struct pp_server *s)
{
	return s->copies.by_plan || s->prepared || s->missing || s->untidy[0] ||
	       s->pins & (PP_PIN_STATEMENT | PP_PIN_SEQUENCE) ||
	       (s->client && s->client->statements);
}

static bool must_be_whole(const struct pp_server *s, const struct pp_frame_head *head)
{
	if (pp_tx_answers_own(&s->tx))
		return head->total <= PP_OWN_MESSAGE_MAX;
	if (head->type == PP_BACK_COMMAND_COMPLETE && head->total <= PP_TAG_MAX)
		return speaks_of_statements(s);
	if (head->type == PP_BACK_ERROR && s->missing)
		return head->total <= PP_OWN_MESSAGE_MAX;
	if (head->type == PP_BACK_PARAMETER_DESCRIPTION)
		return head->total <= PP_READ_BUFFER;
	if (head->type == PP_BACK_NOTIFICATION)
		return head->total >= PP_MSG_HEADER + 4; /* its payload is below 8000 bytes */
	return head->type == PP_BACK_READY ||
	       (head->type == PP_BACK_PARAMETER_STATUS && head->total <= PP_STATUS_MAX);
}

/* A whole message that answers a Query of the broker's own; it may end in anything, so what came before goes first. */
static bool take_own(struct back *b, const struct pp_frame_head *head)
{
	struct pp_server *s = b->s;
	bool heard = pp_own_hear(s, head, b->bytes + b->at);
	if (!heard && !send_on(b))
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

/* The client does not hear this message; what came before it goes on. */
static bool leave_out(struct back *b, const struct pp_frame_head *head)
{
	if (!send_on(b))
		return false;
	b->at += head->total;
	b->sent = b->at;
	return true;
}

/* Extended messages from `number` on are over. False: the answer goes no further. */
static bool settle_flight(struct back *b, const struct pp_frame_head *head, uint32_t number)
{
	struct pp_server *s = b->s;
	if (head->type == PP_BACK_ERROR) {
		pp_flight_discarded(s, number, s->tx.answered);
		return true;
	}
	if (!pp_flight_answered(&s->flight, number))
		return true;
	(void)leave_out(b, head);
	return false;
}

/* The client hears what the session's own server would say. */
static bool take_app_name(struct back *b, const struct pp_frame_head *head)
{
	struct pp_server *s = b->s;
	struct pp_client *c = s->client;
	if (!send_on(b))
		return false;
	pp_app_name_tell(s, b->bytes + b->at + PP_MSG_HEADER, head->total - PP_MSG_HEADER);
	b->at += head->total;
	b->sent = b->at;
	return !s->gone && s->client == c;
}

/* In a session of its own its client would have heard why it cannot be executed. */
static bool say_why_missing(struct back *b, const struct pp_frame_head *head,
			    const struct pp_missing *missing)
{
	struct pp_client *c = b->s->client;
	uint8_t header[PP_MSG_HEADER] = {PP_BACK_ERROR};
	uint32_t length = htonl((uint32_t)missing->len + 4);
	if (!leave_out(b, head))
		return false;
	memcpy(header + 1, &length, sizeof length);
	pp_client_write(c, header, sizeof header);
	if (!c->gone)
		pp_client_write(c, missing->error, missing->len);
	return !c->gone;
}

/* A client that notifies itself looks for the pid that BackendKeyData told it. */
static void name_notifier(const struct pp_server *s, uint8_t *body)
{
	uint32_t pid = htonl((uint32_t)s->backend_pid);
	if (!s->client || memcmp(body, &pid, sizeof pid) != 0)
		return;
	pid = htonl(s->client->key.pid);
	memcpy(body, &pid, sizeof pid);
}

/* What the server says that we must know. */
static void note_answer(struct pp_server *s, const struct pp_frame_head *head, const uint8_t *body)
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

/* Rows, most of what is ever said: nothing of ours ends with them, and nobody here reads them. */
static bool is_only_passed_on(uint8_t type)
{
	return type == PP_BACK_DATA_ROW || type == PP_BACK_ROW_DESCRIPTION ||
	       type == PP_BACK_COPY_DATA;
}

/* Is it part of an answer to Describe? Of the second part only if message `number` is answered with it: a Query's rows are
 * described, too. */
static bool describes(const struct pp_server *s, uint8_t type, uint32_t number)
{
	return type == PP_BACK_PARAMETER_DESCRIPTION ||
	       ((type == PP_BACK_NO_DATA || type == PP_BACK_ROW_DESCRIPTION) &&
		s->tx.answered != number);
}

/* One message's header at b->at. False: wait for more, or the server is gone. */
static bool take_head(struct back *b)
{
	struct pp_server *s = b->s;
	struct pp_frame_head head;
	uint8_t *message = b->bytes + b->at;
	uint32_t number = s->tx.answered;
	enum pp_frame frame = pp_framer_back(message, b->len - b->at, &head);
	if (frame == PP_FRAME_MORE || (frame == PP_FRAME_PART && must_be_whole(s, &head)))
		return false;
	bool own = pp_tx_answers_own(&s->tx);
	uint8_t status = 0;
	if (frame == PP_FRAME_WHOLE && head.type == PP_BACK_READY)
		status = message[PP_MSG_HEADER];
	if (frame == PP_FRAME_BROKEN || (own && frame == PP_FRAME_PART) ||
	    pp_tx_back(&s->tx, head.type, status) < 0) {
		if (send_on(b)) {
			pp_log(PP_LOG_ERROR, "server %d broke the protocol (message 0x%02x)",
			       s->backend_pid, *message);
			pp_lend_server_lost(s, "it broke the protocol");
		}
		return false;
	}
	if (!pp_flight_is_empty(&s->flight) && describes(s, head.type, number))
		pp_flight_described(&s->flight, number, head.type,
				    frame == PP_FRAME_WHOLE ? message + PP_MSG_HEADER : NULL,
				    head.total - PP_MSG_HEADER);
	if (is_only_passed_on(head.type) && !own) {
		s->skip = head.total;
		return true;
	}
	if (head.type == PP_BACK_PARAMETER_STATUS && frame == PP_FRAME_WHOLE)
		note_status(s, message + PP_MSG_HEADER, head.total - PP_MSG_HEADER);
	if (head.type == PP_BACK_NOTIFICATION && frame == PP_FRAME_WHOLE)
		name_notifier(s, message + PP_MSG_HEADER);
	if (own)
		return take_own(b, &head);
	if (head.type == PP_BACK_PARAMETER_STATUS && frame == PP_FRAME_WHOLE &&
	    pp_app_name_is_told(s, message + PP_MSG_HEADER, head.total - PP_MSG_HEADER))
		return take_app_name(b, &head);
	b->ready |= head.type == PP_BACK_READY;
	b->failed |= head.type == PP_BACK_ERROR;
	if (frame == PP_FRAME_WHOLE)
		note_answer(s, &head, message + PP_MSG_HEADER);
	if (head.type == PP_BACK_PARAMETER_DESCRIPTION)
		s->heal.len = 0; /* the first half of an answer to Describe */
	if (head.type == PP_BACK_ERROR && frame == PP_FRAME_WHOLE &&
	    pp_heal_catches(s, number, message + PP_MSG_HEADER, head.total - PP_MSG_HEADER)) {
		pp_flight_discarded(s, number, s->tx.answered);
		b->failed = false;
		return leave_out(b, &head);
	}
	if (head.type == PP_BACK_READY && s->heal.again) {
		b->ready = false;
		if (leave_out(b, &head))
			pp_heal_again(s);
		return !s->gone && s->client;
	}
	if (s->tx.answered != number && !settle_flight(b, &head, number))
		return !s->gone && s->client;
	const struct pp_missing *missing = NULL;
	if (s->missing && s->client && head.type == PP_BACK_ERROR && frame == PP_FRAME_WHOLE)
		missing = pp_missing_meant(s, message + PP_MSG_HEADER, head.total - PP_MSG_HEADER);
	if (missing)
		return say_why_missing(b, &head, missing);
	s->skip = head.total;
	return true;
}

/* What a server without a client says. */
static void hear_alone(struct back *b)
{
	struct pp_server *s = b->s;
	if (b->failed)
		pp_lend_server_lost(s, "server says goodbye");
}

static void after_ready(struct pp_server *s)
{
	struct pp_client *c = s->client;
	c->active_at = s->broker->now;
	s->flight.full = false; /* who waited for answers is looked at again */
	if (pp_tx_is_idle(&s->tx)) {
		c->transactions++;
		s->broker->transactions++;
		pp_lend_check_return(s);
	}
	/* Room in the tracker: what was held back may go on. */
	if (!c->gone && c->server == s && pp_buf_len(&c->in))
		pp_client_continue(c);
	else
		pp_client_check_eof(c);
}

/* The pod is leaving, and its last process may end as soon as it has read this reply, taking us with it: so the
 * server hears Terminate first. */
static void leave_first(struct back *b)
{
	static const uint8_t terminate[] = {PP_FRONT_TERMINATE, 0, 0, 0, 4};
	struct pp_server *s = b->s;
	if (!b->ready || !s->broker->orders.close_idle || !pp_lend_may_return(s) ||
	    s->conn.pool->waiters.count)
		return;
	(void)!pp_stream_write(&s->stream, terminate, sizeof terminate);
}

static size_t run(struct back *b)
{
	struct pp_server *s = b->s;
	while (b->at < b->len) {
		if (!s->skip && !take_head(b))
			break;
		size_t n = b->len - b->at < s->skip ? b->len - b->at : s->skip;
		b->at += n;
		s->skip -= (uint32_t)n;
	}
	if (s->gone)
		return b->len;
	if (!s->client) {
		hear_alone(b);
		return b->at;
	}
	leave_first(b);
	if (send_on(b) && b->ready && s->client)
		after_ready(s);
	else if (!s->gone && s->client && pp_flight_has_room(&s->flight))
		pp_client_continue(s->client);
	else if (!s->gone && s->client)
		pp_client_check_eof(s->client);
	return b->at;
}

void pp_relay_back(struct pp_server *s, uint8_t *bytes, size_t len)
{
	struct back b = {.s = s, .bytes = bytes, .len = len};
	if (pp_buf_len(&s->in) == 0) {
		size_t used = run(&b);
		if (!s->gone && used < len &&
		    pp_buf_append(&s->in, bytes + used, len - used, 2 * PP_READ_BUFFER) < 0)
			pp_lend_server_lost(s, "no memory for its answer");
		return;
	}
	if (pp_buf_append(&s->in, bytes, len, 2 * PP_READ_BUFFER) < 0) {
		pp_lend_server_lost(s, "no memory for its answer");
		return;
	}
	/* Moved out for the time of looking: closing the server frees s->in. */
	struct pp_buf in = s->in;
	s->in = (struct pp_buf){0};
	b.bytes = in.mem + in.start;
	b.len = pp_buf_len(&in);
	size_t used = run(&b);
	if (s->gone) {
		pp_buf_finish(&in);
		return;
	}
	pp_buf_consume(&in, used);
	s->in = in;
}
