/* shim/broker/question.h - does this server speak TLS, or GSSAPI encryption? Asked once per route, by a worker (DESIGN 5).
 *
 * A connection of its own, and under the cap as the rest: it waits for a place, or has one made (pool.h, errands).
 */
#ifndef PP_BROKER_QUESTION_H
#define PP_BROKER_QUESTION_H

#include "broker/route.h"

/* UNKNOWN: it is being asked; clients in PROBE continue when the answer is there. A server that cannot be reached
 * counts as NO for the moment: the login will say what is wrong. One that is reached and answers neither yes nor no counts
 * as YES: whoever wants to know asks it himself. Both are guesses, for a second. Answers are asked again after ten minutes,
 * when there is a place for it. */
enum pp_route_says pp_question_tls(struct pp_route *route);
enum pp_route_says pp_question_gss(struct pp_route *route);

/* Connects, for pp_reach_found(), and asks for TLS by the way. False: nothing will be found: no memory; or it is known to
 * be silent, and no place is free. */
bool pp_question_reach(struct pp_route *route);

/* There is a place for the first that waits. */
void pp_question_next(struct pp_broker *b);
/* By the clock: those that have waited too long for a place. */
void pp_question_sweep(struct pp_broker *b);

#endif
