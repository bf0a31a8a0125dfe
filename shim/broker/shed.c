#include "broker/shed.h"

#include "broker/client.h"
#include "broker/database.h"
#include "broker/server.h"

static bool is_stale(const struct pp_server *s)
{
	return s->epoch != s->broker->epoch;
}

static size_t count_stale(const struct pp_pool *pool)
{
	size_t count = 0;
	PP_LIST_FOREACH (&pool->conns[PP_CONN_IDLE], it)
		count += is_stale(pp_server_of(pp_list_entry(it, struct pp_conn, link)));
	return count;
}

/* Clients without a server that may be lent one as old as this; no more than `enough` are counted. */
static size_t count_heirs(const struct pp_database *db, uint32_t epoch, size_t enough)
{
	size_t count = 0;
	PP_LIST_FOREACH (&db->clients, it) {
		const struct pp_client *c = pp_list_entry(it, struct pp_client, database_link);
		if (count >= enough)
			break;
		count += !c->server && c->epoch <= epoch;
	}
	return count;
}

/* More are idle than there are clients without a server. */
static bool has_surplus(const struct pp_database *db)
{
	const struct pp_pool *pool = &db->pool;
	return pool->conns[PP_CONN_IDLE].count + pool->conns[PP_CONN_LENT].count >
	       db->clients.count;
}

bool pp_shed_wants(const struct pp_server *s)
{
	const struct pp_database *db = s->database;
	if (s->broker->alone && has_surplus(db))
		return true;
	if (!is_stale(s))
		return false;
	size_t stale = count_stale(&db->pool);
	return count_heirs(db, s->epoch, stale) < stale;
}

/* From the end of the list: those idle for longest. */
void pp_shed(struct pp_database *db)
{
	struct pp_link *head = &db->pool.conns[PP_CONN_IDLE].head;
	for (struct pp_link *it = head->prev, *next; it != head; it = next) {
		struct pp_server *s = pp_server_of(pp_list_entry(it, struct pp_conn, link));
		next = it->prev;
		if (pp_shed_wants(s))
			pp_server_close(s, "nobody's session stands behind it");
	}
}

void pp_shed_all(struct pp_broker *b)
{
	PP_LIST_FOREACH (&b->pools.all, it)
		pp_shed(pp_database_of(pp_list_entry(it, struct pp_pool, link)));
}

void pp_shed_set_spares(struct pp_broker *b)
{
	b->pools.no_spares = b->alone > 0 || b->orders.close_idle;
}

static void count(struct pp_server *s, bool alone)
{
	struct pp_broker *b = s->broker;
	if (s->alone == alone)
		return;
	s->alone = alone;
	b->alone += alone ? 1 : UINT32_MAX;
	pp_shed_set_spares(b);
}

void pp_shed_begin(struct pp_server *s)
{
	count(s, true);
	pp_shed_all(s->broker);
}

void pp_shed_over(struct pp_server *s)
{
	count(s, false);
}
