#include "broker/database.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/log.h"
#include "broker/admit.h"
#include "broker/app_name.h"
#include "broker/client.h"
#include "broker/database_key.h"
#include "broker/defaults.h"
#include "broker/guards.h"
#include "broker/hidden.h"
#include "broker/lend.h"
#include "broker/question.h"
#include "broker/route.h"
#include "broker/secret.h"
#include "broker/server.h"
#include "broker/shed.h"
#include "broker/tls.h"

#define PP_DATABASE_UNUSED_MS (60 * 1000)

struct pp_pool *pp_database_pool(struct pp_database *db)
{
	return &db->pool;
}

struct pp_database *pp_database_of(struct pp_pool *pool)
{
	return pp_list_entry(pool, struct pp_database, pool);
}

static bool is_unused(const struct pp_database *db)
{
	return pp_pool_is_unused(&db->pool) && !db->servers && !db->applicants.count &&
	       !db->clients.count;
}

static void free_database(struct pp_database *db)
{
	HASH_DEL(db->broker->databases, db);
	pp_pool_finish(&db->pool);
	pp_plans_finish(&db->plans);
	pp_hidden_leave(db);
	(void)pp_database_set_password(db, NULL);
	free(db->failure);
	free(db->baseline);
	explicit_bzero(db->key, db->key_len); /* a wish may hold a key's password */
	free(db->key);
	free(db);
}

/* Who walks through a thousand databases needs each for a moment. False: all are in use. */
static bool free_longest_unused(struct pp_broker *b)
{
	struct pp_database *db, *next, *longest = NULL;
	HASH_ITER(hh, b->databases, db, next)
	if (is_unused(db) && (!longest || db->unused_since < longest->unused_since))
		longest = db;
	if (longest)
		free_database(longest);
	return longest;
}

static struct pp_database *make(struct pp_client *c, struct pp_database_key *key)
{
	struct pp_broker *b = c->broker;
	if (HASH_COUNT(b->databases) >= PP_DATABASE_MAX && !free_longest_unused(b))
		return NULL;
	struct pp_database *db = calloc(1, sizeof *db);
	if (!db)
		return NULL;
	db->broker = b;
	db->route = c->route;
	db->unused_since = b->now;
	db->key = key->bytes;
	db->key_len = key->len;
	db->wish = key->wish;
	db->wish_len = key->wish_len;
	db->sslmode = key->sslmode;
	db->user = key->user;
	db->database = key->database;
	db->settings = key->settings;
	db->settings_len = key->settings_len;
	db->default_role = "none";
	pp_list_init(&db->applicants);
	pp_list_init(&db->clients);
	if (pp_hidden_join(db) < 0) {
		free(db);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, b->databases, db->key, db->key_len, db);
	if (!db->hh.tbl) {
		pp_hidden_leave(db);
		free(db);
		return NULL;
	}
	key->bytes = NULL; /* ours now */
	pp_pool_init(&db->pool, &b->pools, b->config.min_servers);
	pp_plans_init(&db->plans);
	return db;
}

int pp_database_join(struct pp_client *c, const struct pp_startup *startup)
{
	struct pp_database_key key;
	int r = pp_app_name_take(c, startup);
	if (r == 0)
		r = pp_database_key_make(c, startup, &key);
	if (r < 0)
		return r;
	struct pp_database *db;
	HASH_FIND(hh, c->broker->databases, key.bytes, key.len, db);
	if (!db)
		db = make(c, &key);
	pp_database_key_finish(&key);
	if (!db)
		return HASH_COUNT(c->broker->databases) >= PP_DATABASE_MAX ? PP_ERR_FULL
									   : PP_ERR_NOMEM;
	c->database = db;
	db->pool.users++;
	pp_list_append(&db->applicants, &c->database_link);
	return 0;
}

static bool is_applicant(const struct pp_client *c)
{
	return c->state != PP_CLIENT_IDLE && c->state != PP_CLIENT_LENT &&
	       c->state != PP_CLIENT_WAITING;
}

void pp_database_admit(struct pp_client *c)
{
	struct pp_database *db = c->database;
	pp_list_remove(&db->applicants, &c->database_link);
	pp_list_append(&db->clients, &c->database_link);
}

void pp_database_leave(struct pp_client *c)
{
	struct pp_database *db = c->database;
	bool applied = is_applicant(c);
	pp_list_remove(applied ? &db->applicants : &db->clients, &c->database_link);
	c->database = NULL;
	db->pool.users--;
	pp_admit_recount(db);
	pp_shed(db);
	if (!applied && !db->pool.users && db->broker->pools.waiting)
		pp_lend_settle(db->broker); /* what is idle there may go elsewhere */
}

static uint32_t guards_to_ask_for(const struct pp_database *db)
{
	if (!db->broker->config.guards)
		return 0;
	return PP_GUARDS_ALL & ~db->route->guards_refused & ~db->guards_own;
}

uint32_t pp_database_logged_in(const struct pp_database *db)
{
	return pp_pool_open(&db->pool) - (uint32_t)db->pool.conns[PP_CONN_LOGIN].count;
}

void pp_database_wish(struct pp_database *db, struct pp_login_wish *ret_wish)
{
	pp_ms wait = db->broker->config.wait_timeout_ms;
	*ret_wish = (struct pp_login_wish){
		.address = pp_database_logged_in(db) ? db->address : pp_route_address(db->route),
		.resolve = pp_database_logged_in(db) == 0,
		.port = pp_route_port(db->route),
		.user = db->user,
		.database = db->database,
		.sslmode = db->sslmode,
		.wish = db->wish,
		.wish_len = db->wish_len,
		.settings = db->settings,
		.settings_len = db->settings_len,
		.guards = guards_to_ask_for(db),
		.learn = !db->learned_at || db->epoch != db->broker->epoch ||
			 db->broker->now - db->learned_at >= PP_DATABASE_LEARN_MS,
		.timeout_ms = wait && wait < PP_DATABASE_LOGIN_MS ? wait : PP_DATABASE_LOGIN_MS,
	};
}

/* Where no login can be had (no place and every server at work, or the last one failed) it is believed: who waits for one
 * would wait for long. */
static bool may_be_promoted(const struct pp_database *db)
{
	const struct pp_pools *pools = &db->broker->pools;
	pp_ms known = db->ready_at > db->verified_at ? db->ready_at : db->verified_at;
	return db->is_standby && !db->pool.backoff.failures &&
	       db->broker->now - known >= PP_DATABASE_STANDBY_MS &&
	       (pools->open < pp_pools_places(pools) || db->pool.conns[PP_CONN_IDLE].count);
}

bool pp_database_is_fresh(const struct pp_database *db, const struct pp_client *c)
{
	if (!db->greeting_len || db->epoch < c->epoch || may_be_promoted(db))
		return false;
	return pp_database_logged_in(db) > 0 ||
	       (!db->failure && db->broker->now - db->verified_at < PP_DATABASE_FRESH_MS);
}

bool pp_database_accepts(const struct pp_database *db, const char *password)
{
	if (db->auth != PP_AUTH_PASSWORD || !db->password || !password)
		return false;
	if (db->broker->now - db->verified_at >= PP_DATABASE_TRUST_MS)
		return false;
	size_t len = strlen(password);
	return len == strlen(db->password) && pp_tls_same_secret(password, db->password, len);
}

bool pp_database_set_password(struct pp_database *db, const char *password)
{
	pp_secret_free(&db->password);
	db->password = password ? strdup(password) : NULL;
	return !password || db->password;
}

void pp_database_sweep(struct pp_broker *b)
{
	struct pp_database *db, *next;
	HASH_ITER(hh, b->databases, db, next)
	{
		if (!is_unused(db))
			db->unused_since = b->now;
		else if (b->now - db->unused_since >= PP_DATABASE_UNUSED_MS)
			free_database(db);
	}
}

void pp_database_close_all(struct pp_broker *b, const char *reason)
{
	struct pp_database *db, *next;
	HASH_ITER(hh, b->databases, db, next)
	for (int state = 0; state < PP_CONN_CLOSED; state++)
		PP_LIST_FOREACH_SAFE (&db->pool.conns[state], it) {
			struct pp_conn *conn = pp_list_entry(it, struct pp_conn, link);
			pp_server_close(pp_server_of(conn), reason);
		}
}
