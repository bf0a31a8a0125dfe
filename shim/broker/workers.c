#include "broker/workers.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "broker/broker.h"

/* Logins are short and servers slow down when many arrive at once; they must get through while cancels hang, and the other
 * way round. */
#define PP_WORKERS_MAX	 32
#define PP_WORKERS_SLOW	 (PP_WORKERS_MAX / 2)
#define PP_WORKERS_STACK (256 * 1024)

struct queue {
	struct pp_job *first, **last;
	int count;
};

struct pp_workers {
	struct pp_broker *broker; /* borrowed */
	/* lock protects the queues and the counts; held only to move a pointer. */
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct queue todo, slow, done;
	int idle, threads, running_slow;
	int event_fd;
	struct event *event;
};

static void queue_init(struct queue *q)
{
	q->first = NULL;
	q->last = &q->first;
	q->count = 0;
}

static void queue_put(struct queue *q, struct pp_job *job)
{
	job->next = NULL;
	*q->last = job;
	q->last = &job->next;
	q->count++;
}

static struct pp_job *queue_take(struct queue *q)
{
	struct pp_job *job = q->first;
	if (!job)
		return NULL;
	if (!(q->first = job->next))
		q->last = &q->first;
	q->count--;
	return job;
}

/* Of the slow jobs, those that may be run now. */
static int due_slow(const struct pp_workers *w)
{
	int free = PP_WORKERS_SLOW - w->running_slow;
	return w->slow.count < free ? w->slow.count : free;
}

static struct pp_job *take(struct pp_workers *w)
{
	if (due_slow(w) == 0)
		return queue_take(&w->todo);
	w->running_slow++;
	return queue_take(&w->slow);
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
		struct pp_job *job = take(w);
		if (!job) {
			w->idle++;
			pthread_cond_wait(&w->more, &w->lock);
			w->idle--;
			continue;
		}
		pthread_mutex_unlock(&w->lock);
		job->run(job);
		pthread_mutex_lock(&w->lock);
		w->running_slow -= job->slow;
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
	queue_init(&w->slow);
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

/* done() comes from the loop all the same: whoever submits is in the midst of something, of a list perhaps that the end of
 * the job would change. */
static void run_here(struct pp_workers *w, struct pp_job *job)
{
	job->run(job);
	pthread_mutex_lock(&w->lock);
	put_done(w, job);
	pthread_mutex_unlock(&w->lock);
}

void pp_workers_submit(struct pp_workers *w, struct pp_job *job)
{
	struct queue *q = job->slow ? &w->slow : &w->todo;
	pthread_mutex_lock(&w->lock);
	queue_put(q, job);
	/* Those called before may still sleep: each takes one job, and no job waits behind one that hangs. */
	if (w->todo.count + due_slow(w) > w->idle && w->threads < PP_WORKERS_MAX)
		grow(w);
	bool stranded = w->threads == 0;
	if (stranded)
		(void)queue_take(q); /* the only one */
	else
		pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
	if (stranded)
		run_here(w, job);
}
