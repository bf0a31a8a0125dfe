#include "broker/status_process.h"

#include <string.h>

#include "base/clean.h"
#include "broker/broker.h"
#include "broker/client.h"
#include "broker/leaks.h"
#include "broker/process.h"

json_t *pp_status_text(const char *text)
{
	json_t *json = json_string(text ? text : "");
	if (json)
		return json;
	char plain[512];
	return json_string(pp_clean(text, plain, sizeof plain));
}

static json_t *process_json(const struct pp_process *p)
{
	struct pp_leaks_facts f;
	char gist[PP_GIST_MAX];
	pp_leaks_facts(p, &f);
	uint32_t now = (uint32_t)p->clients.count;
	return json_pack("{s:I,s:o,s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "pid", (json_int_t)p->pid,
			 "command", pp_status_text(f.command), "age_ms", (json_int_t)f.age,
			 "connections", (json_int_t)now, "most",
			 (json_int_t)(now > p->most ? now : p->most), "open_transactions",
			 (json_int_t)f.transactions, "transaction_ms",
			 (json_int_t)(f.worst ? pp_leaks_transaction(f.worst) : -1), "idle_ms",
			 (json_int_t)(f.worst ? pp_leaks_idle(f.worst) : 0), "last_ran",
			 pp_status_text(f.worst ? pp_gist_show(&f.worst->last_ran, gist) : ""));
}

json_t *pp_status_processes(const struct pp_broker *b)
{
	json_t *rows = json_array();
	struct pp_process *p, *next;
	HASH_ITER(hh, b->processes, p, next)
	if (p->clients.count)
		json_array_append_new(rows, process_json(p));
	return rows;
}
