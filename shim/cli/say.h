/* shim/cli/say.h - the room cli: what a person at a prompt, or a Dockerfile, calls. Prints for
 * people; knows the broker only by its socket. Every failure is one sentence on stderr and one of
 * three statuses. */
#ifndef PP_CLI_SAY_H
#define PP_CLI_SAY_H

#include "base/err.h"

enum pp_say_status { PP_SAY_OK = 0, PP_SAY_FAILED = 1, PP_SAY_USAGE = 2 };

/* "podpool: sentence" to stderr; each returns its status, so that failing is one line. */
int pp_say_failed(const char *fmt, ...) PP_PRINTF(1, 2);
int pp_say_usage(const char *fmt, ...) PP_PRINTF(1, 2); /* and where the help is */
void pp_say_warning(const char *text);

/* The last word of whoever prints: `status`, or PP_SAY_FAILED when not everything has reached stdout. */
PP_MUSTCHECK int pp_say_end(int status);

#endif
