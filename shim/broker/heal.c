#include "broker/heal.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "broker/client.h"
#include "broker/database.h"
#include "broker/front.h"
#include "broker/lend.h"
#include "broker/server.h"
#include "wire/error.h"

/* Bytes of the batch that begins here, Sync included; 0: its end is not there yet, or it is no plain batch. */
static size_t batch_len(const uint8_t *bytes, size_t len, bool *ret_tells)
{
	struct pp_frame_head head;
	size_t at = 0;
	bool executed = false;
	*ret_tells = false;
	while (pp_framer_front(bytes + at, len - at, &head) == PP_FRAME_WHOLE) {
		at += head.total;
		executed |= head.type == PP_FRONT_EXECUTE;
		*ret_tells |= head.type == PP_FRONT_DESCRIBE && !executed;
		if (head.type == PP_FRONT_SYNC)
			return at;
		if (head.type == PP_FRONT_QUERY || head.type == PP_FRONT_FUNCTION_CALL)
			return 0;
	}
	return 0;
}

static bool begins_alone(const struct pp_server *s)
{
	return s->tx.count == 0 && s->tx.status == PP_TX_IDLE;
}

bool pp_heal_tells(const struct pp_front_run *f)
{
	bool tells;
	return batch_len(f->bytes + f->at, f->len - f->at, &tells) && tells;
}

bool pp_heal_may(const struct pp_front_run *f)
{
	return begins_alone(f->c->server) && pp_heal_tells(f);
}

void pp_heal_remember(struct pp_front_run *f, struct pp_plan *plan)
{
	struct pp_server *s = f->c->server;
	struct pp_heal *heal = &s->heal;
	heal->last = plan;
	heal->last_number = s->tx.asked;
	if (!begins_alone(s))
		return;
	heal->len = 0;
	if (s->tx.asked ==
	    heal->again_at) /* once: the plan may be the same, if no other could be made */
		return;
	heal->len = batch_len(f->bytes + f->at, f->len - f->at, &heal->tells);
	if (heal->len > PP_HEAL_MAX || (!heal->batch && !(heal->batch = malloc(PP_HEAL_MAX))))
		heal->len = 0;
	if (heal->len)
		memcpy(heal->batch, f->bytes + f->at, heal->len);
	heal->plan = plan;
	heal->number = s->tx.asked;
}

/* Which the server still has; NULL: it is not known, or gone. */
static struct pp_plan *plan_of(struct pp_server *s, uint32_t number)
{
	const struct pp_heal *heal = &s->heal;
	struct pp_plan *plan = NULL;
	if (number == heal->number)
		plan = heal->plan;
	else if (number == heal->last_number)
		plan = heal->last;
	return plan && pp_copies_find(&s->copies, plan) == PP_COPIES_FRESH ? plan : NULL;
}

/* One of them has changed, on every server that has it: they are prepared again there. */
static void distrust_everywhere(struct pp_database *db)
{
	for (int state = 0; state < PP_CONN_CLOSED; state++)
		PP_LIST_FOREACH_SAFE (&db->pool.conns[state], it)
			pp_copies_distrust(
				&pp_server_of(pp_list_entry(it, struct pp_conn, link))->copies);
}

/* A server has said so in these words. `plan` NULL: it is not known of which one, in the midst of a pipeline. */
static void heard_of_change(struct pp_server *s, struct pp_plan *plan, const uint8_t *words,
			    size_t len)
{
	if (!plan)
		distrust_everywhere(s->database);
	else if (pp_front_is_foreign(s, plan)) /* the names in it mean something else meanwhile */
		pp_copies_distrust(&s->copies);
	else
		pp_plan_change(plan, words, len);
}

bool pp_heal_catches(struct pp_server *s, uint32_t number, const uint8_t *body, size_t len)
{
	struct pp_heal *heal = &s->heal;
	struct pp_error error;
	if (!s->client || pp_error_read(body, len, &error) < 0 ||
	    strcmp(error.sqlstate, "0A000") != 0 ||
	    strcmp(error.routine, "RevalidateCachedQuery") != 0)
		return false;
	struct pp_plan *plan = plan_of(s, number);
	if (plan && !plan->alone && pp_front_is_alone(s))
		return false; /* nobody else's has changed, and the server says so for as long as it is so */
	heard_of_change(s, plan, body, len);
	if (!plan || heal->len == 0 || number != heal->number || s->tx.count != 1 ||
	    s->client->skip || (plan->changed && !heal->tells))
		return false;
	heal->again = true;
	return true;
}

/* The client's statement is `now`, if there is one; counted here. */
static struct pp_plan *become(struct pp_server *s, const char *name, struct pp_plan *plan,
			      struct pp_plan *now)
{
	if (now && pp_statements_set(&s->client->statements, name, now) == 0)
		plan = now;
	pp_plan_drop(now);
	return plan;
}

struct pp_plan *pp_heal_renew(struct pp_server *s, struct pp_plan *plan, const char *name)
{
	return become(s, name, plan, pp_plans_renew(plan, pp_front_env(s)));
}

struct pp_plan *pp_heal_apart(struct pp_server *s, struct pp_plan *plan, const char *name)
{
	return become(s, name, plan, pp_plans_copy(plan, pp_front_env(s)));
}

/* Were clients told the same of both? */
static bool are_told_alike(const struct pp_plan *one, const struct pp_plan *other)
{
	bool same = one->params && other->params && one->params_len == other->params_len &&
		    memcmp(one->params, other->params, one->params_len) == 0;
	return (!one->infers || same) && (!one->shape || one->shape == other->shape);
}

struct pp_plan *pp_heal_rejoin(struct pp_server *s, struct pp_plan *plan, const char *name)
{
	struct pp_plan *shared =
		pp_plans_find(plan->database, pp_front_env(s), pp_plan_body(plan), plan->body_len);
	if (!shared || !are_told_alike(plan, shared))
		return plan;
	return become(s, name, plan, pp_plan_hold(shared));
}

/* What is there now under the plan's name is another one's: it is prepared anew for who has the old one. */
static struct pp_plan *part(struct pp_server *s, struct pp_plan *plan, const char *name)
{
	if (pp_copies_add_stand_in(&s->copies, plan) < 0)
		pp_server_pin(s, PP_PIN_PROTOCOL, "no memory for a prepared statement");
	if (!s->client || !*name || pp_statements_find(s->client->statements, name) != plan)
		return plan;
	return pp_heal_renew(s, plan, name);
}

struct pp_plan *pp_heal_parameters(struct pp_server *s, struct pp_plan *plan, const char *name)
{
	pp_plan_retire(plan);
	return part(s, plan, name);
}

/* As a server says it; where in its source it does so is not known. */
static void change(struct pp_plan *plan)
{
	static const uint8_t words[] =
		"SERROR\0VERROR\0C0A000\0Mcached plan must not change result type\0"
		"Fplancache.c\0RRevalidateCachedQuery\0";
	pp_plan_change(plan, words, sizeof words);
}

void pp_heal_described(struct pp_server *s, struct pp_plan *plan, const char *name, uint64_t shape)
{
	if (!plan->shape && *name)
		plan->shape = shape;
	if (!plan->shape || plan->shape == shape)
		return;
	change(plan);
	plan = part(s, plan, name);
	if (!plan->changed)
		plan->shape = shape;
}

void pp_heal_again(struct pp_server *s)
{
	struct pp_client *c = s->client;
	struct pp_buf later = c->in;
	c->in = (struct pp_buf){0};
	s->heal.again = false;
	int r = pp_buf_append(&c->in, s->heal.batch, s->heal.len, SIZE_MAX);
	if (r == 0)
		r = pp_buf_append(&c->in, pp_buf_bytes(&later), pp_buf_len(&later), SIZE_MAX);
	pp_buf_finish(&later);
	s->heal.len = 0;
	s->heal.again_at = s->tx.asked;
	if (r < 0)
		pp_client_close(c, "no memory for its input");
	else
		pp_client_continue(c);
}
