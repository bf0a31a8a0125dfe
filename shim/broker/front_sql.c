/* Names that SQL has prepared (sqlset.h), in what the client says: on the server it is lent they are its own, so nearly
 * everything goes on as it is. Here is what it will do, and the cases in which a name means another thing. */
#include <string.h>

#include "broker/client.h"
#include "broker/front.h"
#include "broker/missing.h"
#include "broker/server.h"

/* The set may be another one by now: PREPARE or DEALLOCATE since it was asked for. */
static bool is_unsure(const struct pp_server *s)
{
	uint32_t changing = PP_TOUCH_PREPARES;
	if (s->client->prepared)
		changing |= PP_TOUCH_FORGETS;
	return s->touch.bits & changing ||
	       (s->own.kind == PP_OWN_PROBE && s->own.touched & changing);
}

bool pp_front_sql_is_unsure(const struct pp_server *s)
{
	return is_unsure(s) || s->pins & PP_PIN_PREPARE;
}

static struct pp_sqlplan *find(const struct pp_server *s, const char *name)
{
	return is_unsure(s) ? NULL : pp_sqlset_find(s->client->prepared, name);
}

/* False: it must be asked for afterwards. */
static bool touch(struct pp_server *s, const char *name)
{
	bool known;
	struct pp_sqlplan *plan = find(s, name);
	const struct pp_touched *does = plan ? pp_sqlplan_touch(plan, &known) : NULL;
	if (!plan || !known)
		return false;
	if (does)
		pp_front_touch(s, does);
	return true;
}

uint32_t pp_front_sql_only_prepares(struct pp_server *s, uint32_t bits)
{
	if (bits & PP_PIN_PREPARE && pp_lexer_shape(&s->lexer) == PP_SHAPE_PREPARE) {
		s->unsettles |= (bits & PP_SQLSET_UNSETTLING) != 0;
		bits &= PP_PIN_PREPARE | PP_PIN_PID | PP_TOUCH_PREPARES | PP_TOUCH_STATEMENTS;
	}
	return bits;
}

void pp_front_sql_unknown(struct pp_server *s)
{
	s->forgets |= s->has_forgetting;
	s->unsettled |= s->unsettles || pp_sqlset_unsettles(s->client->prepared);
}

uint32_t pp_front_sql_touch(struct pp_server *s, uint32_t bits)
{
	bits = pp_front_sql_only_prepares(s, bits);
	if (!(bits & PP_PIN_PREPARE) || pp_lexer_shape(&s->lexer) == PP_SHAPE_PREPARE)
		return bits; /* nearly always */
	if (pp_lexer_shape(&s->lexer) == PP_SHAPE_EXECUTE &&
	    touch(s, pp_lexer_shape_name(&s->lexer)))
		return bits & ~(uint32_t)PP_PIN_PREPARE;
	pp_front_sql_unknown(s);
	return bits;
}

/* There the name of a protocol's statement is one of ours, and ours are others'. */
uint32_t pp_front_sql_names(const struct pp_server *s, uint32_t bits)
{
	const char *name = pp_lexer_shape_name(&s->lexer);
	if (bits & PP_PIN_PREPARE && *name &&
	    (pp_plan_is_name(name) || strcmp(s->untidy, name) == 0 ||
	     pp_statements_find(s->client->statements, name)))
		bits |= PP_TOUCH_STATEMENTS;
	return bits;
}

bool pp_front_sql_is_pending(const struct pp_server *s)
{
	const char *name = pp_lexer_shape_name(&s->lexer);
	return *name && pp_flight_is_pending(&s->flight, &s->tx, name);
}

/* In a batch that has begun nothing can come between; in a failed transaction nobody will look. */
static bool bring(struct pp_front_run *f, const char *name)
{
	struct pp_server *s = f->c->server;
	bool brought = s->own.brought;
	s->own.brought = false;
	if (brought || !pp_missing_is_worth(s, name) || pp_tx_is_in_batch(&s->tx) ||
	    pp_tx_has_failed(&s->tx))
		return false;
	return !pp_front_send(f) || pp_own_bring(s, name);
}

bool pp_front_sql_brings(struct pp_front_run *f, uint32_t bits)
{
	struct pp_server *s = f->c->server;
	const uint32_t speaking = PP_PIN_PREPARE | PP_PIN_DYNAMIC | PP_TOUCH_STATEMENTS;
	if (!s->missing || !(bits & speaking))
		return false;
	bool one = pp_lexer_shape(&s->lexer) == PP_SHAPE_EXECUTE;
	return pp_lexer_shape(&s->lexer) != PP_SHAPE_PREPARE &&
	       bring(f, one ? pp_lexer_shape_name(&s->lexer) : NULL);
}

enum pp_step pp_front_sql_use(struct pp_front_run *f, uint8_t type, const char *name)
{
	struct pp_server *s = f->c->server;
	struct pp_touched unknown = {.bits = PP_PIN_PREPARE, .cause = "BIND"};
	bool there = pp_sqlset_find(s->client->prepared, name) || pp_front_sql_is_unsure(s);
	if (!there) /* nobody's: 26000 */
		return PP_STEP_TAKE;
	if (type != PP_FRONT_CLOSE && s->missing && bring(f, name))
		return PP_STEP_STOP;
	if (type == PP_FRONT_DESCRIBE)
		return PP_STEP_TAKE;
	if (type == PP_FRONT_CLOSE)
		unknown.bits = PP_TOUCH_FORGETS;
	else if (touch(s, name))
		return PP_STEP_TAKE;
	else
		pp_front_sql_unknown(s);
	pp_front_touch(s, &unknown);
	return PP_STEP_TAKE;
}

/* What DEALLOCATE and PREPARE say depends on whether there is one of that name, and on nothing else. */
enum pp_step pp_front_sql_stand_in(struct pp_front_run *f)
{
	struct pp_server *s = f->c->server;
	enum pp_shape shape = pp_lexer_shape(&s->lexer);
	const char *name = pp_lexer_shape_name(&s->lexer);
	if (!s->missing || (shape != PP_SHAPE_DEALLOCATE && shape != PP_SHAPE_PREPARE))
		return PP_STEP_TAKE;
	uint8_t body[PP_STATEMENT_NAME_MAX + 3] = {0}; /* name, empty text, no types */
	size_t len = strlen(name) + 1;
	if (!pp_missing_find(s, name) || s->untidy[0] || s->tx.status == PP_TX_FAILED)
		return PP_STEP_TAKE;
	memcpy(body, name, len);
	if (!pp_front_say(f, PP_FLIGHT_QUIET, PP_FRONT_PARSE, body, len + 3, NULL, name))
		return PP_STEP_STOP;
	memcpy(s->untidy, name, len);
	if (shape == PP_SHAPE_DEALLOCATE)
		pp_missing_forget(s, name);
	return PP_STEP_TAKE;
}
