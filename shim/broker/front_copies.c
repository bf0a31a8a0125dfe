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

/* Parse under the plan's name, with this text and these types (NULL: with the text). False: gone, or it must wait. */
static bool say_parse(struct pp_front_run *f, enum pp_flight_kind kind, struct pp_plan *plan,
		      const uint8_t *text, size_t text_len, const uint8_t *types, size_t types_len)
{
	size_t name_len = strlen(plan->name) + 1, len = text_len + types_len;
	uint8_t *body = malloc(name_len + len);
	bool there = pp_copies_find(&f->c->server->copies, plan) != PP_COPIES_ABSENT;
	bool said = body && pp_front_clear_the_way(f, plan, there);
	if (said) {
		memcpy(body, plan->name, name_len);
		memcpy(body + name_len, text, text_len);
		if (types)
			memcpy(body + name_len + text_len, types, types_len);
		said = pp_front_say(f, kind, PP_FRONT_PARSE, body, name_len + len, plan, NULL);
	}
	free(body);
	return said;
}

/* The session's own server would analyse it again, with the types it has. */
static bool bring_foreign(struct pp_front_run *f, struct pp_plan *plan)
{
	size_t len;
	const uint8_t *types = pp_plan_types(plan, &len);
	return say_parse(f, PP_FLIGHT_BRING, plan, pp_plan_body(plan), pp_plan_text_len(plan),
			 types, len) &&
	       pp_copies_add_foreign(&f->c->server->copies, plan) == 0;
}

/* Who decodes by what was told when it was prepared must not get another result: it waits until that is known (heal.h).
 * Once for a plan and a server. */
static bool check(struct pp_front_run *f, struct pp_plan *plan)
{
	char body[1 + PP_PLAN_NAME_MAX] = "S";
	strcpy(body + 1, plan->name);
	if (pp_front_say(f, PP_FLIGHT_CHECK, PP_FRONT_DESCRIBE, body, strlen(body) + 1, plan, NULL))
		(void)pp_front_awaits_answers(f);
	return false;
}

static bool bring(struct pp_front_run *f, struct pp_plan *plan)
{
	if (pp_front_is_foreign(f->c->server, plan))
		return bring_foreign(f, plan);
	bool checked = !plan->shape || pp_heal_tells(f);
	if (!pp_front_make_room(f, 3) ||
	    !say_parse(f, PP_FLIGHT_BRING, plan, pp_plan_body(plan), plan->body_len, NULL, 0) ||
	    pp_copies_add(&f->c->server->copies, plan) < 0)
		return false;
	return checked || check(f, plan);
}

bool pp_front_stand_in(struct pp_front_run *f, struct pp_plan *plan)
{
	static const uint8_t no_types[2];
	size_t len = sizeof no_types;
	const uint8_t *types = pp_plan_description(plan, &len);
	return say_parse(f, PP_FLIGHT_STAND_IN, plan, (const uint8_t *)"", 1,
			 types ? types : no_types, len) &&
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
