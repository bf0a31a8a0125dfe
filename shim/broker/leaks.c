#include "broker/leaks.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/broker.h"
#include "broker/client.h"
#include "broker/proc_line.h"
#include "broker/process.h"
#include "broker/server.h"

#define PP_LEAKS_EVERY_MS 1000
/* Growth worth a word: so many windows in a row, so many connections. Fewer may be a pool that warms up. */
#define PP_LEAKS_WINDOWS 3
#define PP_LEAKS_GROWN	 5

pp_ms pp_leaks_transaction(const struct pp_client *c)
{
	if (c->state != PP_CLIENT_LENT || pp_tx_is_idle(&c->server->tx))
		return -1;
	return c->broker->now - c->since;
}

pp_ms pp_leaks_idle(const struct pp_client *c)
{
	if (c->state == PP_CLIENT_LENT && pp_tx_is_busy(&c->server->tx))
		return 0;
	return c->broker->now - c->active_at;
}

static const struct pp_client *worse(const struct pp_client *a, const struct pp_client *b)
{
	if (!a)
		return b;
	pp_ms x = pp_leaks_transaction(a), y = pp_leaks_transaction(b);
	if (x == y)
		return pp_leaks_idle(b) > pp_leaks_idle(a) ? b : a;
	return y > x ? b : a;
}

static pp_ms age_of(pid_t pid)
{
	char stat[512], uptime[64];
	double up;
	unsigned long long started;
	pp_proc_line(0, "uptime", uptime, sizeof uptime);
	if (sscanf(uptime, "%lf", &up) != 1 ||
	    sscanf(pp_proc_stat(pid, stat),
		   " %*c%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%llu", &started) != 1)
		return -1;
	return (pp_ms)(up * 1000) -
	       (pp_ms)(started * 1000 / (unsigned long long)sysconf(_SC_CLK_TCK));
}

void pp_leaks_facts(const struct pp_process *p, struct pp_leaks_facts *ret_facts)
{
	struct pp_leaks_facts f = {.age = age_of(p->pid)};
	pp_proc_line(p->pid, "comm", f.command, sizeof f.command);
	PP_LIST_FOREACH (&p->clients, it) {
		const struct pp_client *c = pp_list_entry(it, struct pp_client, process_link);
		f.transactions += pp_leaks_transaction(c) >= 0;
		f.worst = worse(f.worst, c);
	}
	*ret_facts = f;
}

/* "process 17 (java), 62 min old" */
static const char *whom(const struct pp_process *p, char text[80])
{
	struct pp_leaks_facts f;
	if (!p)
		return "a process out of sight";
	pp_leaks_facts(p, &f);
	snprintf(text, 80, "process %d (%s), %lld min old,", (int)p->pid,
		 *f.command ? f.command : "?", (long long)f.age / 60000);
	return text;
}

static const char *what(const struct pp_client *c, char text[PP_GIST_MAX])
{
	return c && *pp_gist_show(&c->last_ran, text) ? text : "nothing to show";
}

static void look_at_client(struct pp_client *c)
{
	char text[80], gist[PP_GIST_MAX];
	pp_ms limit = c->broker->config.warn_transaction_ms, open = pp_leaks_transaction(c);
	if (c->warned_since != c->since) {
		c->warned_since = c->since;
		c->warnings = 0;
	}
	/* At the limit, twice, four times ...: a day of it is a dozen lines. */
	if (!limit || c->warnings > 20 || open < limit << c->warnings)
		return;
	c->warnings++;
	pp_log(PP_LOG_WARNING,
	       "%s has a transaction open for %lld s, idle in it for %lld s; client %u; last: %s",
	       whom(c->process, text), (long long)open / 1000, (long long)pp_leaks_idle(c) / 1000,
	       c->id, what(c, gist));
}

static void look_at_number(struct pp_process *p)
{
	char text[80], gist[PP_GIST_MAX];
	struct pp_leaks_facts f;
	uint32_t limit = p->broker->config.warn_connections, n = (uint32_t)p->clients.count;
	if (!limit || n < limit || n < 2 * p->warned_at)
		return;
	p->warned_at = n;
	pp_leaks_facts(p, &f);
	pp_log(PP_LOG_WARNING, "%s has %u connections; one is idle for %lld s; last: %s",
	       whom(p, text), n, f.worst ? (long long)pp_leaks_idle(f.worst) / 1000 : 0,
	       what(f.worst, gist));
}

/* Load comes and goes; what leaks is there at the quietest moment, too. */
static void end_window(struct pp_process *p)
{
	char text[80], gist[PP_GIST_MAX];
	struct pp_leaks_facts f;
	if (p->low > p->low_before)
		p->grown++;
	else
		p->grown = 0, p->low_at_start = p->low;
	if (p->grown >= PP_LEAKS_WINDOWS && p->low >= p->low_at_start + PP_LEAKS_GROWN) {
		pp_leaks_facts(p, &f);
		pp_log(PP_LOG_WARNING,
		       "%s only ever has more connections: %u, never below %u now, %u before; one "
		       "is idle for %lld s; last: %s",
		       whom(p, text), (unsigned)p->clients.count, p->low, p->low_at_start,
		       f.worst ? (long long)pp_leaks_idle(f.worst) / 1000 : 0, what(f.worst, gist));
		p->grown = 0;
		p->low_at_start = p->low;
	}
	p->low_before = p->low;
	p->low = (uint32_t)p->clients.count;
	p->window_at = p->broker->now;
}

static void look_at_process(struct pp_process *p)
{
	uint32_t n = (uint32_t)p->clients.count;
	pp_ms window = p->broker->config.warn_growth_ms;
	if (n > p->most)
		p->most = n;
	if (n < p->low)
		p->low = n;
	look_at_number(p);
	if (window && p->broker->now - p->window_at >= window)
		end_window(p);
}

void pp_leaks_look(struct pp_broker *b)
{
	struct pp_process *p, *next;
	if (b->now < b->next_leaks_at)
		return;
	b->next_leaks_at = b->now + PP_LEAKS_EVERY_MS;
	HASH_ITER(hh, b->processes, p, next)
	look_at_process(p);
	PP_LIST_FOREACH (&b->clients, it)
		look_at_client(pp_list_entry(it, struct pp_client, link));
}
