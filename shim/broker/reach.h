/* shim/broker/reach.h - can the server of a route be reached? The ways to know it, the cheap ones first.
 *
 *   a server of ours there has said something since it was doubted    UP
 *   a login of ours there is connecting                               it will tell: UP, or it is asked after its end
 *   otherwise a connect() finds out (question.h)                      UP, DOWN, or DOWN and silent
 *
 * So a server that ends one session of many, or is logged in to anyway, costs no connection more.
 */
#ifndef PP_BROKER_REACH_H
#define PP_BROKER_REACH_H

#include <stdbool.h>

#include "broker/route.h"

/* In one data centre, and with one packet lost, which the kernel sends again after a second; whoever waits for it
 * (door_wait.h) can do nothing else. One known to be silent answers at once if at all, and what waits for its place should
 * not wait long. */
#define PP_REACH_CONNECT_MS 1300
#define PP_REACH_KNOCK_MS   250

/* Must a connect() be awaited before it is known whether the server can be reached? pp_door_wait_over() follows then. One
 * at a time: a server that refuses is asked for everybody who comes, so its return is seen by the first; one that does not
 * answer once a second. */
bool pp_reach_is_open(struct pp_route *route);
/* A login could not connect, or a server was lost: asked anew before the next program is sent there. */
void pp_reach_doubt(struct pp_route *route);

/* What a connect() came to, of a question or otherwise. */
void pp_reach_found(struct pp_route *route, enum pp_route_reach reach, bool silent);

/* Logins to it: one begins; it has connected to `address`; it is over, well or badly. */
void pp_reach_login_began(struct pp_route *route);
void pp_reach_login_connected(struct pp_route *route, const char *address);
void pp_reach_login_over(struct pp_route *route);
/* Who waits has waited long enough: a login that has not connected by now is one to a silent server. False: it was not
 * that what is waited for. */
bool pp_reach_wait_over(struct pp_route *route);

bool pp_reach_is_silent(const struct pp_route *route);

#endif
