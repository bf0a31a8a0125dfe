#include "cli/cmd.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/num.h"
#include "cli/args.h"
#include "cli/ask.h"
#include "cli/say.h"
#include "cli/settings.h"

#define LOOK_AGAIN_MS 100
/* The program's own SIGTERM comes behind a preStop hook and wants some of the grace, too. */
#define SHARE_OF_GRACE 2

/* No transaction open, nobody in line for one, and what was idle has been closed? What a program keeps by session
 * state (pinned) ends with it. */
static bool is_done(const char *answer, size_t len)
{
	static const char *const none_of[] = {"open_transactions", "waiting", "idle", "logging_in"};
	json_t *root = json_loadb(answer, len, 0, NULL);
	const json_t *totals = json_object_get(root, "totals");
	bool done = totals != NULL;
	for (size_t i = 0; i < sizeof none_of / sizeof *none_of; i++)
		done = done && json_integer_value(json_object_get(totals, none_of[i])) == 0;
	json_decref(root);
	return done;
}

static int wait_for_end(pp_ms limit_ms)
{
	struct pp_errctx err;
	const struct timespec pause = {.tv_nsec = LOOK_AGAIN_MS * 1000000L};
	for (pp_ms deadline = pp_clock_now_ms() + limit_ms;;) {
		char *answer;
		size_t len;
		int r = pp_ask_status(&answer, &len, &err);
		if (r == PP_ERR_ABSENT)
			return PP_SAY_OK; /* it has left */
		if (r < 0 && r != PP_ERR_SYS)
			return pp_say_failed("%s", err.text);
		bool done = false;
		if (r == 0) {
			done = is_done(answer, len);
			free(answer);
		}
		if (done)
			return PP_SAY_OK;
		if (pp_clock_now_ms() >= deadline)
			return pp_say_failed("%s",
					     r < 0 ? err.text : "transactions are still open");
		nanosleep(&pause, NULL);
	}
}

/* --wait or --wait=SECONDS; *ret_ms 0: half of the grace. False: another word. */
static bool is_wait(const char *word, pp_ms *ret_ms, int *ret_status)
{
	if (strcmp(word, "--wait") == 0)
		return true;
	if (strncmp(word, "--wait=", 7) != 0)
		return false;
	if (pp_num_parse_duration(word + 7, ret_ms) < 0 || *ret_ms == 0)
		*ret_status = pp_say_usage("drain: '%s' is not a duration", word + 7);
	return true;
}

int pp_cmd_drain(int argc, char **argv)
{
	struct pp_errctx err;
	struct pp_config config;
	bool wait = false;
	pp_ms limit_ms = 0;
	const char *dir;
	for (int i = 1; i < argc; i++) {
		int status = PP_SAY_OK;
		if (is_wait(argv[i], &limit_ms, &status))
			wait = true;
		else if (pp_args_value(argv, &i, "--dir", &dir))
			status = pp_args_set_dir(dir);
		else
			status = pp_say_usage("drain: '%s' is not an option", argv[i]);
		if (status != PP_SAY_OK)
			return status;
	}
	if (pp_settings_load(&config, &err) < 0)
		return pp_say_usage("%s", err.text);
	int r = pp_ask_drain(&err);
	if (r == PP_ERR_ABSENT)
		return PP_SAY_OK; /* nothing was pooled, or all has been said: a hook that failed would be noise */
	if (r < 0)
		return pp_say_failed("%s", err.text);
	if (r > 0) {
		pp_say_warning("the pool is another container's and stays");
		return PP_SAY_OK;
	}
	return wait ? wait_for_end(limit_ms ? limit_ms : config.grace_ms / SHARE_OF_GRACE)
		    : PP_SAY_OK;
}
