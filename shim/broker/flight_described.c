#include <stdlib.h>
#include <string.h>

#include "broker/flight.h"
#include "broker/server.h"
#include "wire/msg.h"
#include "wire/shape.h"

static void keep_params(struct pp_flight_mark *mark, const uint8_t *body, size_t len)
{
	bool whole = body && len >= 2 && len == 2 + 4 * (size_t)(body[0] << 8 | body[1]);
	free(mark->params); /* said twice: a server may do anything */
	mark->params = whole ? malloc(len) : NULL;
	mark->params_len = len;
	if (mark->params)
		memcpy(mark->params, body, len);
}

bool pp_flight_describes(const struct pp_flight *flight, uint32_t number)
{
	const struct pp_flight_mark *mark = pp_flight_next(flight, number);
	return mark && pp_flight_mark_describes(mark);
}

bool pp_flight_checks(const struct pp_flight *flight, const struct pp_plan *plan)
{
	for (uint32_t at = flight->head; at != flight->end; at++)
		if (flight->marks[at].plan == plan && flight->marks[at].kind == PP_FLIGHT_CHECK)
			return true;
	return false;
}

static bool has_other_params(const struct pp_flight_mark *mark)
{
	const struct pp_plan *plan = mark->plan;
	return mark->params && plan->params &&
	       (mark->params_len != plan->params_len ||
		memcmp(mark->params, plan->params, plan->params_len) != 0);
}

bool pp_flight_described(struct pp_server *s, uint32_t number, uint8_t type, const uint8_t *body,
			 size_t len)
{
	struct pp_flight_mark *mark = pp_flight_next(&s->flight, number);
	if (!mark || !pp_flight_mark_describes(mark))
		return false;
	if (type == PP_BACK_PARAMETER_DESCRIPTION) {
		keep_params(mark, body, len);
		return mark->kind != PP_FLIGHT_DESCRIBE;
	}
	struct pp_plan *plan = mark->plan;
	bool others = has_other_params(mark);
	if (*mark->name && others)
		plan = pp_heal_parameters(s, plan, mark->name);
	others &= plan == mark->plan; /* they are not what its clients were told */
	bool foreign = mark->kind == PP_FLIGHT_DESCRIBE && !*mark->name && !plan->local;
	if ((type == PP_BACK_ROW_DESCRIPTION || mark->params) && !others && !foreign) {
		pp_plan_described(plan, mark->params, mark->params_len,
				  type != PP_BACK_ROW_DESCRIPTION);
		mark->params = NULL;
	}
	uint64_t shape = PP_SHAPE_NO_ROWS;
	if (type == PP_BACK_ROW_DESCRIPTION)
		shape = body ? pp_shape_of(body, len) : 0;
	if (shape && mark->kind != PP_FLIGHT_LEARN && !foreign)
		pp_heal_described(s, plan, mark->name, shape);
	return pp_flight_answered(&s->flight, number);
}
