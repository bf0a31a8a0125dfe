/* shim/broker/front.h - the parts of relay_front.c: one run over a client's bytes, and what it looks at.
 *
 * front.c sends on and lets the lexer read, front_past.c before a server is lent; front_query.c looks at Query, front_names.c at the names in extended
 * messages, front_sql.c at those that SQL has prepared, front_parse.c and front_statements.c say what a named statement means to the server that is lent, and
 * front_copies.c sees that it is there.
 */
#ifndef PP_BROKER_FRONT_H
#define PP_BROKER_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/flight.h"
#include "broker/plans.h"
#include "broker/touch.h"
#include "wire/framer.h"

struct pp_client;
struct pp_server;

/* TAKE: the message may pass. WAIT: for more of it. STOP: the client is gone, or the rest must wait. */
enum pp_step { PP_STEP_TAKE, PP_STEP_WAIT, PP_STEP_STOP };

/* Why a server is kept: names were taken again, more than one at a time, and the answers to that are on it. */
#define PP_FRONT_TWICE "statements prepared twice"

/* 08006: a prepared statement is on another server, and this one cannot be returned nor asked. */
#define PP_FRONT_LOST                                                                              \
	"podpool: after a pipeline whose answers cannot be told apart this prepared statement "    \
	"cannot be brought to its server; connect again"

/* Messages written anew are gathered here, so that a batch stays one packet. */
#define PP_FRONT_OUT 4096

/* Bytes up to `at` were looked at, up to `sent` they went to the server or into `out`. */
struct pp_front_run {
	struct pp_client *c;
	const uint8_t *bytes; /* borrowed */
	size_t len, at, sent;
	size_t out_len;
	uint8_t out[PP_FRONT_OUT];
};

void pp_front_init(struct pp_front_run *f, struct pp_client *c, const uint8_t *bytes, size_t len);

/* Sends what was looked at and not yet sent. False: the client or its server is gone. */
bool pp_front_send(struct pp_front_run *f);
/* The same, and then these bytes, which are not the client's. */
bool pp_front_put(struct pp_front_run *f, const void *bytes, size_t len);
/* The client's bytes up to `at` are not sent. */
void pp_front_leave_out(struct pp_front_run *f, size_t at);

/* The message at f->at goes on as it is: counted by the tracker, its rest to be streamed. */
enum pp_step pp_front_pass(struct pp_front_run *f, const struct pp_frame_head *head);

/* The unnamed statement is another one, or none: while its text is nowhere else it keeps its server, which says no Query of
 * ours meanwhile. */
void pp_front_settle_unnamed(struct pp_server *s);
/* More of a long one. */
void pp_front_keep_long(struct pp_server *s, const uint8_t *bytes, size_t len);
/* SQL text streams by: begin at a Query or unnamed Parse, then its body in pieces. */
void pp_front_lex_begin(struct pp_server *s, uint8_t type);
void pp_front_lex(struct pp_server *s, const uint8_t *bytes, size_t len);
/* What pp_front_note() keeps: nothing is left to be asked for. */
#define PP_FRONT_NOTED (PP_TOUCH_UNSETTLED | PP_TOUCH_DDL)
/* A text is on its way: what it changes for the texts behind it. */
void pp_front_note(struct pp_server *s, const struct pp_touched *text);
/* The same of the text that has just been lexed, with these bits. */
void pp_front_note_lexed(struct pp_server *s, uint32_t bits);
/* Texts are read as the client's label has it, for sure. */
bool pp_front_reads_as_ever(const struct pp_server *s);
/* ReadyForQuery was heard. */
void pp_front_is_answered(struct pp_server *s);
/* What a text lexed as Query will do, as bits, is noted as far as there is no question to ask; the rest of them. */
uint32_t pp_front_runs(struct pp_server *s, uint32_t bits);
/* A text at once, for later (front_query.c, front_parse.c). */
uint32_t pp_front_lex_whole(struct pp_server *s, const uint8_t *text, size_t len);
/* Room for so many marks more; false: the client waits for answers, or is gone. */
bool pp_front_make_room(struct pp_front_run *f, uint32_t count);
/* Ends the session with 53200: false. */
bool pp_front_lacks_memory(struct pp_front_run *f);
/* Is anything that was said not yet answered? Then the rest waits, and the server is made to answer. */
bool pp_front_awaits_answers(struct pp_front_run *f);
/* It waits for an answer that is on its way: STOP. */
enum pp_step pp_front_stop(struct pp_front_run *f);
/* A named statement: must it wait until what was said before is answered, which may forget statements? */
bool pp_front_awaits_names(struct pp_front_run *f);
/* The text is executed: what it does lastingly pins now, the rest is asked later. */
void pp_front_touch(struct pp_server *s, const struct pp_touched *text);

/* What is executed was read under this watch (hidden.generation): if it has changed, it may do more. */
void pp_front_touch_dated(struct pp_server *s, uint32_t watch);

/* Where the statement's name stands in a message, in bytes from its beginning; the name has its NUL there. */
struct pp_front_name {
	size_t at, len;
	char text[PP_STATEMENT_NAME_MAX]; /* as the server cuts it */
};

/* Parse, Bind, Describe, Close: do they speak of a prepared statement? */
bool pp_front_is_named_kind(uint8_t type);
/* The name in a whole message that names a statement. */
bool pp_front_find_name(const uint8_t *message, const struct pp_frame_head *head,
			struct pp_front_name *ret_name);
/* One of these at f->at. */
enum pp_step pp_front_named(struct pp_front_run *f, enum pp_frame frame,
			    const struct pp_frame_head *head);
enum pp_step pp_front_query(struct pp_front_run *f, enum pp_frame frame,
			    const struct pp_frame_head *head);
/* An unnamed Parse of DEALLOCATE name. WAIT: nothing to do with our plans. */
enum pp_step pp_front_deallocate_unnamed(struct pp_front_run *f, const struct pp_frame_head *head,
					 const char *name);
/* A text that speaks of prepared statements by name must find the client's there, under its names, and no others:
 * pp_front_move_names() first. */
bool pp_front_needs_names(const struct pp_server *s, uint32_t bits);
/* STOP: it waits, as pp_own_names() does it. TAKE: it goes on behind them, within a batch that has begun. */
enum pp_step pp_front_move_names(struct pp_front_run *f);
/* The text that has just been lexed, with these bits: must it wait for that, or for what is not yet known of its name? */
bool pp_front_waits_for_names(struct pp_front_run *f, uint32_t bits);
/* The same of a text that is too long to be looked at as a whole, and begins at `at` in its message: WAIT for more of it. */
enum pp_step pp_front_look_at_begin(struct pp_front_run *f, const struct pp_frame_head *head,
				    size_t at);
/* Looks this first text of a transaction, a Query or Parse as a whole, at what a server has done for others? */
bool pp_front_wants_unused(const struct pp_client *c, const uint8_t *message,
			   const struct pp_frame_head *head);
enum pp_step pp_front_function(struct pp_front_run *f, const struct pp_frame_head *head);

/* PREPARE and EXECUTE as Query, lexed and about to go on: what is left to be asked for, when what the statement does has
 * been noted. */
uint32_t pp_front_sql_touch(struct pp_server *s, uint32_t bits);
/* What PREPARE does when it is executed is none of what its statement will do. */
uint32_t pp_front_sql_only_prepares(struct pp_server *s, uint32_t bits);
/* Something that SQL has prepared is executed, and nobody knows what. */
void pp_front_sql_unknown(struct pp_server *s);
/* The bits of such a text that is lexed: with PP_TOUCH_STATEMENTS if the name is not SQL's here. */
uint32_t pp_front_sql_names(const struct pp_server *s, uint32_t bits);
/* Is it not yet known what the protocol's statement of that name is? */
bool pp_front_sql_is_pending(const struct pp_server *s);
/* Does nobody know for sure what SQL has prepared? */
bool pp_front_sql_is_unsure(const struct pp_server *s);
/* Bind, Describe or Close of a name that is not the protocol's. STOP: it must wait. */
enum pp_step pp_front_sql_use(struct pp_front_run *f, uint8_t type, const char *name);
/* A text that is lexed may speak of what is locked (missing.h): true, it waits until that is there, or known to fail. */
bool pp_front_sql_brings(struct pp_front_run *f, uint32_t bits);
/* DEALLOCATE and PREPARE of what is missing (missing.h) find an empty one. STOP: gone, or it must wait. */
enum pp_step pp_front_sql_stand_in(struct pp_front_run *f);

/* A message that names a statement (not the unnamed one), whole if it is Parse and short enough. */
enum pp_step pp_front_parse(struct pp_front_run *f, enum pp_frame frame,
			    const struct pp_frame_head *head, const struct pp_front_name *name);
/* A client that would have to wait for a server, and only prepares (Parse and Sync) what servers have prepared before,
 * is answered here: true, and both are used up. */
bool pp_front_parse_known(struct pp_front_run *f, const struct pp_frame_head *head);
enum pp_step pp_front_use(struct pp_front_run *f, const struct pp_frame_head *head,
			  const struct pp_front_name *name);
enum pp_step pp_front_close(struct pp_front_run *f, const struct pp_frame_head *head,
			    const struct pp_front_name *name);

/* The same where answers can no longer be told apart (tx.h, uncertain): nothing of ours is said any more, what is not there
 * ends the session (08006). WAIT: a Parse that is the server's own. */
enum pp_step pp_front_use_in_doubt(struct pp_front_run *f, const struct pp_frame_head *head,
				   const struct pp_front_name *name);

/* A message of the broker's own, behind what was looked at; plan and name are its mark's. False: gone, or it must wait. */
bool pp_front_say(struct pp_front_run *f, enum pp_flight_kind kind, uint8_t type, const void *body,
		  size_t len, struct pp_plan *plan, const char *name);
/* The client's message with another name in it: header and head of the body anew, the rest as it comes. */
enum pp_step pp_front_rename(struct pp_front_run *f, const struct pp_frame_head *head,
			     const struct pp_front_name *name, const char *new_name);
/* Room for one more copy of a plan; and not two under one name. False: gone, or it must wait. */
bool pp_front_clear_the_way(struct pp_front_run *f, struct pp_plan *plan, bool has_it);
/* The server's copy of this name of ours, if it has one, goes: the client says that name. False: gone, or it must wait. */
bool pp_front_evict(struct pp_front_run *f, const char *name);
/* A statement of the client's name that only served to provoke an error (s->untidy) is in the way of what is really
 * called so, or of nothing. False: gone, or it must wait. */
bool pp_front_clear_name(struct pp_front_run *f, const char *name);
/* Reads what executing it will do, under today's watch. False: no memory. */
bool pp_front_learn_touch(struct pp_server *s, struct pp_plan *plan);
/* The plan is what Bind or Describe speaks of, at f->at: makes sure the server has it, or for Describe what it would say. */
enum pp_step pp_front_make_there(struct pp_front_run *f, const struct pp_frame_head *head,
				 struct pp_plan *plan);
/* Do names mean something else on this server now than where the plan's Parse was said, or may they? */
bool pp_front_is_foreign(const struct pp_server *s, const struct pp_plan *plan);
/* Does this session see other tables than the others: uncommitted DDL, temporary ones? */
bool pp_front_is_alone(const struct pp_server *s);
/* Its transaction is over: others see them. */
void pp_front_definitions_over(struct pp_server *s);
/* Whose Parse one of its client would be now. */
struct pp_plans_env pp_front_env(const struct pp_server *s);
/* An empty statement in the plan's place, with its parameters if they are known. False: gone, or it must wait. */
bool pp_front_stand_in(struct pp_front_run *f, struct pp_plan *plan);

#endif
