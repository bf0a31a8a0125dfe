/* Prepared statements across servers: the bytes choose what two clients say and who may go on when. Each client's bytes
 * go to a session of its own (the model) and through the broker's relay to two model servers that both share; each
 * must hear the same. At the end the broker's record of a server is the server's own table.
 *
 * The relay, front, flight, copies, plans, statements, heal and own are the broker's; the rest of the broker is below:
 * sockets are buffers, and lending is whoever is free. */
#include "broker/app_name.h"
#include "broker/client.h"
#include "broker/database.h"
#include "broker/front.h"
#include "broker/hidden.h"
#include "broker/lend.h"
#include "broker/missing.h"
#include "broker/notifier.h"
#include "broker/process.h"
#include "broker/relay.h"
#include "broker/server.h"
#include "broker/shed.h"
#include "wire/framer.h"

#include "../support/pp_fuzz.h"
#include "../support/pp_statement_model.h"

#include <stdio.h>

#define CLIENTS 2
#define SERVERS 2
/* Not before what was said is half answered: no more is under way than trackers hold. */
#define SAID_MAX 2000

static struct world {
	struct pp_broker broker;
	struct pp_database database;
	struct pp_hidden hidden;
	struct pp_client clients[CLIENTS];
	struct sm alone[CLIENTS]; /* their own sessions */
	struct pp_buf heard[CLIENTS];
	struct pp_server servers[SERVERS];
	struct sm models[SERVERS];
	bool in_batch[CLIENTS];
	bool given_up; /* errors of names taken twice, twice in one transaction, may be others than the server's */
	bool turned; /* the other server first */
} w;

/* ---- the rest of the broker */

static struct sm *model_of(const struct pp_server *s)
{
	return &w.models[s - w.servers];
}

int pp_server_write(struct pp_server *s, const void *bytes, size_t len)
{
	return pp_buf_append(&model_of(s)->in, bytes, len, SIZE_MAX);
}

void pp_client_write(struct pp_client *c, const void *bytes, size_t len)
{
	pp_fuzz_check(pp_buf_append(&w.heard[c - w.clients], bytes, len, SIZE_MAX) == 0);
}

bool pp_lend_begin(struct pp_client *c)
{
	for (int i = 0; i < SERVERS; i++) {
		struct pp_server *s = &w.servers[w.turned ? SERVERS - 1 - i : i];
		if (s->client)
			continue;
		s->client = c;
		c->server = s;
		c->state = PP_CLIENT_LENT;
		s->unnamed_known = false;
		pp_own_begin(s);
		return true;
	}
	c->state = PP_CLIENT_WAITING;
	return false;
}

static void take_back(struct pp_server *s)
{
	struct pp_client *c = s->client;
	s->client = NULL;
	c->server = NULL;
	s->lexing = PP_LEXING_NO;
	s->unsettled = s->renames = s->has_forgetting = false;
	pp_missing_clear(s);
	pp_touch_clear(&s->touch);
	c->state = PP_CLIENT_IDLE;
	for (int i = 0; i < CLIENTS; i++) {
		struct pp_client *other = &w.clients[i];
		if (other->state == PP_CLIENT_WAITING) {
			other->state = PP_CLIENT_IDLE;
			pp_client_continue(other);
		}
	}
	pp_client_continue(c);
}

void pp_lend_check_return(struct pp_server *s)
{
	if (!pp_tx_is_idle(&s->tx) || s->client->skip || s->skip)
		return;
	s->pins |= pp_own_lasting(s);
	if (s->untidy[0]) {
		pp_own_tidy(s);
		return;
	}
	if (pp_own_wants_probe(s)) {
		pp_fuzz_check(pp_own_probe(s));
		return;
	}
	s->unsettled = s->renames = false;
	if (!s->pins)
		take_back(s);
}

void pp_client_continue(struct pp_client *c)
{
	if (c->state != PP_CLIENT_WAITING)
		pp_relay_front_pending(c);
}

void pp_server_pin(struct pp_server *s, uint32_t pins, const char *cause)
{
	s->pins |= pins;
	w.given_up |= strcmp(cause, PP_FRONT_TWICE) == 0;
}

const struct pp_watch *pp_hidden_watch(struct pp_database *db)
{
	return &db->hidden->watch;
}

struct pp_pool *pp_database_pool(struct pp_database *db)
{
	return &db->pool;
}

#define NEVER(call)                                                                                \
	call                                                                                       \
	{                                                                                          \
		__builtin_trap();                                                                  \
	}
#pragma GCC diagnostic ignored "-Wunused-parameter"
NEVER(void pp_lend_server_lost(struct pp_server *s, const char *reason))
NEVER(void pp_lend_refused(struct pp_server *s, const char *reason))
NEVER(void pp_lend_give_back(struct pp_server *s))
NEVER(void pp_lend_introduce(struct pp_server *s))
NEVER(void pp_lend_settle(struct pp_broker *b))
NEVER(void pp_server_close(struct pp_server *s, const char *reason))
NEVER(void pp_client_close(struct pp_client *c, const char *reason))
NEVER(void pp_client_close_soon(struct pp_client *c))
NEVER(void pp_client_fail(struct pp_client *c, const char *a, const char *b, const char *m))
NEVER(void pp_client_write_error(struct pp_client *c, const char *a, const char *b, const char *m))
NEVER(void pp_conn_set_state(struct pp_conn *conn, enum pp_conn_state to, pp_ms now))
NEVER(ssize_t pp_stream_write(const struct pp_stream *s, const void *bytes, size_t len))
NEVER(const char *pp_hidden_begin(struct pp_server *s))
NEVER(void pp_hidden_row(struct pp_server *s, const uint8_t *body, size_t len))
NEVER(void pp_hidden_over(struct pp_server *s, bool failed))
NEVER(void pp_hidden_wake(struct pp_hidden *hidden))
NEVER(void pp_app_name_tell(struct pp_server *s, const uint8_t *body, size_t len))
NEVER(void pp_shed_begin(struct pp_server *s))

void pp_client_check_eof(struct pp_client *c) {}

void pp_notifier_name(const struct pp_server *hearing, uint8_t *body) {}

const struct pp_nameset *pp_hidden_settings(const struct pp_database *db)
{
	return NULL;
}

int pp_app_name_label(struct pp_client *c, struct pp_label settings)
{
	return 0;
}

void pp_app_name_correct(struct pp_client *c) {}

void pp_client_pause(struct pp_client *c, bool paused) {}

bool pp_hidden_holds(const struct pp_client *c)
{
	return false;
}

bool pp_process_is_ending(const struct pp_client *c)
{
	return false;
}

bool pp_app_name_is_told(const struct pp_server *s, const uint8_t *body, size_t len)
{
	return false;
}

bool pp_lend_may_return(const struct pp_server *s)
{
	return false;
}

/* ---- what happens */

struct bytes {
	const uint8_t *at, *end;
};

static unsigned choose(struct bytes *b, unsigned below)
{
	return b->at < b->end ? *b->at++ % below : 0;
}

/* PP_FUZZ_SHOW=1: for people who look at a finding. */
static void show(const char *who, int i, char type, const uint8_t *bytes, size_t len)
{
	if (!getenv("PP_FUZZ_SHOW"))
		return;
	fprintf(stderr, "%d %s %c ", i, who, type);
	for (size_t at = 0; at < len; at++)
		fputc(bytes[at] >= ' ' && bytes[at] <= '~' ? bytes[at] : '.', stderr);
	fputc('\n', stderr);
}

static void say(int i, char type, const void *body, size_t len)
{
	uint8_t header[5] = {(uint8_t)type, 0, 0, (uint8_t)((len + 4) >> 8), (uint8_t)(len + 4)};
	struct pp_buf *to[] = {&w.clients[i].in, &w.alone[i].in};
	show("says", i, type, body, len);
	w.in_batch[i] = type != 'S' && (w.in_batch[i] || strchr("PBDEC", type));
	for (int k = 0; k < 2; k++)
		pp_fuzz_check(pp_buf_append(to[k], header, sizeof header, SIZE_MAX) == 0 &&
			      pp_buf_append(to[k], body, len, SIZE_MAX) == 0);
}

/* `batch`: within one, a prepared text finds the server's names (front.h). */
static const char *text_of(struct bytes *b, bool batch)
{
	static const char *const texts[] = {
		"BEGIN",	"COMMIT",	"ROLLBACK",	  "BAD",	  "SELECT 1/0",
		"DEALLOCATE a", "DEALLOCATE b", "DEALLOCATE ALL", "SELECT 'now'", "",
		"DEALLOCATE c"};
	static char number[16];
	unsigned which = choose(b, 16);
	if (which < sizeof texts / sizeof *texts && !(batch && *texts[which] == 'D'))
		return texts[which];
	if (which < 14)
		snprintf(number, sizeof number, which == 11 ? "DELETE %u" : "DELETE %u $1",
			 1 + choose(b, 4));
	else
		snprintf(number, sizeof number, "SELECT %u", choose(b, 250));
	return number;
}

static void say_parse(int i, struct bytes *b, const char *name)
{
	char body[256];
	const char *text = text_of(b, !*name || w.in_batch[i]);
	size_t len = (size_t)snprintf(body, sizeof body, "%s%c%s", name, 0, text) + 1;
	bool asks = strchr(text, '$'), typed = asks && choose(b, 2);
	uint8_t types[6] = {0, typed, 0, 0, 0, typed ? 200 : 0};
	memcpy(body + len, types, sizeof types);
	say(i, 'P', body, len + (typed ? 6 : 2));
}

static const char *name_of(struct bytes *b)
{
	static const char *const names[] = {
		"", "a", "b", "c",
		"", "a", "B", "a_name_that_is_longer_than_sixty_three_bytes_and_so_cut"};
	return names[choose(b, 8)];
}

/* SQL that prepares: a text of its own, or one of several statements. */
static const char *sql_text(struct bytes *b)
{
	static char text[64];
	unsigned which = choose(b, 8);
	char name = "abc"[choose(b, 3)];
	switch (which) {
	case 0:
	case 1: snprintf(text, sizeof text, "PREPARE %c AS SELECT %u", name, choose(b, 3)); break;
	case 2: snprintf(text, sizeof text, "PREPARE %c AS SELECT 5;SELECT 7", name); break;
	case 3: snprintf(text, sizeof text, "DEALLOCATE %c", name); break;
	case 4: snprintf(text, sizeof text, "EXECUTE %c;EXECUTE a", name); break;
	default: snprintf(text, sizeof text, "EXECUTE %c", name); break;
	}
	return text;
}

/* As drivers do: prepared without a name, executed once. */
static void say_deallocate(int i, struct bytes *b)
{
	static const char *const texts[] = {"DEALLOCATE a", "DEALLOCATE b", "DEALLOCATE ALL"};
	char body[64] = "";
	unsigned which = choose(b, 6);
	const char *text = which < 3 ? texts[which] : sql_text(b);
	if (strchr(text, ';'))
		text = "EXECUTE a";
	size_t len = strlen(strcpy(body + 1, text));
	say(i, 'P', body, 1 + len + 3);
	say(i, 'B', "\0\0\0\0\0\0\0", 8);
	say(i, 'E', "\0\0\0\0", 5);
	say(i, 'C', "S", 2);
	say(i, 'S', "", 0);
	/* An error may have skipped its Close; executed again in another batch it would find the server's names. */
	say(i, 'C', "S", 2);
	say(i, 'S', "", 0);
}

static void speak(int i, struct bytes *b)
{
	char body[256] = "";
	const char *name, *portal;
	size_t len;
	switch (choose(b, 16)) {
	case 0:
	case 1:
		/* Within a batch, no driver does: an error may discard it, or leave the tracker uncertain (tx.h), and
		 * names are the server's own (front.h). */
		if (w.in_batch[i])
			return;
		name = choose(b, 8) ? text_of(b, false) : "SELECT 1 FROM pg_prepared_statements";
		if (choose(b, 2))
			name = sql_text(b);
		say(i, 'Q', name, strlen(name) + 1);
		return;
	case 2:
	case 3:
	case 4: say_parse(i, b, name_of(b)); return;
	case 5:
	case 6:
	case 7:
		portal = choose(b, 4) ? "" : "p";
		len = (size_t)snprintf(body, sizeof body, "%s%c%s", portal, 0, name_of(b));
		say(i, 'B', body, len + 7);
		return;
	case 8:
	case 9:
		len = (size_t)snprintf(body, sizeof body, "%s", choose(b, 4) ? "" : "p");
		say(i, 'E', body, len + 5);
		return;
	case 10:
	case 11:
		body[0] = "SSSP"[choose(b, 4)];
		len = (size_t)snprintf(body + 1, sizeof body - 1, "%s", name_of(b)) + 2;
		say(i, choose(b, 2) ? 'D' : 'C', body, len);
		return;
	case 12: say(i, 'H', "", 0); return;
	case 13:
		if (!w.in_batch[i])
			say_deallocate(i, b);
		return;
	default: say(i, 'S', "", 0); return;
	}
}

static bool go_on(int i)
{
	size_t before = pp_buf_len(&w.clients[i].in);
	pp_client_continue(&w.clients[i]);
	return pp_buf_len(&w.clients[i].in) != before;
}

/* The server's answer arrives, `most` bytes of it. */
static bool hear(int k, size_t most)
{
	struct pp_buf *out = &w.models[k].out;
	size_t n = pp_buf_len(out) < most ? pp_buf_len(out) : most;
	if (!n)
		return false;
	uint8_t *bytes = malloc(n);
	memcpy(bytes, pp_buf_bytes(out), n);
	pp_buf_consume(out, n);
	pp_relay_back(&w.servers[k], bytes, n);
	free(bytes);
	return true;
}

static void settle(void)
{
	for (bool moved = true; moved;) {
		moved = false;
		for (int i = 0; i < CLIENTS; i++)
			moved |= go_on(i);
		for (int k = 0; k < SERVERS; k++) {
			while (sm_step(&w.models[k]))
				moved = true;
			moved |= hear(k, SIZE_MAX);
		}
	}
}

static void begin(void)
{
	memset(&w, 0, sizeof w);
	pp_list_init(&w.broker.clients);
	w.database.broker = &w.broker;
	w.database.hidden = &w.hidden;
	w.database.user = "app";
	for (int i = 0; i < PP_CONN__COUNT; i++)
		pp_list_init(&w.database.pool.conns[i]);
	pp_list_init(&w.database.pool.waiters);
	pp_plans_init(&w.database.plans);
	for (int i = 0; i < CLIENTS; i++) {
		w.clients[i].broker = &w.broker;
		w.clients[i].database = &w.database;
		w.clients[i].state = PP_CLIENT_IDLE;
		sm_init(&w.alone[i]);
	}
	for (int k = 0; k < SERVERS; k++) {
		struct pp_server *s = &w.servers[k];
		s->broker = &w.broker;
		s->database = &w.database;
		s->conn.pool = &w.database.pool;
		s->conforming = s->readable = true;
		pp_tx_init(&s->tx);
		pp_copies_init(&s->copies);
		sm_init(&w.models[k]);
	}
}

static void finish(void)
{
	for (int i = 0; i < CLIENTS; i++) {
		pp_statements_clear(&w.clients[i].statements);
		pp_sqlset_drop(&w.clients[i].prepared);
		pp_unnamed_finish(&w.clients[i].unnamed);
		pp_buf_finish(&w.clients[i].in);
		pp_buf_finish(&w.heard[i]);
		sm_finish(&w.alone[i]);
	}
	for (int k = 0; k < SERVERS; k++) {
		struct pp_server *s = &w.servers[k];
		pp_flight_finish(&s->flight);
		pp_plan_drop(s->dealloc.plan);
		pp_copies_clear(&s->copies);
		pp_sqlset_drop(&s->prepared);
		pp_sqlset_drop(&s->own.prepared);
		pp_missing_clear(s);
		pp_buf_finish(&s->own.rows);
		free(s->own.probe);
		pp_buf_finish(&s->in);
		free(s->heal.batch);
		sm_finish(&w.models[k]);
	}
	pp_plans_finish(&w.database.plans);
}

static bool is_recorded(const struct pp_server *s, const struct sm_entry *e)
{
	const struct pp_sqlplan *plan = pp_sqlset_find(s->prepared, e->name);
	return plan && strcmp(pp_sqlplan_text(plan), e->origin) == 0;
}

/* The broker's record of a server is the server's own table. */
static void check_record(int k)
{
	struct pp_server *s = &w.servers[k];
	size_t known = 0, recorded = 0;
	if (s->tx.uncertain)
		return; /* nobody else gets it (tx.h) */
	PP_LIST_FOREACH (&s->copies.used, it) {
		const struct pp_copy *copy = pp_list_entry(it, struct pp_copy, link);
		const struct sm_entry *e = sm_statement(&w.models[k], copy->plan->name);
		known += e != NULL;
		if (!copy->stand_in && copy->generation == copy->plan->generation)
			pp_fuzz_check(e &&
				      strcmp(e->text, (const char *)pp_plan_body(copy->plan)) == 0);
	}
	for (int i = 0; i < SM_ENTRIES; i++) {
		const struct sm_entry *e = &w.models[k].statements[i];
		if (e->there && strncmp(e->name, "podpool", 7) == 0)
			known--;
		else
			pp_fuzz_check(!e->there || !e->name[0] || s->pins || is_recorded(s, e));
		recorded += e->there && is_recorded(s, e);
	}
	pp_fuzz_check(s->pins || recorded == (s->prepared ? s->prepared->count : 0));
	pp_fuzz_check(!w.database.sql.plans == !w.database.sql.sets);
	pp_fuzz_check(known == 0 && s->flight.head == s->flight.end && !s->dealloc.plan);
}

static void check_same(int i)
{
	const struct pp_buf *alone = &w.alone[i].out, *heard = &w.heard[i];
	while (sm_step(&w.alone[i]))
		;
	show("alone", i, ':', pp_buf_bytes(alone), pp_buf_len(alone));
	show("heard", i, ':', pp_buf_bytes(heard), pp_buf_len(heard));
	/* Each has heard ReadyForQuery at least. */
	pp_fuzz_check(pp_buf_len(&w.clients[i].in) == 0);
	pp_fuzz_check(pp_buf_len(alone) == pp_buf_len(heard) &&
		      memcmp(pp_buf_bytes(alone), pp_buf_bytes(heard), pp_buf_len(alone)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = {data, data + size};
	begin();
	for (unsigned said = 0; b.at < b.end && said < SAID_MAX; said++) {
		unsigned act = choose(&b, 32), which = act & 1;
		if (act < 16)
			speak((int)which, &b);
		else if (act < 20)
			(void)!go_on((int)which);
		else if (act < 24)
			(void)!sm_step(&w.models[which]);
		else if (act < 28)
			(void)!hear((int)which, 1 + choose(&b, 255));
		else if (act < 30)
			settle();
		else
			w.turned = which;
	}
	for (int i = 0; i < CLIENTS; i++) {
		say(i, 'S', "", 0);
		say(i, 'Q', "ROLLBACK", 9);
	}
	settle();
	for (int i = 0; i < CLIENTS && !w.given_up; i++)
		check_same(i);
	for (int k = 0; k < SERVERS && !w.given_up; k++)
		check_record(k);
	finish();
	return 0;
}
