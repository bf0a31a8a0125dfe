#include "broker/relay.h"

#include <string.h>

#include "base/log.h"
#include "broker/app_name.h"
#include "broker/back.h"
#include "broker/client.h"
#include "broker/database.h"
#include "broker/front.h"
#include "broker/lend.h"
#include "broker/missing.h"
#include "broker/notifier.h"
#include "broker/server.h"
#include "wire/error.h"

/* Rows, most of what is ever said: nothing of ours is swallowed with them, and nobody here reads them. */
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

/* Is it the "does not exist" that a changed plan was made to provoke (heal.h)? */
static bool fails_as_changed(const struct pp_server *s, const struct pp_frame_head *head,
			     const uint8_t *message, uint32_t number)
{
	struct pp_error error;
	return head->type == PP_BACK_ERROR && s->client && s->database->plans.change &&
	       pp_flight_is_to_fail(&s->flight, number) &&
	       pp_error_read(message + PP_MSG_HEADER, head->total - PP_MSG_HEADER, &error) == 0 &&
	       strcmp(error.sqlstate, "26000") == 0;
}

/* What is here of a message that its client must not hear; the rest is not for it, either. */
static void swallow(struct pp_back_run *b)
{
	struct pp_server *s = b->s;
	size_t n = b->len - b->at < s->skip ? b->len - b->at : s->skip;
	b->at += n;
	b->sent = b->at;
	s->skip -= (uint32_t)n;
	s->unsaid = s->skip > 0;
}

static bool begin_to_swallow(struct pp_back_run *b, uint32_t total)
{
	b->s->skip = total;
	if (!pp_back_send(b))
		return false;
	swallow(b);
	return true;
}

/* What a server notes of a statement it is brought, who prepared it has heard then. */
static bool is_note_of_ours(const struct pp_server *s, uint8_t type)
{
	return type == PP_BACK_NOTICE && pp_tx_is_at_extended(&s->tx) &&
	       pp_flight_is_ours(&s->flight, s->tx.answered);
}

/* One message's header at b->at. False: wait for more, or the server is gone. */
static bool take_head(struct pp_back_run *b)
{
	struct pp_server *s = b->s;
	struct pp_frame_head head;
	uint8_t *message = b->bytes + b->at;
	uint32_t number = s->tx.answered;
	enum pp_frame frame = pp_framer_back(message, b->len - b->at, &head);
	if (frame == PP_FRAME_MORE || (frame == PP_FRAME_PART && pp_back_must_be_whole(s, &head)))
		return false;
	bool spare = pp_tx_is_spare(&s->tx, head.type), own = !spare && pp_tx_answers_own(&s->tx);
	uint8_t status = 0;
	if (frame == PP_FRAME_WHOLE && head.type == PP_BACK_READY) {
		status = message[PP_MSG_HEADER];
		s->database->ready_at = s->broker->now;
	}
	if (frame == PP_FRAME_BROKEN || pp_tx_back(&s->tx, head.type, status) < 0) {
		if (pp_back_send(b)) {
			pp_log(PP_LOG_ERROR, "server %d broke the protocol (message 0x%02x)",
			       s->backend_pid, *message);
			pp_lend_server_lost(s, "it broke the protocol");
		}
		return false;
	}
	if (!pp_flight_is_empty(&s->flight) && describes(s, head.type, number) &&
	    pp_flight_described(s, number, head.type,
				frame == PP_FRAME_WHOLE ? message + PP_MSG_HEADER : NULL,
				head.total - PP_MSG_HEADER))
		return begin_to_swallow(b, head.total);
	if (own && frame == PP_FRAME_PART) {
		pp_own_hear_long(s, head.type);
		return begin_to_swallow(b, head.total);
	}
	if (is_only_passed_on(head.type) && !own) {
		/* A portal's description is a whole answer; a Query may have its number. */
		if (s->tx.answered != number)
			(void)pp_flight_answered(&s->flight, number);
		s->skip = head.total;
		return true;
	}
	if (head.type == PP_BACK_PARAMETER_STATUS && frame == PP_FRAME_WHOLE)
		pp_back_status(s, message + PP_MSG_HEADER, head.total - PP_MSG_HEADER);
	if (head.type == PP_BACK_NOTIFICATION && frame == PP_FRAME_WHOLE)
		pp_notifier_name(s, message + PP_MSG_HEADER);
	if (own)
		return pp_back_own(b, &head);
	if (is_note_of_ours(s, head.type))
		return begin_to_swallow(b, head.total);
	if (head.type == PP_BACK_PARAMETER_STATUS && frame == PP_FRAME_WHOLE &&
	    pp_app_name_is_told(s, message + PP_MSG_HEADER, head.total - PP_MSG_HEADER))
		return pp_back_app_name(b, &head);
	b->ready |= head.type == PP_BACK_READY;
	b->failed |= head.type == PP_BACK_ERROR;
	if (spare) { /* it ends nothing that we wait for */
		s->skip = head.total;
		return true;
	}
	const struct pp_plans *plans = NULL;
	if (frame == PP_FRAME_WHOLE && fails_as_changed(s, &head, message, number))
		plans = &s->database->plans;
	else if (frame == PP_FRAME_WHOLE)
		pp_back_note(s, &head, message + PP_MSG_HEADER);
	if (head.type == PP_BACK_PARAMETER_DESCRIPTION)
		s->heal.len = 0; /* the first half of an answer to Describe */
	if (head.type == PP_BACK_ERROR && frame == PP_FRAME_WHOLE &&
	    pp_heal_catches(s, number, message + PP_MSG_HEADER, head.total - PP_MSG_HEADER)) {
		pp_flight_discarded(s, number, s->tx.answered);
		b->failed = false;
		return pp_back_leave_out(b, &head);
	}
	if (head.type == PP_BACK_READY && s->heal.again) {
		b->ready = false;
		if (pp_back_leave_out(b, &head))
			pp_heal_again(s);
		return !s->gone && s->client;
	}
	if (s->tx.answered != number && !pp_back_flight(b, &head, number))
		return !s->gone && s->client;
	if (plans)
		return pp_back_instead(b, &head, plans->change, plans->change_len);
	const struct pp_missing *missing = NULL;
	if (s->missing && s->client && head.type == PP_BACK_ERROR && frame == PP_FRAME_WHOLE)
		missing = pp_missing_meant(s, message + PP_MSG_HEADER, head.total - PP_MSG_HEADER);
	if (missing)
		return pp_back_instead(b, &head, missing->error, missing->len);
	s->skip = head.total;
	return true;
}

/* What a server without a client says. */
static void hear_alone(struct pp_back_run *b)
{
	struct pp_server *s = b->s;
	if (b->failed)
		pp_lend_server_lost(s, "server says goodbye");
}

static void after_ready(struct pp_server *s)
{
	struct pp_client *c = s->client;
	c->active_at = s->broker->now;
	pp_front_is_answered(s);
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
static void leave_first(struct pp_back_run *b)
{
	static const uint8_t terminate[] = {PP_FRONT_TERMINATE, 0, 0, 0, 4};
	struct pp_server *s = b->s;
	if (!b->ready || !s->broker->orders.close_idle || !pp_lend_may_return(s) ||
	    s->conn.pool->waiters.count)
		return;
	(void)!pp_stream_write(&s->stream, terminate, sizeof terminate);
}

/* Who waits for a ReadyForQuery may not know yet that it will not come: the Query that asks for it is behind an error. */
static bool may_go_on(const struct pp_back_run *b)
{
	struct pp_server *s = b->s;
	return pp_flight_has_room(&s->flight) || (b->failed && pp_buf_len(&s->client->in));
}

static size_t run(struct pp_back_run *b)
{
	struct pp_server *s = b->s;
	if (s->unsaid)
		swallow(b);
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
	if (pp_back_send(b) && b->ready && s->client)
		after_ready(s);
	else if (!s->gone && s->client && may_go_on(b))
		pp_client_continue(s->client);
	else if (!s->gone && s->client)
		pp_client_check_eof(s->client);
	return b->at;
}

void pp_relay_back(struct pp_server *s, uint8_t *bytes, size_t len)
{
	struct pp_back_run b = {.s = s, .bytes = bytes, .len = len};
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
