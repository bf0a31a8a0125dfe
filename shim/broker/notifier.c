#include "broker/notifier.h"

#include <arpa/inet.h>
#include <string.h>

#include "broker/client.h"
#include "broker/database.h"
#include "broker/server.h"

/* Of what it did since its last answer; EXECUTE is whatever was prepared before. */
static bool may_have_notified(const struct pp_server *s)
{
	return s->touch.bits &
	       (PP_TOUCH_NOTIFIES | PP_PIN_DYNAMIC | PP_PIN_PREPARE | PP_PIN_OPAQUE);
}

void pp_notifier_transaction_over(struct pp_server *s)
{
	if (!may_have_notified(s))
		return;
	s->notifier = s->client->key.pid;
	s->touch.bits &= ~(uint32_t)PP_TOUCH_NOTIFIES;
}

void pp_notifier_detached(struct pp_server *s, const struct pp_client *c)
{
	s->lent_last = c->key.pid;
	if (may_have_notified(s) && pp_tx_is_busy(&s->tx)) /* it leaves before it has heard */
		s->notifier = c->key.pid;
}

/* Whoever has it has asked for its pid; so nobody has it after that one (PP_PIN_PID). */
static bool is_known_by_its_pid(const struct pp_server *s)
{
	return (s->pins | s->touch.bits) & PP_PIN_PID;
}

/* The pid its notifications go by; 0: nobody's. */
static uint32_t told_of(const struct pp_server *s)
{
	uint32_t has = s->client ? s->client->key.pid : s->lent_last;
	bool is_notifying = s->client && may_have_notified(s) && pp_tx_is_busy(&s->tx);
	uint32_t told = is_notifying || !s->notifier ? has : s->notifier;
	return told == has && is_known_by_its_pid(s) ? (uint32_t)s->backend_pid : told;
}

void pp_notifier_lost(struct pp_server *s)
{
	struct pp_notifiers *all = &s->broker->notifiers;
	uint32_t told = told_of(s);
	if (!told)
		return;
	all->gone[all->next].route = s->database->route;
	all->gone[all->next].pid = (uint32_t)s->backend_pid;
	all->gone[all->next].told = told;
	all->next = (all->next + 1) % PP_NOTIFIER_GONE_MAX;
}

static const struct pp_server *find_in(const struct pp_pool *pool, uint32_t pid)
{
	for (int state = 0; state < PP_CONN__COUNT; state++)
		PP_LIST_FOREACH (&pool->conns[state], it) {
			const struct pp_conn *conn = pp_list_entry(it, struct pp_conn, link);
			const struct pp_server *s = pp_list_entry(conn, struct pp_server, conn);
			if ((uint32_t)s->backend_pid == pid)
				return s;
		}
	return NULL;
}

/* Pids are unique in one PostgreSQL, whatever the database. */
static const struct pp_server *find(const struct pp_server *hearing, uint32_t pid)
{
	PP_LIST_FOREACH (&hearing->broker->pools.all, it) {
		struct pp_pool *pool = pp_list_entry(it, struct pp_pool, link);
		const struct pp_server *s = NULL;
		if (pp_database_of(pool)->route == hearing->database->route)
			s = find_in(pool, pid);
		if (s)
			return s;
	}
	return NULL;
}

/* The latest first: the pid may have been given again. */
static uint32_t told_of_gone(const struct pp_server *hearing, uint32_t pid)
{
	const struct pp_notifiers *all = &hearing->broker->notifiers;
	for (uint32_t i = 1; i <= PP_NOTIFIER_GONE_MAX; i++) {
		uint32_t at = (all->next + PP_NOTIFIER_GONE_MAX - i) % PP_NOTIFIER_GONE_MAX;
		if (!all->gone[at].route)
			return 0;
		if (all->gone[at].route == hearing->database->route && all->gone[at].pid == pid)
			return all->gone[at].told;
	}
	return 0;
}

void pp_notifier_name(const struct pp_server *hearing, uint8_t *body)
{
	uint32_t pid, told;
	if (!hearing->client)
		return;
	memcpy(&pid, body, sizeof pid);
	const struct pp_server *s = find(hearing, ntohl(pid));
	uint32_t listener = hearing->client->key.pid;
	if (s == hearing)
		told = is_known_by_its_pid(s) ? (uint32_t)s->backend_pid : listener;
	else
		told = s ? told_of(s) : told_of_gone(hearing, ntohl(pid));
	if (!told || (told == listener && s != hearing))
		return;
	told = htonl(told);
	memcpy(body, &told, sizeof told);
}
