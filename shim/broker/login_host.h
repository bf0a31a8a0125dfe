/* shim/broker/login_host.h - of several hosts in a connection string, which one is this login's? A name counts for SNI and
 * for what a certificate must bear, and the program's libpq has tried the hosts by itself. Worker thread: looks names up.
 */
#ifndef PP_BROKER_LOGIN_HOST_H
#define PP_BROKER_LOGIN_HOST_H

struct pp_login;

/* A list in `host` becomes the first of them that is at this login's address and port; if none is (names change), the
 * first: then a certificate for another one is refused, never the other way round. */
void pp_login_host_settle(struct pp_login *login);

#endif
