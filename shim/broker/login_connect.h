/* shim/broker/login_connect.h - the attempts of one login: with guards (guards.h), with fewer, without. Worker thread. */
#ifndef PP_BROKER_LOGIN_CONNECT_H
#define PP_BROKER_LOGIN_CONNECT_H

#include "broker/login.h"

struct pg_conn;

/* Room for the guards in front of the program's options: the value to set before each attempt. */
#define PP_LOGIN_OPTIONS "options"

/* Logged in, non-blocking, the caller's to finish; login's guard facts are set. NULL: failed, login->error says why. A
 * login that would have succeeded without guards succeeds: all attempts share one deadline. */
struct pg_conn *pp_login_connect(struct pp_login *login);

#endif
