/* shim/broker/question.h - does this server speak TLS, or GSSAPI encryption? Asked once per route, by a worker (DESIGN 5). */
#ifndef PP_BROKER_QUESTION_H
#define PP_BROKER_QUESTION_H

#include "broker/route.h"

/* UNKNOWN: it is being asked; clients in PROBE continue when the answer is there. A server that cannot be reached
 * counts as NO for the moment: the login will say what is wrong. Answers are asked again after ten minutes. */
enum pp_route_says pp_question_tls(struct pp_route *route);
enum pp_route_says pp_question_gss(struct pp_route *route);

#endif
