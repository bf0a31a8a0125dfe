/* shim/cli/doctor.h - findings of `podpool doctor`: is a program reached, and if not, why and what to do.
 *
 * Each part looks at one thing and says what it found at once, a line each: "ok", "note" (it may matter) or "BAD" (not
 * pooled because of it), the last two with what to do. Nothing is changed, nothing is started.
 */
#ifndef PP_CLI_DOCTOR_H
#define PP_CLI_DOCTOR_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct pp_doctor {
	unsigned bad;
	bool is_reachable;   /* the file can be reached by a preloaded library at all */
	char shim[PATH_MAX]; /* the library that LD_PRELOAD names; "" none */
};

void pp_doctor_ok(const char *fmt, ...) PP_PRINTF(1, 2);
void pp_doctor_note(const char *advice, const char *fmt, ...) PP_PRINTF(2, 3);
void pp_doctor_bad(struct pp_doctor *d, const char *advice, const char *fmt, ...) PP_PRINTF(3, 4);

/* The file of a command, found as a shell would (PATH; `#!` is followed). `name` is shown. */
void pp_doctor_command(struct pp_doctor *d, const char *name);
/* One executable file. `runs`: it has been started, so nobody asks whether the kernel would take its setuid bit. */
void pp_doctor_file(struct pp_doctor *d, const char *path, const char *shown, bool runs);
/* A running process: whether the library is in it, and whose it is. Its PODPOOL_ variables replace ours (--dir among them)
 * and, where we may, its user becomes ours: what follows is looked at through its eyes. */
void pp_doctor_process(struct pp_doctor *d, pid_t pid);
/* Our own environment: LD_PRELOAD and PODPOOL. */
void pp_doctor_environment(struct pp_doctor *d);
/* The directory of the socket, and the broker there. */
void pp_doctor_place(struct pp_doctor *d);
void pp_doctor_broker(struct pp_doctor *d);

/* The entry of LD_PRELOAD that is ours; false, and "": there is none. `list` may be NULL. */
bool pp_doctor_find_shim(const char *list, char ret_path[PATH_MAX]);

#endif
