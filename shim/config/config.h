/* shim/config/config.h - the settings: one table (options.def), environment and an optional ini
 * file.
 *
 * The room config knows names, types, defaults and cross-checks; must not know what a setting does.
 * A value that breaks its type names the option, the text and what is allowed.
 */
#ifndef PP_CONFIG_CONFIG_H
#define PP_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

enum pp_config_mode { PP_MODE_TRANSACTION, PP_MODE_SESSION };
enum pp_config_lend { PP_LEND_LAST, PP_LEND_ROTATE };
enum pp_config_fail { PP_FAIL_OPEN, PP_FAIL_CLOSED };
enum pp_config_client_tls { PP_CLIENT_TLS_TUNNEL, PP_CLIENT_TLS_REFUSE, PP_CLIENT_TLS_TERMINATE };

struct pp_config {
	bool enabled, pid1_exit, guards;
	char targets[512];
	char dir[92];
	enum pp_config_mode mode;
	enum pp_config_lend lend;
	enum pp_config_fail fail;
	enum pp_config_client_tls client_tls;
	char client_tls_cert[512], client_tls_key[512]; /* "" none */
	uint32_t max_servers, min_servers;		/* 1..10000; min <= max */
	pp_ms wait_timeout_ms, idle_timeout_ms, server_lifetime_ms, grace_ms, warn_transaction_ms,
		warn_growth_ms;	     /* 0: wait for ever, never */
	uint32_t warn_connections;   /* 0: never */
	uint64_t memory_limit_bytes; /* 0: not given */
	char server_sslmode[16];     /* a libpq sslmode word */
	int log_level;		     /* enum pp_log_level */
};

void pp_config_defaults(struct pp_config *config);

/* Sets one option by its name in options.def, any case ("max_servers", "MAX_SERVERS"; "POOLING" for
 * PODPOOL). PP_ERR_ABSENT: no such option; PP_ERR_INVALID/RANGE: bad value. config is unchanged on
 * failure. */
PP_MUSTCHECK int pp_config_set(struct pp_config *config, const char *name, const char *value,
			       struct pp_errctx *err);

/* What no single option can break: min_servers above max_servers. */
PP_MUSTCHECK int pp_config_check(const struct pp_config *config, struct pp_errctx *err);

/* Defaults, then the ini file named by PODPOOL_CONFIG if set, then PODPOOL_* of `environ_` (which
 * win; an empty one is unset). An unknown PODPOOL_ variable is not an error (newer shim, older
 * broker) but is reported through `warn` (may be NULL); so is what only the file sets although it
 * is programs that go by it. The whole set is checked; on failure *ret_config is unchanged. */
PP_MUSTCHECK int pp_config_load(char *const *environ_, struct pp_config *ret_config,
				void (*warn)(const char *text), struct pp_errctx *err);

/* One "NAME=value" per option, in table order, as text that pp_config_set accepts again. Returns
 * the length as snprintf does. */
size_t pp_config_print(const struct pp_config *config, char *text, size_t size);

/* Table access for help and docs: NULL past the end. */
const char *pp_config_option_name(unsigned index);
const char *pp_config_option_default(unsigned index);
const char *pp_config_option_help(unsigned index);

#define PP_CONFIG_VARIABLE_MAX 40

/* "PODPOOL_MAX_SERVERS"; "PODPOOL" for POOLING. */
void pp_config_option_variable(unsigned index, char ret_name[PP_CONFIG_VARIABLE_MAX]);

/* The value of one option, as pp_config_print writes it. Returns the length as snprintf does. */
size_t pp_config_option_value(const struct pp_config *config, unsigned index, char *text,
			      size_t size);

#endif
