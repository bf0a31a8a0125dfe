#include "broker/tick.h"

#include <sys/timerfd.h>

#include "base/log.h"
#include "broker/broker.h"
#include "broker/cancel.h"
#include "broker/client.h"
#include "broker/database.h"
#include "broker/door.h"
#include "broker/edge.h"
#include "broker/hidden.h"
#include "broker/leaks.h"
#include "broker/lend.h"
#include "broker/logfile.h"
#include "broker/parent.h"
#include "broker/place.h"
#include "broker/pressure.h"
#include "broker/process.h"
#include "broker/publish.h"
#include "broker/question.h"
#include "broker/reload.h"
#include "broker/route.h"
#include "broker/server.h"
#include "broker/shed.h"
#include "broker/silence.h"
#include "broker/sip.h"

/* The janitor's round; the governor may ask for shorter ones. */
#define PP_TICK_MS  250
#define PP_QUIET_MS 2000 /* governor.h */
#define PP_START_MS (10 * 1000)
/* What the kernel does not tell by itself is looked for this often. */
#define PP_LOOK_MS 1000
/* authentication_timeout of the server: who has not finished its startup by then is closed. */
#define PP_STARTUP_LIMIT_MS (60 * 1000)

static bool is_quiet(const struct pp_broker *b, const struct pp_server *s)
{
	return s->client && !pp_tx_is_busy(&s->tx) && b->now - s->client->active_at >= PP_QUIET_MS;
}

/* Held by clients that ask nothing of them. */
static uint32_t quiet(const struct pp_broker *b)
{
	uint32_t n = 0;
	PP_LIST_FOREACH (&b->pools.all, it) {
		struct pp_pool *pool = pp_list_entry(it, struct pp_pool, link);
		PP_LIST_FOREACH (&pool->conns[PP_CONN_LENT], at)
			n += is_quiet(b, pp_server_of(pp_list_entry(at, struct pp_conn, link)));
	}
	return n;
}

/* While clients wait for the cap to rise, a look that was put off in quieter times is due now. */
static bool governor_is_due(const struct pp_broker *b)
{
	bool wanted = b->pools.waiting && b->pools.open >= b->pools.cap &&
		      b->pools.cap < b->config.max_servers;
	return b->now >= b->next_governor_at ||
	       (wanted && b->next_governor_at - b->now < b->verdict.next_ms - PP_TICK_MS);
}

/* The governor knows of no tunnels: their memory is the program's. They count against the operator's ceiling. */
static uint32_t places(const struct pp_broker *b)
{
	uint32_t with_tunnels = b->verdict.cap + b->pools.tunnels;
	return with_tunnels < b->config.max_servers ? with_tunnels : b->config.max_servers;
}

static void tick_governor(struct pp_broker *b)
{
	if (!governor_is_due(b))
		return;
	struct pp_sample sample;
	struct pp_governor_load load = {
		.open = b->pools.open - b->pools.tunnels,
		.lent = b->pools.lent, /* not the tunnels: of their work nobody sees the end */
		.quiet = quiet(b),
		.waiting = b->pools.waiting,
		.returned = b->transactions};
	uint32_t before = b->verdict.cap;
	bool was_gated = pp_pools_is_gated(&b->pools);
	pp_cgroup_files_sample(b->cgroup, &sample);
	/* Memory goes on while we stand still. */
	pp_governor_tick(&b->governor, &sample, &load, b->clock, &b->verdict);
	b->next_governor_at = b->now + b->verdict.next_ms;
	pp_pools_set_cap(&b->pools, places(b), b->verdict.at_work);
	if (was_gated)
		pp_lend_let_in(b);
	pp_pressure_obey(b);
	pp_pressure_note_kills(b, sample.kill_events);
	pp_log(PP_LOG_DEBUG, "sample %lld %lld %lld %u %u %u %llu: cap %u, %u at work",
	       (long long)b->now, (long long)sample.limit_bytes,
	       (long long)sample.working_set_bytes, load.open, load.lent, load.waiting,
	       (unsigned long long)load.returned, b->verdict.cap, b->verdict.at_work);
	if (before != b->verdict.cap)
		pp_log(PP_LOG_INFO, "cap %u: %s", b->verdict.cap, b->verdict.reason);
}

static void sweep_clients(struct pp_broker *b)
{
	PP_LIST_FOREACH_SAFE (&b->clients, it) {
		struct pp_client *c = pp_list_entry(it, struct pp_client, link);
		pp_ms age = b->now - c->since;
		if (c->state == PP_CLIENT_CLOSING)
			pp_client_check_closing(c);
		else if ((c->state == PP_CLIENT_STARTUP || c->state == PP_CLIENT_PASSWORD) &&
			 age >= PP_STARTUP_LIMIT_MS)
			pp_client_close(c, "startup takes too long");
		else if (c->state == PP_CLIENT_ADMISSION && b->config.wait_timeout_ms &&
			 age >= b->config.wait_timeout_ms)
			pp_database_fail_late(c, "podpool: no login in time");
		else
			pp_cancel_orphan(c);
	}
}

/* One: its end may be that of others. False: there is none. */
static bool sip_for_slow_reader(struct pp_broker *b)
{
	PP_LIST_FOREACH (&b->clients, it) {
		struct pp_client *c = pp_list_entry(it, struct pp_client, link);
		if (c->server && pp_sip_is_due(c->server)) {
			pp_sip(c->server);
			return true;
		}
	}
	return false;
}

static void change_way(struct pp_broker *b)
{
	if (b->orders.ask)
		pp_publish_withdraw(b);
	else
		pp_publish_routes(b);
}

static void obey(struct pp_broker *b, const struct pp_drain_orders *orders,
		 enum pp_drain_state before)
{
	bool other_way = b->orders.ask != orders->ask;
	b->orders = *orders;
	if (before != b->drain.state)
		pp_log(PP_LOG_INFO, "%s", pp_drain_word(b->drain.state));
	pp_shed_set_spares(b);
	if (other_way)
		change_way(b);
	if (orders->refuse_lending)
		pp_process_release_all(b);
	if (orders->cancel)
		pp_cancel_all(b);
	if (orders->finish && !b->finished) {
		b->finished = true;
		pp_lend_finish(b);
	}
	if (orders->end)
		pp_broker_stop(b);
	else if (orders->close_idle)
		pp_lend_sweep(b);
}

/* Also of those who have not been accepted yet: a connection that has not spoken is the kernel's for a second
 * (TCP_DEFER_ACCEPT), but it was announced. */
static bool is_anybody_expected(struct pp_broker *b)
{
	if (b->drain.parting && (pp_publish_hear(b) || pp_door_has_visitor(b)))
		return true; /* the rest of them is heard when it is accepted */
	return pp_process_has_asked(b);
}

void pp_tick_drain(struct pp_broker *b, enum pp_drain_event event)
{
	bool awaited = b->awaited && b->clients.count == 0;
	/* With no program left, servers kept open for one (MIN_SERVERS) are kept for nobody. */
	bool nobody = b->clients.count == 0 && (awaited || pp_process_count(b) == 0);
	b->own_term |= event == PP_DRAIN_EV_OWN_TERM;
	struct pp_drain_counts counts = {
		.clients = (uint32_t)b->clients.count,
		/* Our own SIGTERM (a sidecar's) comes when the programs have ended or should do without us. */
		.processes = b->own_term || awaited ? 0 : pp_process_count(b),
		.servers = nobody ? b->logins : b->pools.open - b->asking,
		.leaving = pp_process_all_leave(b),
		.expected = is_anybody_expected(b),
		.awaited = awaited,
	};
	struct pp_drain_orders orders;
	enum pp_drain_state before = b->drain.state;
	pp_drain_event(&b->drain, event, &counts, b->now, &orders);
	obey(b, &orders, before);
}

static void look_around(struct pp_broker *b)
{
	if (b->now < b->next_look_at)
		return;
	b->next_look_at = b->now + PP_LOOK_MS;
	pp_place_look(b);
	pp_door_spare(b);
	pp_silence_look(b);
	pp_edge_look(b);
	pp_parent_look(b);
	pp_logfile_look();
}

static void set_tick(struct pp_broker *b, pp_ms when)
{
	pp_ms in = when > b->now ? when - b->now : 1; /* 0: never */
	struct itimerspec next = {
		.it_value = {.tv_sec = in / 1000, .tv_nsec = in % 1000 * 1000000}};
	b->next_tick_at = when;
	timerfd_settime(event_get_fd(b->tick_event), 0, &next, NULL);
}

void pp_tick_by(struct pp_broker *b, pp_ms when)
{
	if (when < b->next_tick_at)
		set_tick(b, when);
}

static void plan_next(struct pp_broker *b)
{
	/* Nothing open and nobody there: once a second is enough (one wake-up, no more, for an idle pod). Not at the
	 * start: a broker is started because somebody comes. */
	bool quiet = !b->pools.open && !b->clients.count && b->now - b->started > PP_START_MS;
	pp_ms next = b->now + (quiet && !b->drain.parting ? 1000 : PP_TICK_MS);
	if (b->next_governor_at > b->now && b->next_governor_at < next)
		next = b->next_governor_at;
	pp_ms try = pp_pools_next_try(&b->pools, b->now);
	set_tick(b, try < next ? try : next);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct pp_broker *b = arg;
	pp_broker_now(b);
	if (!b->accept_paused) /* who connects would wait for us as for one that hangs */
		pp_publish_pulse(b);
	look_around(b);
	tick_governor(b);
	pp_route_accept_again(b);
	pp_question_sweep(b);
	pp_lend_sweep(b);
	pp_hidden_sweep(b);
	sweep_clients(b);
	for (size_t left = b->clients.count; left && sip_for_slow_reader(b);)
		left--;
	pp_process_give_up(b);
	pp_process_go_on(b);
	pp_leaks_look(b);
	pp_reload_watch(b);
	pp_database_sweep(b);
	pp_tick_drain(b, PP_DRAIN_EV_TICK);
	plan_next(b);
}

/* The kernel's timer and not libevent's, which would be set and taken back again at every wait of the loop: it asked for the
 * time twice, and the kernel armed a timer of its own. Edge-triggered: it is set anew and never read. */
int pp_tick_start(struct pp_broker *b)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (fd < 0)
		return PP_ERR_SYS;
	b->tick_event = event_new(b->base, fd, EV_READ | EV_PERSIST | EV_ET, on_tick, b);
	if (!b->tick_event || event_add(b->tick_event, NULL) < 0)
		return PP_ERR_NOMEM;
	set_tick(b, b->now);
	return 0;
}
