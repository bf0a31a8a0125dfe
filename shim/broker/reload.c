#include "broker/reload.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "broker/broker.h"
#include "broker/origin.h"
#include "broker/target_names.h"
#include "broker/tls.h"
#include "broker/wishes.h"

#define PP_RELOAD_LOOK_MS 1000

extern char **environ;

static void warn(const char *text)
{
	pp_log(PP_LOG_WARNING, "%s", text);
}

static int read_settings(struct pp_config *ret_config, struct pp_targets *ret_targets,
			 struct pp_errctx *err)
{
	const char *bad;
	int r = pp_config_load(environ, ret_config, warn, err);
	if (r < 0)
		return r;
	pp_origin_resolve(ret_config->client_tls_cert, sizeof ret_config->client_tls_cert);
	pp_origin_resolve(ret_config->client_tls_key, sizeof ret_config->client_tls_key);
	if ((r = pp_targets_parse(ret_config->targets, ret_targets, &bad)) < 0)
		return pp_err_set(err, r, "PODPOOL_TARGETS: '%.60s' is not host-or-cidr:port", bad);
	return r;
}

static void note_file(struct pp_broker *b)
{
	const char *file = getenv("PODPOOL_CONFIG");
	if (!file || stat(file, &b->reload.seen) < 0)
		memset(&b->reload.seen, 0, sizeof b->reload.seen);
}

int pp_reload_first(struct pp_broker *b, struct pp_errctx *err)
{
	note_file(b); /* first: a change while it is read is one more */
	return read_settings(&b->config, &b->targets, err);
}

/* The certificate is read again even if its name is the same: it may have been renewed. */
static int open_tls(const struct pp_config *config, void **ret_tls, struct pp_errctx *err)
{
	*ret_tls = NULL;
	if (config->client_tls != PP_CLIENT_TLS_TERMINATE)
		return 0;
	return pp_tls_server_open(config->client_tls_cert, config->client_tls_key, ret_tls, err);
}

static void apply(struct pp_broker *b, const struct pp_config *config)
{
	struct pp_governor_limits limits = {config->max_servers,
					    (int64_t)config->memory_limit_bytes};
	b->config = *config;
	pp_log_set_level((enum pp_log_level)config->log_level);
	pp_governor_set_limits(&b->governor, &limits);
	b->next_governor_at = b->now;
	pp_drain_set_grace(&b->drain, config->grace_ms);
	b->pools.rotate = config->lend == PP_LEND_ROTATE;
	PP_LIST_FOREACH (&b->pools.all, it)
		pp_list_entry(it, struct pp_pool, link)->min_open = config->min_servers;
}

/* Sessions that live were begun in one mode and cannot go on in the other. */
static void keep_what_must_stay(const struct pp_broker *b, struct pp_config *config,
				struct pp_errctx *err)
{
	if (config->mode == b->config.mode)
		return;
	config->mode = b->config.mode;
	(void)!pp_err_set(err, 0, "PODPOOL_MODE stays as it is until a new broker starts");
}

int pp_reload_now(struct pp_broker *b, struct pp_errctx *err)
{
	struct pp_config config;
	struct pp_targets targets;
	void *tls;
	note_file(b);
	err->text[0] = '\0';
	int r = read_settings(&config, &targets, err);
	if (r == 0)
		r = open_tls(&config, &tls, err);
	if (r < 0) {
		pp_log(PP_LOG_ERROR, "the settings stay as they were: %s", err->text);
		return r;
	}
	pp_tls_server_close(b->tls_server); /* those who speak through it hold it */
	b->tls_server = tls;
	b->targets = targets;
	pp_target_names_forget(b);
	pp_wishes_settle(b);
	keep_what_must_stay(b, &config, err);
	apply(b, &config);
	pp_log(PP_LOG_INFO, "settings read again%s%s", *err->text ? "; " : "", err->text);
	return 0;
}

void pp_reload_watch(struct pp_broker *b)
{
	struct pp_errctx err;
	struct stat before = b->reload.seen;
	if (!getenv("PODPOOL_CONFIG") || b->now - b->reload.looked_at < PP_RELOAD_LOOK_MS)
		return;
	b->reload.looked_at = b->now;
	note_file(b);
	const struct stat *now = &b->reload.seen;
	if (before.st_ino != now->st_ino || before.st_dev != now->st_dev ||
	    before.st_size != now->st_size || before.st_mtim.tv_sec != now->st_mtim.tv_sec ||
	    before.st_mtim.tv_nsec != now->st_mtim.tv_nsec)
		(void)!pp_reload_now(b, &err);
}
