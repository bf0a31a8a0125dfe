#include "broker/plan.h"

#include "broker/database.h"
#include "session/rowless.h"
#include "wire/reader.h"

/* As a type: the server infers one, as from 0 (parse_param.c). */
#define PP_TYPE_UNKNOWN 705

/* Where Parse's list of types begins; NULL: it has none. */
static const uint8_t *types_of(const struct pp_plan *plan)
{
	const uint8_t *nul = memchr(pp_plan_body(plan), 0, plan->body_len);
	return nul ? nul + 1 : NULL;
}

static size_t types_len(const struct pp_plan *plan)
{
	return (size_t)(plan->key + plan->env_len + plan->body_len - types_of(plan));
}

/* Does Parse say the types of so many parameters? */
static bool says_types(const struct pp_plan *plan, uint32_t symbols)
{
	struct pp_reader r;
	pp_reader_init(&r, types_of(plan), types_len(plan));
	uint16_t count = pp_reader_u16(&r);
	bool sure = symbols <= count && pp_reader_left(&r) == 4 * (size_t)count;
	for (uint16_t i = 0; sure && i < count; i++) {
		uint32_t type = pp_reader_u32(&r);
		sure = type && type != PP_TYPE_UNKNOWN;
	}
	return sure && !r.failed;
}

void pp_plan_foresee(struct pp_plan *plan)
{
	uint32_t symbols;
	if (!types_of(plan))
		return;
	bool sure = pp_rowless_is_sure(pp_plan_body(plan), plan->body_len, &symbols);
	if (sure)
		plan->rowless = says_types(plan, symbols);
	plan->infers =
		sure ? symbols && !plan->rowless
		     : memchr(pp_plan_body(plan), '$', plan->body_len) && !says_types(plan, 1);
}

const uint8_t *pp_plan_description(const struct pp_plan *plan, size_t *ret_len)
{
	if (!plan->rowless)
		return NULL;
	*ret_len = plan->params ? plan->params_len : types_len(plan);
	return plan->params ? plan->params : types_of(plan);
}

const uint8_t *pp_plan_types(const struct pp_plan *plan, size_t *ret_len)
{
	const uint8_t *types = types_of(plan);
	*ret_len = plan->params ? plan->params_len : types ? types_len(plan) : 0;
	return plan->params && types ? plan->params : types;
}

bool pp_plan_is_dated(const struct pp_plan *plan)
{
	return plan->infers && plan->params && plan->asked_at <= plan->database->plans.defined_at;
}

bool pp_plan_must_ask(const struct pp_plan *plan, pp_ms now)
{
	bool trusted = plan->params && now - plan->asked_at < PP_PLAN_TRUST_MS;
	return plan->infers && (!trusted || pp_plan_is_dated(plan));
}
