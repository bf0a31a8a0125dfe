#include "broker/sqlset.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "broker/database.h"
#include "broker/hidden.h"
#include "broker/server.h"
#include "session/reading.h"

/* What a PREPARE is read under: how literals are read, which names are seen, and with whose rights. */
static int env_of(struct pp_label label, char env[PP_LABEL_MAX], size_t *ret_len)
{
	char names[PP_LABEL_MAX];
	size_t len;
	if (pp_reading_of(label, env, ret_len) < 0 || pp_reading_names_of(label, names, &len) < 0)
		return PP_ERR_FULL;
	memcpy(env + *ret_len, names, len); /* parts of one label */
	*ret_len += len;
	return 0;
}

static uint32_t read_text(struct pp_database *db, const char *text, bool conforming,
			  struct pp_lexer *lx)
{
	pp_lexer_init(lx, conforming);
	pp_lexer_watch(lx, pp_hidden_watch(db));
	pp_lexer_feed(lx, (const uint8_t *)text, strlen(text));
	return pp_lexer_finish(lx);
}

/* False: no memory. */
static bool learn(struct pp_sqlplan *plan, uint32_t bits, const struct pp_lexer *lx)
{
	bits &= ~(uint32_t)(PP_PIN_PREPARE | PP_TOUCH_PREPARES);
	if (!plan->database->asks_sequences)
		bits &= ~(uint32_t)PP_TOUCH_SEQUENCE;
	free(plan->touch);
	plan->touch = bits ? malloc(sizeof *plan->touch) : NULL;
	plan->watch = plan->database->hidden->generation;
	if (plan->touch)
		pp_touch_read(plan->touch, bits, lx);
	else if (bits)
		plan->watch--; /* to be read again */
	return plan->touch || !bits;
}

const struct pp_touched *pp_sqlplan_touch(struct pp_sqlplan *plan, bool *ret_known)
{
	struct pp_lexer lx;
	struct pp_database *db = plan->database;
	*ret_known = true;
	if (plan->watch != db->hidden->generation) {
		uint32_t bits = read_text(db, pp_sqlplan_text(plan), plan->conforming, &lx);
		*ret_known = learn(plan, bits, &lx);
	}
	return plan->touch;
}

/* One PREPARE of this name and nothing else, of what does not look at its server's past (session/past.h) or at our copies;
 * nor is it called like one of them. */
static bool is_plain(const struct pp_lexer *lx, uint32_t bits, const char *name)
{
	const uint32_t looks =
		PP_TOUCH_STATEMENTS | PP_TOUCH_SESSIONS | PP_TOUCH_TEMP_PATH | PP_TOUCH_LIBRARIES;
	return pp_lexer_shape(lx) == PP_SHAPE_PREPARE && !(bits & looks) &&
	       strcmp(pp_lexer_shape_name(lx), name) == 0 && !pp_plan_is_name(name);
}

static struct pp_sqlplan *make(const struct pp_server *s, const char *key, size_t env_len,
			       size_t key_len, const char *name)
{
	struct pp_lexer lx;
	struct pp_sqlsets *sql = &s->database->sql;
	const char *text = key + sizeof s->epoch + env_len;
	uint32_t bits = read_text(s->database, text, s->conforming, &lx);
	if (!is_plain(&lx, bits, name) || sql->bytes + key_len > PP_SQLSET_ALL_MAX)
		return NULL;
	struct pp_sqlplan *plan = malloc(sizeof *plan + key_len);
	if (!plan)
		return NULL;
	memset(plan, 0, sizeof *plan);
	plan->database = s->database;
	plan->env_len = env_len;
	plan->key_len = key_len;
	plan->conforming = s->conforming;
	strcpy(plan->name, name);
	memcpy(plan->key, key, key_len);
	if (learn(plan, bits, &lx))
		HASH_ADD_KEYPTR(hh, sql->plans, plan->key, key_len, plan);
	if (!plan->hh.tbl) {
		free(plan->touch);
		free(plan);
		return NULL;
	}
	sql->bytes += key_len;
	return plan;
}

struct pp_sqlplan *pp_sqlplan_take(const struct pp_server *s, struct pp_label label,
				   const char *name, const char *text)
{
	char key[sizeof s->epoch + PP_LABEL_MAX + PP_SQLSET_TEXT_MAX];
	size_t env_len, len = strlen(text) + 1;
	struct pp_sqlplan *plan = NULL;
	if (!s->readable || len > PP_SQLSET_TEXT_MAX || strlen(name) >= sizeof plan->name ||
	    env_of(label, key + sizeof s->epoch, &env_len) < 0)
		return NULL;
	memcpy(key, &s->epoch, sizeof s->epoch);
	env_len += sizeof s->epoch;
	memcpy(key + env_len, text, len);
	HASH_FIND(hh, s->database->sql.plans, key, env_len + len, plan);
	if (!plan)
		plan = make(s, key, env_len - sizeof s->epoch, env_len + len, name);
	if (plan)
		plan->users++;
	return plan;
}

void pp_sqlplan_drop(struct pp_sqlplan *plan)
{
	pp_assert(plan->users > 0);
	if (--plan->users)
		return;
	plan->database->sql.bytes -= plan->key_len;
	HASH_DEL(plan->database->sql.plans, plan);
	free(plan->touch);
	free(plan);
}

static int by_name(const void *a, const void *b)
{
	const struct pp_sqlplan *const *x = a, *const *y = b;
	return strcmp((*x)->name, (*y)->name);
}

static size_t bytes_of(struct pp_sqlplan **plans, uint32_t count)
{
	size_t bytes = 0;
	for (uint32_t i = 0; i < count; i++)
		bytes += plans[i]->key_len - plans[i]->env_len;
	return bytes;
}

int pp_sqlset_take(struct pp_database *db, struct pp_sqlplan **plans, uint32_t count,
		   struct pp_sqlset **ret)
{
	struct pp_sqlset *set = NULL;
	size_t size = count * sizeof(struct pp_sqlplan *);
	*ret = NULL;
	if (count == 0)
		return 0;
	if (count > PP_SQLSET_MAX || bytes_of(plans, count) > PP_SQLSET_BYTES_MAX)
		return PP_ERR_FULL;
	qsort(plans, count, sizeof(struct pp_sqlplan *), by_name);
	HASH_FIND(hh, db->sql.sets, plans, size, set);
	if (!set) {
		set = calloc(1, sizeof *set + size);
		if (!set)
			return PP_ERR_NOMEM;
		memcpy(set->plans, plans, size);
		HASH_ADD_KEYPTR(hh, db->sql.sets, set->plans, size, set);
		if (!set->hh.tbl) {
			free(set);
			return PP_ERR_NOMEM;
		}
		set->database = db;
		set->count = count;
		for (uint32_t i = 0; i < count; i++)
			plans[i]->users++;
	}
	set->users++;
	*ret = set;
	return 0;
}

void pp_sqlset_drop(struct pp_sqlset **holder)
{
	struct pp_sqlset *set = *holder;
	*holder = NULL;
	if (!set || --set->users)
		return;
	HASH_DEL(set->database->sql.sets, set);
	for (uint32_t i = 0; i < set->count; i++)
		pp_sqlplan_drop(set->plans[i]);
	free(set);
}

void pp_sqlset_hold(struct pp_sqlset **holder, struct pp_sqlset *set)
{
	if (set)
		set->users++;
	pp_sqlset_drop(holder);
	*holder = set;
}

bool pp_sqlset_unsettles(const struct pp_sqlset *set)
{
	for (uint32_t i = 0; set && i < set->count; i++) {
		const struct pp_touched *touch = set->plans[i]->touch;
		if (touch && touch->bits & PP_SQLSET_UNSETTLING)
			return true;
	}
	return false;
}

struct pp_sqlplan *pp_sqlset_find(const struct pp_sqlset *set, const char *name)
{
	uint32_t low = 0, high = set ? set->count : 0;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		int order = strcmp(name, set->plans[middle]->name);
		if (order == 0)
			return set->plans[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

bool pp_sqlset_has(const struct pp_sqlset *set, const struct pp_sqlplan *plan)
{
	return pp_sqlset_find(set, plan->name) == plan;
}

uint32_t pp_sqlset_distance(const struct pp_sqlset *a, const struct pp_sqlset *b)
{
	uint32_t differ = 0;
	for (uint32_t i = 0; a && i < a->count; i++)
		differ += !pp_sqlset_has(b, a->plans[i]);
	for (uint32_t i = 0; b && i < b->count; i++)
		differ += !pp_sqlset_has(a, b->plans[i]);
	return differ;
}

bool pp_sqlset_is_read_under(const struct pp_sqlset *set, struct pp_label label)
{
	char env[PP_LABEL_MAX];
	size_t len;
	if (!set)
		return true;
	if (env_of(label, env, &len) < 0)
		return false;
	for (uint32_t i = 0; i < set->count; i++)
		if (set->plans[i]->env_len != len ||
		    memcmp(set->plans[i]->key + sizeof(uint32_t), env, len) != 0)
			return false;
	return true;
}
