#include "broker/broker.h"

#include <podpool/ipc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/database.h"
#include "broker/door.h"
#include "broker/identity.h"
#include "broker/lend.h"
#include "broker/logfile.h"
#include "broker/main.h"
#include "broker/origin.h"
#include "broker/place.h"
#include "broker/publish.h"
#include "broker/reload.h"
#include "broker/route.h"
#include "broker/start.h"
#include "broker/tick.h"
#include "broker/tls.h"
#include "broker/wishes.h"
#include "broker/workers.h"
#include "ipc/dir.h"

/* A broker that nobody uses ends after this long, if a program has started it. One with a container of its own would only be
 * started again, and programs would have begun another one meanwhile. */
#define PP_BROKER_LINGER_MS (60 * 1000)
/* At the end: for cancel requests and logins under way. PID 1 waits for us 200 ms. */
#define PP_BROKER_GOODBYE_MS 150

/* Our own tick comes every second at least: who does not hear of it for longer was stopped (a frozen container, a
 * debugger) or starved. */
#define PP_BROKER_STANDSTILL_MS 2000

pp_ms pp_broker_now(struct pp_broker *b)
{
	pp_ms clock = pp_clock_now_ms(), gap = b->clock ? clock - b->clock : 0;
	b->clock = clock;
	/* Who leaves is bound to the time outside. */
	if (gap >= PP_BROKER_STANDSTILL_MS && b->drain.state == PP_DRAIN_RUN) {
		b->stood_ms += gap;
		b->woke_at = b->now;
	}
	b->now = clock - b->stood_ms;
	return b->now;
}

void pp_broker_bury(struct pp_broker *b, struct pp_grave *grave, void (*free_it)(struct pp_grave *))
{
	grave->free_it = free_it;
	pp_list_append(&b->graveyard, &grave->link);
	event_active(b->grave_event, EV_TIMEOUT, 0);
}

/* Activated events run after the callbacks of this round that are already under way: nobody still holds these. */
static void empty_graveyard(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct pp_broker *b = arg;
	PP_LIST_FOREACH_SAFE (&b->graveyard, it) {
		struct pp_grave *grave = pp_list_entry(it, struct pp_grave, link);
		pp_list_remove(&b->graveyard, it);
		grave->free_it(grave);
	}
}

void pp_broker_stop(struct pp_broker *b)
{
	const struct timeval limit = {.tv_usec = PP_BROKER_GOODBYE_MS * 1000};
	/* What a cancel does not reach runs on without its client; a login just done wants its Terminate. */
	event_base_loopexit(b->base, b->cancels || b->logins ? &limit : NULL);
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	(void)what;
	struct pp_broker *b = arg;
	pp_broker_now(b);
	pp_log(PP_LOG_INFO, "broker got signal %d", (int)sig);
	pp_tick_drain(b, PP_DRAIN_EV_OWN_TERM);
}

static void on_hangup(evutil_socket_t sig, short what, void *arg)
{
	struct pp_broker *b = arg;
	struct pp_errctx err;
	(void)sig;
	(void)what;
	pp_broker_now(b);
	(void)!pp_reload_now(b, &err);
}

static int listen_to_signals(struct pp_broker *b)
{
	b->hup_event = evsignal_new(b->base, SIGHUP, on_hangup, b);
	b->term_event = evsignal_new(b->base, SIGTERM, on_signal, b);
	b->int_event = evsignal_new(b->base, SIGINT, on_signal, b);
	b->grave_event = event_new(b->base, -1, 0, empty_graveyard, b);
	if (!b->term_event || !b->int_event || !b->hup_event || !b->grave_event)
		return PP_ERR_NOMEM;
	return event_add(b->term_event, NULL) < 0 || event_add(b->int_event, NULL) < 0 ||
			       event_add(b->hup_event, NULL) < 0
		       ? PP_ERR_NOMEM
		       : 0;
}

static int make_loop(struct pp_broker *b)
{
	struct event_config *config = event_config_new();
	if (!config)
		return PP_ERR_NOMEM;
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
	event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME); /* timers are rare (tick.c) */
	b->base = event_base_new_with_config(config);
	event_config_free(config);
	b->read_buffer = malloc(PP_READ_BUFFER);
	return b->base && b->read_buffer ? listen_to_signals(b) : PP_ERR_NOMEM;
}

/* The first verdict is needed before the first client: a tiny pod must not open twenty servers in its first second. */
static void first_verdict(struct pp_broker *b)
{
	struct pp_governor_limits limits = {b->config.max_servers,
					    (int64_t)b->config.memory_limit_bytes};
	struct pp_governor_load load = {0};
	struct pp_sample sample;
	pp_governor_init(&b->governor, &limits, b->clock);
	pp_cgroup_files_sample(b->cgroup, &sample);
	b->kill_events = sample.kill_events;
	pp_governor_tick(&b->governor, &sample, &load, b->clock, &b->verdict);
	pp_pools_init(&b->pools, b->verdict.cap);
	pp_pools_set_cap(&b->pools, b->verdict.cap, b->verdict.at_work);
	b->pools.fit = pp_lend_fit;
	b->pools.rotate = b->config.lend == PP_LEND_ROTATE;
	pp_log(PP_LOG_INFO, "cap %u: %s", b->verdict.cap, b->verdict.reason);
}

/* With a bad certificate nobody is refused, only unpooled: the default. */
static void open_tls(struct pp_broker *b)
{
	struct pp_errctx err;
	const struct pp_config *config = &b->config;
	if (config->client_tls == PP_CLIENT_TLS_TERMINATE &&
	    pp_tls_server_open(config->client_tls_cert, config->client_tls_key, &b->tls_server,
			       &err) < 0)
		pp_log(PP_LOG_ERROR, "%s; clients that speak TLS are tunnelled", err.text);
}

static int open_all(struct pp_broker *b, struct pp_errctx *err)
{
	pp_list_init(&b->door_waiting);
	pp_list_init(&b->questions);
	pp_list_init(&b->clients);
	pp_list_init(&b->graveyard);
	pp_list_init(&b->hidden);
	b->started = pp_broker_now(b);
	b->uid = geteuid();
	b->netns = pp_start_network();
	if (make_loop(b) < 0 || pp_cgroup_files_open("", &b->cgroup) < 0 ||
	    pp_workers_start(b, &b->workers) < 0)
		return pp_err_set(err, PP_ERR_NOMEM, "out of memory at start");
	pp_drain_init(&b->drain, b->config.grace_ms,
		      pp_start_is_by_program() ? PP_BROKER_LINGER_MS : -1);
	first_verdict(b);
	open_tls(b);
	pp_identity_open(b);
	pp_publish_open(b);
	pp_wishes_close(b); /* what a dead broker has left */
	int r = pp_door_open(b, err);
	if (r < 0)
		return r;
	pp_place_watch(b);
	return pp_tick_start(b) < 0 ? pp_err_set(err, PP_ERR_NOMEM, "no timer") : 0;
}

/* In this order: nobody new comes in, then every server hears Terminate. */
static void close_all(struct pp_broker *b)
{
	pp_place_close(b);
	pp_door_close(b);
	pp_publish_close(b);
	pp_wishes_close(b);
	pp_route_close_all(b);
	pp_database_close_all(b, "the broker ends");
	empty_graveyard(-1, 0, b);
}

static const char *dir_of(int argc, char **argv)
{
	static const char option[] = "--dir=";
	if (argc == 3 && strcmp(argv[1], "--dir") == 0)
		return argv[2];
	if (argc != 2 || strncmp(argv[1], option, strlen(option)) != 0)
		return NULL;
	return argv[1][strlen(option)] ? argv[1] + strlen(option) : NULL;
}

/* Whoever starts one by hand reads what it says, through a pipe or not. */
static int open_log(const char *dir)
{
	return pp_start_is_by_program() ? pp_logfile_open(dir) : STDERR_FILENO;
}

int pp_broker_main(int argc, char **argv)
{
	static struct pp_broker broker = {
		.sock_fd = -1, .tell_fd = -1, .routes_fd = -1, .spare_fd = -1};
	struct pp_broker *b = &broker;
	static char dir[PP_DIR_MAX];
	struct pp_errctx err;
	const char *wanted = dir_of(argc, argv);
	if (!wanted) {
		fprintf(stderr, "usage: podpool broker --dir DIRECTORY\n");
		return 2;
	}
	pp_start_without_shim(argv);
	pp_start_process();
	if (pp_start_dir(wanted, dir, &err) < 0 || pp_start_lock(dir, &err) < 0) {
		fprintf(stderr, "podpool broker: %s\n", err.text);
		return 1;
	}
	pp_origin_leave(dir);
	b->dir = dir;
	pp_log_init(open_log(b->dir), PP_LOG_INFO);
	pp_start_say_limits();
	if (pp_reload_first(b, &err) < 0) {
		pp_log(PP_LOG_ERROR, "%s", err.text);
		return 1;
	}
	pp_log_set_level((enum pp_log_level)b->config.log_level);
	if (open_all(b, &err) < 0) {
		pp_log(PP_LOG_ERROR, "%s", err.text);
		return 1;
	}
	pp_start_ready();
	event_base_dispatch(b->base);
	pp_log(PP_LOG_INFO, "the broker ends: %llu transactions",
	       (unsigned long long)b->transactions);
	close_all(b);
	return 0;
}
