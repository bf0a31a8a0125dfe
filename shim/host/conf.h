/* shim/host/conf.h - what the environment said when the program started.
 *
 * Copied once by the constructor: PHP-FPM and others wipe their environment later. Read-only
 * afterwards, so signal handlers, threads and vfork children may read it without a lock. Whatever
 * is wrong with it (bad TARGETS, too long) means off: a guest does not complain.
 */
#ifndef PP_HOST_CONF_H
#define PP_HOST_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ipc/target.h"

#define PP_CONF_PATH_MAX 1024
#define PP_CONF_ENV_MAX	 64   /* strings handed to the broker */
#define PP_CONF_TEXT_MAX 8192 /* and their bytes: PATH can be long */

struct pp_conf {
	bool is_on;
	bool is_fail_closed;	 /* PODPOOL_FAIL=closed */
	bool is_pid1_exit;	 /* PODPOOL_PID1_EXIT */
	const char *dir;	 /* borrowed: text; PODPOOL_DIR or NULL */
	const char *runtime_dir; /* borrowed: text; XDG_RUNTIME_DIR or NULL */
	struct pp_targets targets;
	uint64_t netns, stamp;		/* ipc/stamp.h */
	char broker[PP_CONF_PATH_MAX];	/* the broker's executable; "" when unknown */
	char *env[PP_CONF_ENV_MAX + 1]; /* borrowed: text; what the broker gets; ends with NULL */
	unsigned env_count;
	unsigned text_used;
	char text[PP_CONF_TEXT_MAX];
};

/* Reads `envp`; `conf` must be zeroed. On failure is_on stays false. */
PP_MUSTCHECK int pp_conf_read(struct pp_conf *conf, char *const *envp);

/* Where the program starts: if it goes into another one without exec (unshare(2), setns(2)), that is not noticed. */
void pp_conf_set_network(struct pp_conf *conf, uint64_t netns);

/* "<directory of shim>/../bin/podpool"; `cwd` completes a relative path (it may change later). */
void pp_conf_set_broker(struct pp_conf *conf, const char *shim_path, const char *cwd);

/* The process's own. Never NULL; is_on is false before the constructor has run. */
const struct pp_conf *pp_conf_get(void);
struct pp_conf *pp_conf_get_for_start(void);

#endif
