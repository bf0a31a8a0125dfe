/* Copies of plans on the server that is lent (copies.h): brought, stood in for, closed. */
#include <stdlib.h>
#include <string.h>

#include "broker/client.h"
#include "broker/front.h"
#include "broker/server.h"

static bool say_close(struct pp_front_run *f, struct pp_plan *plan)
{
	uint8_t body[1 + PP_PLAN_NAME_MAX] = {'S'};
	size_t len = strlen(plan->name) + 1;
	memcpy(body + 1, plan->name, len);
	if (!pp_front_say(f, PP_FLIGHT_EVICT, PP_FRONT_CLOSE, body, 1 + len, plan, NULL))
		return false;
	pp_copies_remove(&f->c->server->copies, plan);
	return true;
}

bool pp_front_evict(struct pp_front_run *f, const char *name)
{
	struct pp_plan *plan = pp_copies_named(&f->c->server->copies, name);
	return !plan || say_close(f, plan);
}

/* Room for one more copy; and not two under one name. */
bool pp_front_clear_the_way(struct pp_front_run *f, struct pp_plan *plan, bool has_it)
{
	struct pp_server *s = f->c->server;
	bool close_it = has_it || pp_flight_closes(&s->flight, plan);
	struct pp_plan *surplus = close_it ? plan : pp_copies_surplus(&s->copies);
	return !surplus || say_close(f, surplus);
}

bool pp_front_is_foreign(const struct pp_server *s, const struct pp_plan *plan)
{
	return plan->local || s->renames || s->own.kind == PP_OWN_PROBE ||
	       plan->names != pp_labels_names(s->client->label);
}

/* How a text is said to a server. */
struct wording {
	const uint8_t *text, *types;
	size_t text_len, types_len; /* types NULL: with the text */
};

/* The session's own server would analyse it again, if a table has changed, with the types it has. */
static struct wording with_types(const struct pp_plan *plan)
{
	struct wording w = {.text = pp_plan_body(plan), .text_len = pp_plan_text_len(plan)};
	w.types = pp_plan_types(plan, &w.types_len);
	return w;
}

/* Parse of it under this name; `mark` is its mark's. False: gone, or it must wait. */
static bool say_parse(struct pp_front_run *f, enum pp_flight_kind kind, struct pp_plan *plan,
		      const char *name, const char *mark, struct wording w)
{
	size_t name_len = strlen(name) + 1, types_len = w.types ? w.types_len : 0;
	uint8_t *body = malloc(name_len + w.text_len + types_len);
	if (!body)
		return pp_front_lacks_memory(f);
	memcpy(body, name, name_len);
	memcpy(body + name_len, w.text, w.text_len);
	if (types_len)
		memcpy(body + name_len + w.text_len, w.types, types_len);
	bool said = pp_front_say(f, kind, PP_FRONT_PARSE, body, name_len + w.text_len + types_len,
				 plan, mark);
	free(body);
	return said;
}

/* Under the plan's name. */
static bool say_copy(struct pp_front_run *f, enum pp_flight_kind kind, struct pp_plan *plan,
		     struct wording w)
{
	bool there = pp_copies_find(&f->c->server->copies, plan) != PP_COPIES_ABSENT;
	return pp_front_clear_the_way(f, plan, there) &&
	       say_parse(f, kind, plan, plan->name, NULL, w);
}

/* Under the client's own name, on this server, which it keeps. */
static bool move(struct pp_front_run *f, struct pp_statement *st)
{
	struct pp_server *s = f->c->server;
	if (!say_parse(f, PP_FLIGHT_MOVE, st->plan, st->name, st->name, with_types(st->plan)))
		return false;
	if (st->plan->touch) /* nobody sees any longer which of them is executed */
		pp_front_touch(s, st->plan->touch);
	return pp_statements_set(&f->c->statements, st->name, NULL) == 0;
}

static bool close_untidy(struct pp_front_run *f)
{
	struct pp_server *s = f->c->server;
	uint8_t body[1 + PP_STATEMENT_NAME_MAX] = {'S'};
	size_t len = strlen(s->untidy) + 1;
	memcpy(body + 1, s->untidy, len);
	if (!pp_front_say(f, PP_FLIGHT_TIDY, PP_FRONT_CLOSE, body, 1 + len, NULL, s->untidy))
		return false;
	s->untidy[0] = '\0';
	return true;
}

/* There may be more of them than can be under way: what has been said is not said again. */
static bool say_names(struct pp_front_run *f)
{
	struct pp_server *s = f->c->server;
	struct pp_statement *st, *next;
	if (s->untidy[0] && !close_untidy(f))
		return false;
	PP_LIST_FOREACH_SAFE (&s->copies.used, it)
		if (!say_close(f, pp_list_entry(it, struct pp_copy, link)->plan))
			return false;
	HASH_ITER(hh, f->c->statements, st, next)
	if (!move(f, st))
		return false;
	return true;
}

enum pp_step pp_front_move_names(struct pp_front_run *f)
{
	struct pp_server *s = f->c->server;
	if (pp_tx_is_in_batch(&s->tx)) {
		if (f->c->statements)
			pp_server_pin(s, PP_PIN_STATEMENT, "SQL speaks of its prepared statements");
		return say_names(f) ? PP_STEP_TAKE : PP_STEP_STOP;
	}
	bool named = s->own.named; /* but for what cannot be */
	s->own.named = false;
	if (named)
		return PP_STEP_TAKE;
	if (pp_front_send(f))
		pp_own_names(s);
	return PP_STEP_STOP;
}

/* Who decodes by what was told when it was prepared must not get another result: it waits until that is known (heal.h).
 * Once for a plan and a server. */
static bool check(struct pp_front_run *f, struct pp_plan *plan)
{
	struct pp_server *s = f->c->server;
	char body[1 + PP_PLAN_NAME_MAX] = "S";
	strcpy(body + 1, plan->name);
	if (pp_front_say(f, PP_FLIGHT_CHECK, PP_FRONT_DESCRIBE, body, strlen(body) + 1, plan, NULL))
		(void)pp_front_awaits_answers(f);
	else
		pp_copies_distrust(&s->copies); /* it must not count as checked */
	return false;
}

static bool bring(struct pp_front_run *f, struct pp_plan *plan)
{
	struct pp_server *s = f->c->server;
	bool foreign = pp_front_is_foreign(s, plan);
	bool checked = foreign || !plan->shape || pp_heal_tells(f);
	if (!pp_front_make_room(f, 3) || !say_copy(f, PP_FLIGHT_BRING, plan, with_types(plan)) ||
	    (foreign ? pp_copies_add_foreign(&s->copies, plan) : pp_copies_add(&s->copies, plan)) <
		    0)
		return false;
	return checked || check(f, plan);
}

bool pp_front_stand_in(struct pp_front_run *f, struct pp_plan *plan)
{
	static const uint8_t no_types[2];
	struct wording w = {(const uint8_t *)"", no_types, 1, sizeof no_types};
	size_t len;
	const uint8_t *types = pp_plan_description(plan, &len);
	if (types)
		w = (struct wording){w.text, types, w.text_len, len};
	return say_copy(f, PP_FLIGHT_STAND_IN, plan, w) &&
	       pp_copies_add_stand_in(&f->c->server->copies, plan) == 0;
}

/* In a failed transaction only what returns rows is not described (postgres.c, exec_describe_statement_message), but
 * nothing that is worth describing can be prepared: so an empty statement with its parameters is. What nobody has ever
 * described has to be there already, or fails as it cannot be prepared. */
static enum pp_step make_describable(struct pp_front_run *f, struct pp_plan *plan)
{
	struct pp_server *s = f->c->server;
	size_t len;
	if (pp_front_awaits_answers(f))
		return PP_STEP_STOP; /* which may say that it has failed, or has ended */
	bool has_failed = s->tx.status == PP_TX_FAILED, said;
	if (has_failed && pp_plan_description(plan, &len))
		said = pp_front_stand_in(f, plan);
	else if (has_failed && pp_copies_find(&s->copies, plan) == PP_COPIES_STALE)
		said = true;
	else
		said = bring(f, plan);
	return said ? PP_STEP_TAKE : PP_STEP_STOP;
}

enum pp_step pp_front_make_there(struct pp_front_run *f, const struct pp_frame_head *head,
				 struct pp_plan *plan)
{
	struct pp_server *s = f->c->server;
	if (pp_flight_checks(&s->flight, plan) && pp_front_awaits_answers(f))
		return PP_STEP_STOP;
	if (pp_copies_find(&s->copies, plan) == PP_COPIES_FRESH) {
		pp_heal_remember(f, plan);
		return PP_STEP_TAKE;
	}
	if (head->type == PP_FRONT_DESCRIBE)
		return make_describable(f, plan);
	return bring(f, plan) ? PP_STEP_TAKE : PP_STEP_STOP;
}
