/* shim/broker/question.h - does this server speak TLS, or GSSAPI encryption? Asked once per route, by a worker (DESIGN 5). */
#ifndef PP_BROKER_QUESTION_H
#define PP_BROKER_QUESTION_H

#include "broker/route.h"

/* UNKNOWN: it is being asked; clients in PROBE continue when the answer is there. A server that cannot be reached
 * counts as NO for the moment: the login will say what is wrong. Answers are asked again after ten minutes. */
enum pp_route_says pp_question_tls(struct pp_route *route);
enum pp_route_says pp_question_gss(struct pp_route *route);

/* Must a connect() be awaited before it is known whether the server can be reached? pp_door_wait_over() follows then. One
 * at a time: a server that refuses is asked for everybody who comes, so its return is seen by the first; one that does not
 * answer once a second. */
bool pp_question_is_reach_open(struct pp_route *route);
/* A login could not connect, or a server was lost: asked anew before the next program is sent there. */
void pp_question_doubt(struct pp_route *route);

#endif
