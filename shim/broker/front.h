/* shim/broker/front.h - the parts of relay_front.c: one run over a client's bytes, and what it looks at.
 *
 * front.c sends on and lets the lexer read; front_names.c knows what the names in extended messages ask for.
 */
#ifndef PP_BROKER_FRONT_H
#define PP_BROKER_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/framer.h"

struct pp_client;
struct pp_server;

/* TAKE: the message may pass. MORE: wait for more of it. STOP: the client is gone, or the rest must wait. */
enum pp_step { PP_STEP_TAKE, PP_STEP_WAIT, PP_STEP_STOP };

/* Bytes up to `at` were looked at, up to `sent` they went to the server. */
struct pp_front_run {
	struct pp_client *c;
	const uint8_t *bytes; /* borrowed */
	size_t len, at, sent;
};

/* Sends what was looked at and not yet sent. False: the client or its server is gone. */
bool pp_front_send(struct pp_front_run *f);

/* SQL text streams by: begin at a Query or Parse header, then its body in pieces. */
void pp_front_lex_begin(struct pp_server *s, uint8_t type);
void pp_front_lex(struct pp_server *s, const uint8_t *bytes, size_t len);

/* Parse, Bind, Describe, Close: do they speak of a prepared statement? */
bool pp_front_is_named_kind(uint8_t type);
/* One of these, or a FunctionCall, at f->at. */
enum pp_step pp_front_look_at_name(struct pp_front_run *f, enum pp_frame frame,
				   const struct pp_frame_head *head);
enum pp_step pp_front_look_at_function(struct pp_front_run *f, const struct pp_frame_head *head);

#endif
