#include "host/start.h"

#include <errno.h>
#include <stdbool.h>

#include "host/ask.h"
#include "host/known.h"
#include "host/launch.h"
#include "host/place.h"
#include "host/sys.h"

/* A broker whose pulse has stopped may only be starved: it gets a moment, but the program does not stand still. */
#define PP_START_SILENT_MS 100

#define NEXT_DIR -1000 /* not an errno: this directory does not work out */

static bool is_nobody_listening(int dialled)
{
	return dialled == -ENOENT || dialled == -ECONNREFUSED;
}

/* The winner of the lock starts the broker, the others look at the socket every few milliseconds
 * and, less often, whether the lock has become free. */
static int dial_or_start(const char *dir, int64_t deadline_ms)
{
	for (unsigned round = 0;; round++) {
		int fd = pp_ask_dial_dir(dir, deadline_ms);
		if (!is_nobody_listening(fd))
			return fd;
		if (pp_sys_now_ms() >= deadline_ms)
			return -ETIMEDOUT;
		if (round % 8 == 0) {
			enum pp_launch launched = pp_launch_broker(dir, deadline_ms);
			if (launched == PP_LAUNCH_READY)
				continue;
			if (launched == PP_LAUNCH_CANNOT)
				return NEXT_DIR;
			if (launched == PP_LAUNCH_FAILED)
				break;
		}
		pp_sys_sleep_ms(round < 9 ? round + 1 : 10);
	}
	/* The lock was free although nobody listened a moment ago: perhaps now somebody does. */
	return pp_ask_dial_dir(dir, deadline_ms);
}

int pp_start_dial(int64_t *deadline_ms)
{
	char dir[PP_DIR_MAX];
	int64_t patience = *deadline_ms;
	if (pp_known_is_silent() && patience > pp_sys_now_ms() + PP_START_SILENT_MS)
		patience = pp_sys_now_ms() + PP_START_SILENT_MS;
	int existing = pp_ask_dial(patience);
	if (!is_nobody_listening(existing) || !pp_launch_is_possible()) {
		*deadline_ms = patience;
		return existing;
	}
	for (unsigned i = 0;; i++) {
		int err = pp_place_candidate(i, true, dir);
		if (err == PP_ERR_ABSENT)
			return -ENOENT;
		if (err < 0)
			continue;
		int fd = dial_or_start(dir, *deadline_ms);
		if (fd != NEXT_DIR)
			return fd;
	}
}
