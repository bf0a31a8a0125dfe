#include "cli/cmd.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "cli/answer.h"
#include "cli/args.h"
#include "cli/ask.h"
#include "cli/say.h"
#include "cli/table.h"

#define GUARDS_SHOWN 5 /* they are rarely different from pool to pool */

static void print_duration(int64_t ms)
{
	int64_t s = ms / 1000;
	if (s >= 86400)
		printf("%" PRId64 "d %" PRId64 "h", s / 86400, s % 86400 / 3600);
	else if (s >= 3600)
		printf("%" PRId64 "h %" PRId64 "min", s / 3600, s % 3600 / 60);
	else if (s >= 60)
		printf("%" PRId64 "min %" PRId64 "s", s / 60, s % 60);
	else
		printf("%" PRId64 "s", s);
}

static void print_head(const json_t *root)
{
	const json_t *cap = json_object_get(root, "cap"), *totals = json_object_get(root, "totals");
	printf("podpool %s, pid %" PRId64 ", up ", pp_answer_text(root, "version"),
	       pp_answer_number(root, "pid"));
	print_duration(pp_answer_number(root, "uptime_ms"));
	printf(", state %s\n", pp_answer_text(root, "state"));
	printf("cap %" PRId64 " of %" PRId64 " servers", pp_answer_number(cap, "servers"),
	       pp_answer_number(cap, "max"));
	int64_t at_work = pp_answer_number(cap, "at_work");
	if (at_work > 0 && at_work < pp_answer_number(cap, "servers"))
		printf(", %" PRId64 " at work for the moment", at_work);
	printf(": %s\n", pp_answer_text(cap, "reason"));
	if (pp_answer_number(cap, "limit_bytes") > 0)
		printf("memory %" PRId64 " of %" PRId64 " MiB (%s), %" PRId64 " KiB a server\n",
		       pp_answer_number(cap, "working_set_bytes") >> 20,
		       pp_answer_number(cap, "limit_bytes") >> 20,
		       pp_answer_text(cap, "limit_from"),
		       pp_answer_number(cap, "cost_bytes") >> 10);
	printf("clients %" PRId64 ", waiting %" PRId64 "; servers %" PRId64 " (%" PRId64
	       " lent, %" PRId64 " idle, %" PRId64 " logging in), tunnels %" PRId64
	       "; transactions %" PRId64 "\n",
	       pp_answer_number(totals, "clients"), pp_answer_number(totals, "waiting"),
	       pp_answer_number(totals, "servers"), pp_answer_number(totals, "lent"),
	       pp_answer_number(totals, "idle"), pp_answer_number(totals, "logging_in"),
	       pp_answer_number(totals, "tunnels"), pp_answer_number(totals, "transactions"));
}

static void print_pin_counts(json_t *pins)
{
	const char *word, *separator = "pins so far: ";
	json_t *count;
	json_object_foreach(pins, word, count)
	{
		if (json_integer_value(count) == 0)
			continue;
		printf("%s%s %" JSON_INTEGER_FORMAT, separator, word, json_integer_value(count));
		separator = ", ";
	}
	if (*separator == ',')
		putchar('\n');
}

static void print_pools(const json_t *pools)
{
	static const char *const heads[] = {"DESTINATION", "USER",    "DATABASE", "SERVERS", "LENT",
					    "IDLE",	   "WAITING", "CLIENTS",  "VERSION", NULL};
	static const char *const numbers[] = {"servers", "lent", "idle", "waiting", "clients"};
	static struct pp_table table;
	json_t *pool;
	size_t i;
	pp_table_init(&table, heads);
	json_array_foreach(pools, i, pool)
	{
		pp_table_add_row(&table);
		pp_table_add_text(&table, pp_answer_text(pool, "destination"));
		pp_table_add_text(&table, pp_answer_text(pool, "user"));
		pp_table_add_text(&table, pp_answer_text(pool, "database"));
		for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++)
			pp_table_add_number(&table, pp_answer_number(pool, numbers[n]));
		pp_table_add_text(&table, pp_answer_text(pool, "server_version"));
	}
	putchar('\n');
	if (table.rows > 0)
		pp_table_print(&table);
	else
		puts("no pool yet");
}

/* Whole guards need no line; a server, a role or PODPOOL_GUARDS=off may have taken some away. */
static void print_guards(const json_t *pools)
{
	json_t *pool;
	char database[PP_CLEAN_NAME];
	size_t i, shown = 0;
	json_array_foreach(pools, i, pool)
	{
		const char *guards = json_string_value(json_object_get(pool, "guards"));
		if (guards && pp_answer_number(pool, "servers") > 0 &&
		    !(strstr(guards, "tcp_user_timeout") &&
		      strstr(guards, "client_connection_check_interval")) &&
		    shown++ < GUARDS_SHOWN)
			printf("guards at %s, %s: %s\n", pp_answer_text(pool, "destination"),
			       pp_clean(pp_answer_text(pool, "database"), database,
					sizeof database),
			       *guards ? guards : "none");
	}
}

static void print_pinned(const json_t *clients)
{
	static const char *const heads[] = {"PINNED",	"PID",	       "USER",
					    "DATABASE", "APPLICATION", "SERVER",
					    "PINS",	"BECAUSE OF",  NULL};
	static struct pp_table table;
	json_t *client;
	size_t i;
	pp_table_init(&table, heads);
	json_array_foreach(clients, i, client)
	{
		if (!*pp_answer_text(client, "pins"))
			continue;
		pp_table_add_row(&table);
		pp_table_add_number(&table, pp_answer_number(client, "id"));
		pp_table_add_number(&table, pp_answer_number(client, "pid"));
		pp_table_add_text(&table, pp_answer_text(client, "user"));
		pp_table_add_text(&table, pp_answer_text(client, "database"));
		pp_table_add_text(&table, pp_answer_text(client, "application_name"));
		pp_table_add_number(&table, pp_answer_number(client, "server_pid"));
		pp_table_add_text(&table, pp_answer_text(client, "pins"));
		pp_table_add_text(&table, pp_answer_text(client, "pin_cause"));
	}
	if (table.rows == 0)
		return;
	putchar('\n');
	pp_table_print(&table);
}

/* A cell's worth of a duration. */
static void add_duration(struct pp_table *table, int64_t ms)
{
	char cell[24] = "-";
	int64_t s = ms / 1000;
	if (s >= 7200)
		snprintf(cell, sizeof cell, "%" PRId64 " h", s / 3600);
	else if (s >= 120)
		snprintf(cell, sizeof cell, "%" PRId64 " min", s / 60);
	else if (ms >= 0)
		snprintf(cell, sizeof cell, "%" PRId64 " s", s);
	pp_table_add_text(table, cell);
}

static void print_processes(const json_t *processes)
{
	static const char *const heads[] = {"PROCESS", "COMMAND", "AGE",  "CONNECTIONS", "MOST",
					    "IN TX",   "TX OPEN", "IDLE", "LAST RAN",	 NULL};
	static struct pp_table table;
	json_t *process;
	size_t i;
	pp_table_init(&table, heads);
	json_array_foreach(processes, i, process)
	{
		pp_table_add_row(&table);
		pp_table_add_number(&table, pp_answer_number(process, "pid"));
		pp_table_add_text(&table, pp_answer_text(process, "command"));
		add_duration(&table, pp_answer_number(process, "age_ms"));
		pp_table_add_number(&table, pp_answer_number(process, "connections"));
		pp_table_add_number(&table, pp_answer_number(process, "most"));
		pp_table_add_number(&table, pp_answer_number(process, "open_transactions"));
		add_duration(&table, pp_answer_number(process, "transaction_ms"));
		add_duration(&table, pp_answer_number(process, "idle_ms"));
		pp_table_add_text(&table, pp_answer_text(process, "last_ran"));
	}
	if (table.rows == 0)
		return;
	putchar('\n');
	pp_table_print(&table);
}

static int show(const char *answer, size_t len, bool as_json)
{
	json_error_t error;
	json_t *root = json_loadb(answer, len, 0, &error);
	if (!root)
		return pp_say_failed("the broker's answer is cut short or not JSON: %s",
				     error.text);
	if (as_json) {
		puts(answer);
	} else {
		print_head(root);
		print_pin_counts(json_object_get(json_object_get(root, "totals"), "pins"));
		print_pools(json_object_get(root, "pools"));
		print_guards(json_object_get(root, "pools"));
		print_processes(json_object_get(root, "processes"));
		print_pinned(json_object_get(root, "clients"));
	}
	json_decref(root);
	return pp_say_end(PP_SAY_OK);
}

int pp_cmd_status(int argc, char **argv)
{
	struct pp_errctx err;
	bool as_json = false;
	const char *dir;
	char *answer;
	size_t len;
	for (int i = 1; i < argc; i++) {
		int status = PP_SAY_OK;
		if (strcmp(argv[i], "--json") == 0)
			as_json = true;
		else if (pp_args_value(argv, &i, "--dir", &dir))
			status = pp_args_set_dir(dir);
		else
			status = pp_say_usage("status: '%s' is not an option", argv[i]);
		if (status != PP_SAY_OK)
			return status;
	}
	if (pp_ask_status(&answer, &len, &err) < 0)
		return pp_say_failed("%s", err.text);
	int status = show(answer, len, as_json);
	free(answer);
	return status;
}
