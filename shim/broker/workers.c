#include "broker/workers.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "broker/broker.h"

/* Logins are short and servers slow down when many arrive at once; cancels must get through while some hang. */
#define PP_WORKERS_MAX	 32
#define PP_WORKERS_STACK (256 * 1024)

struct queue {
	struct pp_job *first, **last;
};

struct pp_workers {
	struct pp_broker *broker; /* borrowed */
	/* lock protects the two queues and the counts; held only to move a pointer. */
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct queue todo, done;
	int idle, threads, queued; /* queued: on todo */
	int event_fd;
	struct event *event;
};

static void queue_init(struct queue *q)
{
	q->first = NULL;
	q->last = &q->first;
}

static void queue_put(struct queue *q, struct pp_job *job)
{
	job->next = NULL;
	*q->last = job;
	q->last = &job->next;
}

static struct pp_job *queue_take(struct queue *q)
{
	struct pp_job *job = q->first;
	if (job && !(q->first = job->next))
		q->last = &q->first;
	return job;
}

/* Called with the lock held. */
static void put_done(struct pp_workers *w, struct pp_job *job)
{
	uint64_t one = 1;
	queue_put(&w->done, job);
	ssize_t ignored = write(w->event_fd, &one, sizeof one);
	(void)ignored;
}

void pp_workers_tell(struct pp_workers *w, struct pp_job *word)
{
	pthread_mutex_lock(&w->lock);
	put_done(w, word);
	pthread_mutex_unlock(&w->lock);
}

static void *worker_main(void *arg)
{
	struct pp_workers *w = arg;
	pthread_mutex_lock(&w->lock);
	for (;;) {
		struct pp_job *job = queue_take(&w->todo);
		if (!job) {
			w->idle++;
			pthread_cond_wait(&w->more, &w->lock);
			w->idle--;
			continue;
		}
		w->queued--;
		pthread_mutex_unlock(&w->lock);
		job->run(job);
		pthread_mutex_lock(&w->lock);
		put_done(w, job);
	}
	return NULL;
}

static void finish_all(struct pp_workers *w)
{
	for (;;) {
		pthread_mutex_lock(&w->lock);
		struct pp_job *job = queue_take(&w->done);
		pthread_mutex_unlock(&w->lock);
		if (!job)
			return;
		job->done(job);
	}
}

static void on_done(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	struct pp_workers *w = arg;
	uint64_t count;
	ssize_t ignored = read(fd, &count, sizeof count);
	(void)ignored;
	pp_broker_now(w->broker);
	finish_all(w);
}

/* Where there are threads, glibc makes each system call that may wait cancellable and takes it back afterwards, six times a
 * transaction. Nobody cancels the loop; where its thread is of the asynchronous type, glibc finds nothing to change. */
static void never_cancel_the_loop(void)
{
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
}

int pp_workers_start(struct pp_broker *b, struct pp_workers **ret_workers)
{
	struct pp_workers *w = calloc(1, sizeof *w);
	if (!w)
		return PP_ERR_NOMEM;
	w->broker = b;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->more, NULL);
	queue_init(&w->todo);
	queue_init(&w->done);
	w->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->event_fd < 0) {
		free(w);
		return PP_ERR_SYS;
	}
	w->event = event_new(b->base, w->event_fd, EV_READ | EV_PERSIST, on_done, w);
	if (!w->event || event_add(w->event, NULL) < 0) {
		close(w->event_fd);
		free(w);
		return PP_ERR_NOMEM;
	}
	*ret_workers = w;
	never_cancel_the_loop();
	return 0;
}

/* Called with the lock held. Signals are the loop thread's business: the new thread inherits a full mask. */
static void grow(struct pp_workers *w)
{
	sigset_t all, old;
	sigfillset(&all);
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, PP_WORKERS_STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_t thread;
	if (pthread_create(&thread, &attr, worker_main, w) == 0)
		w->threads++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
}

void pp_workers_submit(struct pp_workers *w, struct pp_job *job)
{
	pthread_mutex_lock(&w->lock);
	queue_put(&w->todo, job);
	w->queued++;
	/* Those called before may still sleep: each takes one job, and no job waits behind one that hangs. */
	if (w->queued > w->idle && w->threads < PP_WORKERS_MAX)
		grow(w);
	bool stranded = w->threads == 0;
	if (stranded)
		w->queued -= queue_take(&w->todo) != NULL;
	else
		pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
	if (stranded) {
		job->run(job);
		finish_all(w); /* what it has told */
		job->done(job);
	}
}
