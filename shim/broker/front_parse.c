/* Parse with a name (front.h): what it becomes on the server that is lent. */
#include <string.h>

#include "broker/client.h"
#include "broker/database.h"
#include "broker/front.h"
#include "broker/hidden.h"
#include "broker/missing.h"
#include "broker/server.h"

/* What provoked an error under this name is in the way of what is really called so. */
bool pp_front_clear_name(struct pp_front_run *f, const char *name)
{
	struct pp_server *s = f->c->server;
	uint8_t body[1 + PP_STATEMENT_NAME_MAX] = {'S'};
	size_t len = strlen(name) + 1;
	if (!pp_front_evict(f, name))
		return false;
	if (strcmp(s->untidy, name) != 0 || pp_statements_find(f->c->statements, name))
		return true;
	memcpy(body + 1, name, len);
	if (pp_front_awaits_names(f) ||
	    !pp_front_say(f, PP_FLIGHT_TIDY, PP_FRONT_CLOSE, body, 1 + len, NULL, name))
		return false;
	s->untidy[0] = '\0';
	return true;
}

/* Parse as the client says it: from now on the names on this server are the client's own, until it leaves. */
static enum pp_step parse_natively(struct pp_front_run *f, const struct pp_frame_head *head,
				   const struct pp_front_name *name, const char *why)
{
	struct pp_server *s = f->c->server;
	enum pp_step step =
		pp_front_clear_name(f, name->text) ? pp_front_pass(f, head) : PP_STEP_STOP;
	if (step != PP_STEP_TAKE)
		return step;
	pp_server_pin(s, PP_PIN_STATEMENT, why);
	s->has_forgetting = true; /* it may be DEALLOCATE ALL, which SQL's EXECUTE runs unseen */
	pp_front_lex_begin(s, PP_FRONT_PARSE);
	s->lexing_unnamed = false;
	f->at += PP_MSG_HEADER;
	f->c->skip -= PP_MSG_HEADER;
	return PP_STEP_TAKE;
}

/* The name is taken. Only the server can say so in its own words (42P05), so let it have one of that name. */
static enum pp_step parse_again(struct pp_front_run *f, const struct pp_frame_head *head,
				const struct pp_front_name *name)
{
	struct pp_server *s = f->c->server;
	uint8_t body[PP_STATEMENT_NAME_MAX + 3] = {0};
	size_t len = strlen(name->text) + 1;
	if (strcmp(s->untidy, name->text) == 0)
		return pp_front_pass(f, head);
	if ((s->untidy[0] || pp_flight_tidies(&s->flight)) && pp_front_awaits_answers(f))
		return PP_STEP_STOP; /* the other one may go, or come back */
	bool other = s->untidy[0];
	memcpy(body, name->text, len); /* then the empty text, and no types */
	if (!pp_front_say(f, PP_FLIGHT_QUIET, PP_FRONT_PARSE, body, len + 3, NULL,
			  other ? NULL : name->text))
		return PP_STEP_STOP;
	if (other)
		pp_server_pin(s, PP_PIN_STATEMENT, PP_FRONT_TWICE);
	memcpy(s->untidy, name->text, len);
	return pp_front_pass(f, head);
}

/* What nobody else can use takes the room of what many do. */
static bool has_enough_alone(const struct pp_client *c)
{
	return pp_front_is_alone(c->server) &&
	       HASH_COUNT(c->statements) >= PP_STATEMENTS_ALONE_MAX && /* seldom */
	       pp_statements_alone(c->statements) >= PP_STATEMENTS_ALONE_MAX;
}

/* NULL: there is no room for it. */
static struct pp_plan *plan_of(struct pp_front_run *f, const struct pp_frame_head *head,
			       const struct pp_front_name *name)
{
	struct pp_client *c = f->c;
	size_t end = name->at + name->len + 1;
	bool is_new;
	struct pp_plan *plan = pp_plans_take(c->database, pp_front_env(c->server),
					     f->bytes + f->at + end, head->total - end, &is_new);
	bool odd = plan && !pp_front_reads_as_ever(c->server);
	bool is_read = plan && !odd && !is_new && plan->watch == c->database->hidden->generation;
	if (plan && !is_read && !pp_front_learn_touch(c->server, plan)) {
		pp_plan_drop(plan);
		return NULL;
	}
	if (odd)
		pp_server_pin(c->server, plan->touch ? plan->touch->bits & PP_PIN_OPAQUE : 0,
			      "a text whose strings may be read otherwise");
	return plan;
}

/* Does its client ask itself, next? The rest of the Parse is here. */
static bool is_described_next(const struct pp_front_run *f, const struct pp_front_name *name)
{
	struct pp_frame_head head;
	struct pp_front_name described;
	size_t at = f->at + f->c->skip;
	return pp_framer_front(f->bytes + at, f->len - at, &head) == PP_FRAME_WHOLE &&
	       head.type == PP_FRONT_DESCRIBE &&
	       pp_front_find_name(f->bytes + at, &head, &described) &&
	       strcmp(described.text, name->text) == 0;
}

/* Which types a server has inferred it is asked behind a Parse, which is whole: where names mean something else another one
 * would infer others, and so would any when its tables have changed. False: the client is gone. */
static bool learn_types(struct pp_front_run *f, const struct pp_front_name *name,
			struct pp_plan *plan)
{
	struct pp_client *c = f->c;
	struct pp_server *s = c->server;
	char body[1 + PP_PLAN_NAME_MAX] = "S";
	if (!pp_plan_must_ask(plan, c->broker->now) || f->len - f->at < c->skip)
		return true;
	plan->asked_at = c->broker->now;
	if (is_described_next(f, name))
		return true;
	strcpy(body + 1, plan->name);
	f->at += c->skip;
	c->skip = 0;
	bool said = pp_front_say(f, PP_FLIGHT_LEARN, PP_FRONT_DESCRIBE, body, strlen(body) + 1,
				 plan, name->text);
	return said || (!c->gone && c->server == s);
}

/* Whether the text can be parsed, and how, is for the server to say each time: tables change. */
static enum pp_step parse_plan(struct pp_front_run *f, const struct pp_frame_head *head,
			       const struct pp_front_name *name, struct pp_plan *plan)
{
	struct pp_client *c = f->c;
	struct pp_server *s = c->server;
	bool has_it = pp_copies_find(&s->copies, plan) != PP_COPIES_ABSENT;
	if (!pp_front_make_room(f, 3) || !pp_front_clear_the_way(f, plan, has_it) ||
	    pp_copies_add(&s->copies, plan) < 0)
		return PP_STEP_STOP;
	if (pp_statements_set(&c->statements, name->text, plan) < 0) {
		pp_copies_remove(&s->copies, plan);
		return parse_natively(f, head, name, "too many prepared statements");
	}
	uint32_t number = s->tx.asked;
	enum pp_step step = pp_front_rename(f, head, name, plan->name);
	if (step == PP_STEP_TAKE) {
		pp_flight_push(&s->flight, number, PP_FLIGHT_PARSE, name->text, plan);
		if (!learn_types(f, name, plan))
			step = PP_STEP_STOP;
	} else if (!c->gone && c->server == s) { /* it will be looked at again */
		(void)!pp_statements_set(&c->statements, name->text, NULL);
		pp_copies_remove(&s->copies, plan);
	}
	return step;
}

/* DEALLOCATE and the like, prepared under a name: when it is executed, nobody reads which names it says. */
static bool speaks_of_names(const struct pp_plan *plan)
{
	return plan->touch && plan->touch->bits & (PP_TOUCH_STATEMENTS | PP_TOUCH_FORGETS);
}

static enum pp_step parse_with_names(struct pp_front_run *f, const struct pp_frame_head *head,
				     const struct pp_front_name *name)
{
	struct pp_server *s = f->c->server;
	if (pp_front_needs_names(s, PP_TOUCH_STATEMENTS) && pp_front_move_names(f) == PP_STEP_STOP)
		return PP_STEP_STOP;
	return parse_natively(f, head, name, "a statement that speaks of statements");
}

enum pp_step pp_front_parse(struct pp_front_run *f, enum pp_frame frame,
			    const struct pp_frame_head *head, const struct pp_front_name *name)
{
	struct pp_client *c = f->c;
	struct pp_server *s = c->server;
	if (frame == PP_FRAME_PART && head->total <= PP_READ_BUFFER)
		return PP_STEP_WAIT;
	if (s->own.kind == PP_OWN_PROBE)
		return PP_STEP_STOP; /* how texts are read is being asked */
	if (pp_statements_find(c->statements, name->text))
		return parse_again(f, head, name);
	if (pp_missing_find(s, name->text))
		return parse_again(f, head, name);
	if (pp_sqlset_find(c->prepared, name->text) && !pp_front_sql_is_unsure(s))
		return pp_front_pass(f, head); /* the server has it, and will say so */
	if (frame == PP_FRAME_PART)
		return parse_natively(f, head, name, "a long prepared statement");
	if (s->pins & PP_PIN_STATEMENT || pp_front_sql_is_unsure(s) || s->tx.uncertain)
		return parse_natively(f, head, name, "a prepared statement beside those of SQL");
	struct pp_plan *plan = has_enough_alone(c) ? NULL : plan_of(f, head, name);
	if (!plan)
		return parse_natively(f, head, name, "no room for a prepared statement");
	enum pp_step step = speaks_of_names(plan) ? parse_with_names(f, head, name)
						  : parse_plan(f, head, name, plan);
	pp_plan_drop(plan);
	return step;
}

/* Counted. What nobody asks a server about must not have the types of tables as they were. */
static struct pp_plan *find_known(struct pp_client *c, const uint8_t *body, size_t len)
{
	struct pp_plans_env env = {c->label, c->epoch, false, false};
	struct pp_plan *plan = pp_plans_find(c->database, env, body, len);
	if (!plan || !plan->proven)
		return NULL;
	if (!pp_plan_is_dated(plan))
		return pp_plan_hold(plan);
	pp_plan_retire(plan);
	struct pp_plan *now = pp_plans_renew(plan, env);
	if (now)
		now->proven = true;
	return now;
}

/* PQprepare waits for just this; and a program whose only thread waits here would never end the transactions that
 * hold the servers it waits for (pgbench -M prepared). If the text has become wrong since, Bind will say so. */
bool pp_front_parse_known(struct pp_front_run *f, const struct pp_frame_head *head)
{
	static const uint8_t sync[] = {PP_FRONT_SYNC, 0, 0, 0, 4};
	static const uint8_t answer[] = {
		PP_BACK_PARSE_COMPLETE, 0, 0, 0, 4, PP_BACK_READY, 0, 0, 0, 5, PP_TX_IDLE};
	struct pp_client *c = f->c;
	const uint8_t *message = f->bytes + f->at;
	struct pp_front_name name;
	struct pp_pool *pool = pp_database_pool(c->database);
	if ((pool->conns[PP_CONN_IDLE].count && !pool->waiters.count) ||
	    f->len - f->at < head->total + sizeof sync ||
	    memcmp(message + head->total, sync, sizeof sync) != 0 ||
	    !pp_front_find_name(message, head, &name) ||
	    pp_statements_find(c->statements, name.text) || pp_sqlset_find(c->prepared, name.text))
		return false;
	size_t end = name.at + name.len + 1;
	struct pp_plan *plan = find_known(c, message + end, head->total - end);
	int r = plan ? pp_statements_set(&c->statements, name.text, plan) : PP_ERR_NOMEM;
	pp_plan_drop(plan);
	if (r < 0)
		return false;
	pp_front_leave_out(f, f->at + head->total + sizeof sync);
	pp_client_write(c, answer, sizeof answer);
	return true;
}
