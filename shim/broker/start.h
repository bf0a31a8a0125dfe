/* shim/broker/start.h - what the broker sets right about itself before it serves: environment, limits, lock. */
#ifndef PP_BROKER_START_H
#define PP_BROKER_START_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ipc/dir.h"

/* In an image that sets LD_PRELOAD for all its programs the shim is in the broker, too, and leads its logins to its own door.
 * It reads PODPOOL=off before main() only: so this starts us again, once, with the same arguments (argv[0] is "broker"). */
void pp_start_without_shim(char **argv);

/* Ignores SIGPIPE and (until the loop has it) SIGHUP, lifts the limits of whoever connected first as far as may be, removes
 * every PG* variable (libpq must know only what a program told us; and they are no longer seen in /proc/PID/environ), keeps
 * memory tight and out of core files: it holds passwords. */
void pp_start_process(void);
/* In the log, what could not be lifted and will end us. */
void pp_start_say_limits(void);

/* The directory to work in: `wanted`, made if it is not there; or, if it is everybody's, one of our own in it, as the
 * shims will look for it (ipc/dir.h). PP_ERR_INVALID: neither. */
PP_MUSTCHECK int pp_start_dir(const char *wanted, char ret_dir[PP_DIR_MAX], struct pp_errctx *err);

/* Keeps `dir`/lock locked while the process lives: inherited from the shim, or taken now; once more when the file we
 * locked was taken away. PP_ERR_FULL: another broker has it. */
PP_MUSTCHECK int pp_start_lock(const char *dir, struct pp_errctx *err);

/* ipc/stamp.h; 0 unknown. */
uint64_t pp_start_network(void);

/* A program's shim has started us, and any other will when we are gone. Known since pp_start_lock(). */
bool pp_start_is_by_program(void);

/* Tells the shim that started us that we listen, and later ones, in the lock file, that this start succeeded. */
void pp_start_ready(void);

#endif
