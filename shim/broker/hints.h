/* shim/broker/hints.h - datagrams from the PQconnectdb hooks: what only libpq knows about the next connect. */
#ifndef PP_BROKER_HINTS_H
#define PP_BROKER_HINTS_H

#include <podpool/ipc.h>
#include <sys/types.h>

#include "base/err.h"

struct pp_broker;

/* Opens or closes the socket: hints are wanted as long as a route's server speaks TLS or has not been asked. Without
 * the socket there are no hints: not an error for anybody but the log. */
void pp_hints_settle(struct pp_broker *b);
void pp_hints_close(struct pp_broker *b);

/* The newest hint of this thread, after reading what has arrived: it was sent before the connect whose bytes we
 * now see. UNKNOWN if there is none. */
enum pp_ipc_sslmode pp_hints_sslmode(struct pp_broker *b, pid_t pid, uint32_t tid);

#endif
