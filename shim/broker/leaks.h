/* shim/broker/leaks.h - who holds transactions open or takes ever more connections: named, with what they last ran.
 *
 * Facts for the status, and a warning in the log past a threshold (WARN_* in options.def). Changes nothing.
 */
#ifndef PP_BROKER_LEAKS_H
#define PP_BROKER_LEAKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct pp_broker;
struct pp_client;
struct pp_process;

/* Milliseconds; -1: it has no transaction open. */
pp_ms pp_leaks_transaction(const struct pp_client *c);
/* Since it last said or was told something; 0 while its server works for it. */
pp_ms pp_leaks_idle(const struct pp_client *c);

#define PP_LEAKS_NAME_MAX 16 /* TASK_COMM_LEN */

struct pp_leaks_facts {
	char command[PP_LEAKS_NAME_MAX]; /* "" unknown: it has just ended */
	pp_ms age;			 /* of the process; -1 unknown */
	uint32_t transactions;		 /* open now */
	const struct pp_client
		*worst; /* the longest transaction, else the longest idle; NULL no connection */
};
void pp_leaks_facts(const struct pp_process *p, struct pp_leaks_facts *ret_facts);

/* Warns where there is reason to; looks once a second. */
void pp_leaks_look(struct pp_broker *b);

#endif
