/* shim/broker/sip.h - while a client reads nothing, a little is read from its server now and then.
 *
 * tcp_user_timeout (guards.h, 60 s) ends also a connection whose other side lives but does not read.
 */
#ifndef PP_BROKER_SIP_H
#define PP_BROKER_SIP_H

#include <stdbool.h>

struct pp_server;

#define PP_SIP_MS (25 * 1000) /* twice in the time: one sip may not be enough to open the window */

/* Has it been paused long enough for one? */
bool pp_sip_is_due(const struct pp_server *s);
/* May end the server, and its client. */
void pp_sip(struct pp_server *s);

#endif
