/* shim/broker/login_name.h - a failover behind a host name. Worker thread.
 *
 * A program resolves a name anew for each connection; a pool outlives the address its first client had. So before the
 * first login of a pool that has no server left, the name (where a libpq program told us one, and no address beside
 * it) is resolved again, and the login goes where it leads now, unless the address is still one of it.
 */
#ifndef PP_BROKER_LOGIN_NAME_H
#define PP_BROKER_LOGIN_NAME_H

#include "broker/login.h"

/* False: no memory. A name that leads nowhere changes nothing. */
bool pp_login_name_follow(struct pp_login *login);

#endif
