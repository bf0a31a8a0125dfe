/* shim/broker/workers.h - the few threads that may block: logins, cancels, TLS questions, name look-ups.
 *
 * At most half of the threads run jobs that may take long by somebody else's fault (`slow`); the rest is for the others.
 * A job is run on a worker and then finished on the loop thread. Between submit and done the job's memory belongs
 * to the worker; nothing else may touch it. No lock is held while run() or done() is called.
 */
#ifndef PP_BROKER_WORKERS_H
#define PP_BROKER_WORKERS_H

#include <stdbool.h>

#include "base/err.h"

struct pp_broker;
struct pp_workers;

struct pp_job {
	struct pp_job *next; /* of the queue it is on */
	void (*run)(
		struct pp_job *job); /* worker thread: may block, must end by its own deadline */
	void (*done)(struct pp_job *job); /* loop thread; frees the job */
	bool slow;
};

PP_MUSTCHECK int pp_workers_start(struct pp_broker *b, struct pp_workers **ret_workers);
/* Never fails: with no thread to be had the job is run at once (better slow than lost), and done() called at the loop's next
 * turn. */
void pp_workers_submit(struct pp_workers *w, struct pp_job *job);

/* From run(): word->done() is called on the loop thread, before that of the job that is being run. */
void pp_workers_tell(struct pp_workers *w, struct pp_job *word);

#endif
