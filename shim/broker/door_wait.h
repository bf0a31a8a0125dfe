/* shim/broker/door_wait.h - programs whose connect() waits until it is known whether its destination can be reached.
 *
 * A connect() that would fail must fail (several hosts, several addresses of a name: whoever tries them in turn goes on
 * to the next only then), and one sent to the broker does not. So a route whose server has not been reached, or was
 * lost, is tried first (question.h); meanwhile its visitors wait here: as long as a connect takes, which is what the
 * program would have waited by itself; where nobody answers, a second, or a moment if it was so the last time.
 */
#ifndef PP_BROKER_DOOR_WAIT_H
#define PP_BROKER_DOOR_WAIT_H

#include <podpool/ipc.h>
#include <stdbool.h>
#include <sys/types.h>

struct pp_broker;
struct pp_route;

/* False: no room, answer it now. Else fd is kept, and closed when it was answered. */
bool pp_door_wait(struct pp_route *route, int fd, const struct pp_ipc_msg *question, pid_t pid);

/* The route has been tried. */
void pp_door_wait_over(struct pp_route *route);

/* Nobody is answered any more. */
void pp_door_wait_close(struct pp_broker *b);

#endif
