/* shim/broker/parent.h - whose child we are: the kernel gave us, an orphan, to PID 1 or to a subreaper (prctl(2)).
 *
 * Who waits for all its children (wait(2) until ECHILD: a Job, a server on SIGTERM) then waits for us, too, and we for its
 * end, for it may ask again: neither would ever end. So nobody needs a broker that is the last child of a parent which
 * stands in wait(2) and is the only program left. A parent that only sleeps, or waits for another child, keeps it. Ended
 * too early (another thread is about to connect) costs no more than one start of a broker.
 */
#ifndef PP_BROKER_PARENT_H
#define PP_BROKER_PARENT_H

struct pp_broker;

/* Once a second, with nothing to read but when no client is left: sets broker.awaited. */
void pp_parent_look(struct pp_broker *b);

#endif
