/* shim/broker/back.h - the parts of relay_back.c: one run over a server's bytes, and what its messages mean to us
 * (back_message.c).
 */
#ifndef PP_BROKER_BACK_H
#define PP_BROKER_BACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/framer.h"

struct pp_server;

/* Bytes up to `at` were looked at, up to `sent` they went to the client. */
struct pp_back_run {
	struct pp_server *s;
	uint8_t *bytes; /* borrowed; an answer may be turned into another */
	size_t len, at, sent;
	bool ready;  /* a ReadyForQuery was among them */
	bool failed; /* an ErrorResponse was */
};

/* Sends what was looked at and not yet sent to the client of a lent server; nobody wants to hear an idle one. False: the
 * client is gone. */
bool pp_back_send(struct pp_back_run *b);
/* The client does not hear this message; what came before it goes on. False: it is gone. */
bool pp_back_leave_out(struct pp_back_run *b, const struct pp_frame_head *head);

/* Must this message be here as a whole before it is looked at? */
bool pp_back_must_be_whole(const struct pp_server *s, const struct pp_frame_head *head);
/* ParameterStatus. */
void pp_back_status(struct pp_server *s, const uint8_t *body, size_t len);
/* What the server says that we must know. */
void pp_back_note(struct pp_server *s, const struct pp_frame_head *head, const uint8_t *body);

/* A whole message that answers a Query of the broker's own; it may end in anything, so what came before goes first.
 * False: client or server are gone, or no longer together. */
bool pp_back_own(struct pp_back_run *b, const struct pp_frame_head *head);
/* Extended messages from `number` on are over. False: the answer goes no further. */
bool pp_back_flight(struct pp_back_run *b, const struct pp_frame_head *head, uint32_t number);
/* ParameterStatus of application_name: the client hears what the session's own server would say. False: it is gone. */
bool pp_back_app_name(struct pp_back_run *b, const struct pp_frame_head *head);
/* An error: in a session of its own its client would have heard another one, with this body. False: gone. */
bool pp_back_instead(struct pp_back_run *b, const struct pp_frame_head *head, const uint8_t *error,
		     size_t len);

#endif
