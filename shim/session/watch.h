/* shim/session/watch.h - more names the lexer is to look for: functions that are known to do
 * something to a session, tables whose triggers do.
 *
 * Every identifier of every statement is held against the filter, keywords too; what passes is
 * looked up by whoever set the watch. Unquoted names come folded to lower case (ASCII only), quoted
 * ones as they are, both cut to 63 bytes; a qualified name comes part by part.
 */
#ifndef PP_SESSION_WATCH_H
#define PP_SESSION_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pp_watch {
	uint64_t filter; /* 0: nothing is looked up */
	uint32_t always; /* pins and flags that go with every text, whatever it names */
	/* Pins and enum pp_touch flags that go with the name; 0: none. `name` is not terminated. */
	uint32_t (*look_up)(void *arg, const char *name, size_t len);
	void *arg;
};

/* Adds a name to the filter; 1 to 63 bytes of it count. */
void pp_watch_add(struct pp_watch *watch, const char *name, size_t len);

/* May this name be one of those added? */
bool pp_watch_may_know(const struct pp_watch *watch, const char *name, size_t len);

#endif
