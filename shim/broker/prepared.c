#include "broker/prepared.h"

#include <string.h>

#include "broker/client.h"
#include "broker/front.h"
#include "broker/missing.h"
#include "broker/server.h"
#include "wire/error.h"

static void forget_all(struct pp_client *c)
{
	pp_statements_clear(&c->statements);
	pp_sqlset_drop(&c->prepared);
}

/* Unless something is under way behind it that may have asked anew. */
static void forget_sequences(struct pp_server *s)
{
	if (s->tx.asked != s->tx.answered || s->tx.count > 1)
		return;
	s->pins &= ~PP_PIN_SEQUENCE;
	s->touch.bits &= ~(uint32_t)PP_PIN_SEQUENCE;
}

void pp_prepared_ready(struct pp_server *s)
{
	pp_plan_drop(s->dealloc.plan);
	s->dealloc.plan = NULL;
}

void pp_prepared_tag(struct pp_server *s, const char *tag)
{
	if (strcmp(tag, "DEALLOCATE ALL") == 0 || strcmp(tag, "DISCARD ALL") == 0) {
		pp_copies_clear(&s->copies);
		s->untidy[0] = '\0';
		/* What is under way behind it may have prepared others under the client's own names. */
		if (s->tx.asked == s->tx.answered) {
			s->pins &= ~PP_PIN_STATEMENT;
			if (s->client) /* the unnamed one is none of them */
				pp_front_settle_unnamed(s);
		}
		pp_sqlset_drop(&s->prepared);
		pp_missing_clear(s);
		if (strcmp(tag, "DISCARD ALL") == 0)
			forget_sequences(s);
		if (s->client)
			forget_all(s->client);
	} else if (strcmp(tag, "DEALLOCATE") == 0 && s->dealloc.plan) {
		pp_copies_remove(&s->copies, s->dealloc.plan);
		if (s->client)
			(void)!pp_statements_set(&s->client->statements, s->dealloc.name, NULL);
		pp_prepared_ready(s);
	}
}

/* The text could not be read as a whole, before any of it was executed; or FunctionCall names no function. The SQLSTATE
 * does not tell: what is executed may give it too. */
static bool was_never_run(const struct pp_error *error)
{
	return (strcmp(error->routine, "scanner_yyerror") == 0 && *error->position) ||
	       strcmp(error->routine, "fetch_fp_info") == 0;
}

void pp_prepared_error(struct pp_server *s, const uint8_t *body, size_t len)
{
	struct pp_error error;
	if (pp_error_read(body, len, &error) < 0)
		return;
	if (s->doubtful && s->tx.count <= 1 && was_never_run(&error)) {
		s->touch.bits &= ~s->doubtful;
		s->doubtful = 0;
	}
	if (strcmp(error.sqlstate, "26000") == 0)
		pp_copies_distrust(&s->copies);
}
