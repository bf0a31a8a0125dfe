#include "broker/missing.h"

#include <stdlib.h>
#include <string.h>

#include "broker/database.h"
#include "broker/server.h"
#include "wire/error.h"

static void drop(struct pp_missing **at)
{
	struct pp_missing *m = *at;
	*at = m->next;
	pp_sqlplan_drop(m->plan);
	free(m);
}

int pp_missing_add(struct pp_server *s, struct pp_sqlplan *plan, bool locked, const uint8_t *error,
		   size_t len)
{
	if (len > PP_MISSING_ERROR_MAX)
		return PP_ERR_FULL;
	struct pp_missing *m = malloc(sizeof *m + len);
	if (!m)
		return PP_ERR_NOMEM;
	plan->users++;
	pp_missing_forget(s, plan->name);
	m->plan = plan;
	m->locked = locked;
	m->due = false;
	m->len = len;
	memcpy(m->error, error, len);
	m->next = s->missing;
	s->missing = m;
	return 0;
}

const struct pp_missing *pp_missing_find(const struct pp_server *s, const char *name)
{
	for (const struct pp_missing *m = s->missing; m; m = m->next)
		if (strcmp(m->plan->name, name) == 0)
			return m;
	return NULL;
}

static const struct pp_missing *take_due(const struct pp_server *s)
{
	for (struct pp_missing *m = s->missing; m; m = m->next)
		if (m->due) {
			m->due = false;
			return m;
		}
	return NULL;
}

/* The words around the name depend on lc_messages, the quotes as well. Of two names the longer one is meant if it
 * contains the other. */
const struct pp_missing *pp_missing_meant(const struct pp_server *s, const uint8_t *error,
					  size_t len)
{
	const struct pp_missing *meant = NULL;
	struct pp_error e;
	if (pp_error_read(error, len, &e) < 0)
		return NULL;
	if (strcmp(e.sqlstate, "25P02") == 0)
		return take_due(s);
	if (strcmp(e.sqlstate, "26000") != 0)
		return NULL;
	for (const struct pp_missing *m = s->missing; m; m = m->next)
		if (strstr(e.message, m->plan->name) &&
		    (!meant || strlen(m->plan->name) > strlen(meant->plan->name)))
			meant = m;
	return meant;
}

bool pp_missing_is_locked(const struct pp_server *s, const char *name)
{
	const struct pp_missing *m = pp_missing_find(s, name);
	return m && m->locked;
}

bool pp_missing_is_worth(const struct pp_server *s, const char *name)
{
	if (name)
		return pp_missing_find(s, name);
	for (const struct pp_missing *m = s->missing; m; m = m->next)
		if (m->locked)
			return true;
	return false;
}

void pp_missing_forget(struct pp_server *s, const char *name)
{
	for (struct pp_missing **at = &s->missing; *at; at = &(*at)->next)
		if (strcmp((*at)->plan->name, name) == 0) {
			drop(at);
			return;
		}
}

void pp_missing_clear(struct pp_server *s)
{
	while (s->missing)
		drop(&s->missing);
}

int pp_missing_without(const struct pp_server *s, const struct pp_sqlset *all,
		       struct pp_sqlset **ret)
{
	struct pp_sqlplan *plans[PP_SQLSET_MAX];
	uint32_t count = 0;
	for (uint32_t i = 0; all && i < all->count; i++)
		if (!pp_missing_find(s, all->plans[i]->name))
			plans[count++] = all->plans[i];
	return pp_sqlset_take(s->database, plans, count, ret);
}
