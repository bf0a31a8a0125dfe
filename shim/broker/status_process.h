/* shim/broker/status_process.h - the programs' rows of the status. */
#ifndef PP_BROKER_STATUS_PROCESS_H
#define PP_BROKER_STATUS_PROCESS_H

#include <jansson.h>

struct pp_broker;

/* Names, settings and versions are bytes of programs and servers; JSON wants UTF-8: without it json_pack() would have no
 * object at all. NULL-safe. */
json_t *pp_status_text(const char *text);

/* An array, one object per process that has connections. */
json_t *pp_status_processes(const struct pp_broker *b);

#endif
