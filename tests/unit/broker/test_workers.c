#include "broker/workers.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "broker/broker.h"
#include "pp_test.h"

static struct pp_broker broker;
static struct pp_workers *workers;
static char heard[16]; /* what happened, a letter each */

static void note(char letter)
{
	char text[] = {letter, '\0'};
	strcat(heard, text);
}

/* Of the broker there is only its loop. */
pp_ms pp_broker_now(struct pp_broker *b)
{
	return b->now;
}

/* There are no threads to be had. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	(void)thread;
	(void)attr;
	(void)run;
	(void)arg;
	return EAGAIN;
}

static void word_done(struct pp_job *job)
{
	(void)job;
	note('w');
}

static struct pp_job word = {.done = word_done};

static void job_run(struct pp_job *job)
{
	(void)job;
	note('r');
	pp_workers_tell(workers, &word);
}

static void job_done(struct pp_job *job)
{
	(void)job;
	note('d');
}

static void setup(void)
{
	broker = (struct pp_broker){.base = event_base_new()};
	heard[0] = '\0';
	ck_assert_int_eq(pp_workers_start(&broker, &workers), 0);
}

/* Whoever submits it is in the midst of something: what its end means comes later, as with threads. */
START_TEST(test_without_threads_a_job_is_run_at_once_and_over_at_the_loops_next_turn)
{
	struct pp_job jobs[] = {{.run = job_run, .done = job_done},
				{.run = job_run, .done = job_done, .slow = true}};
	pp_workers_submit(workers, &jobs[0]);
	ck_assert_str_eq(heard, "r");
	event_base_loop(broker.base, EVLOOP_NONBLOCK);
	ck_assert_str_eq(heard, "rwd");
	pp_workers_submit(workers, &jobs[1]);
	event_base_loop(broker.base, EVLOOP_NONBLOCK);
	ck_assert_str_eq(heard, "rwdrwd");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("broker.workers");
	TCase *tc = tcase_create("workers");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc,
		       test_without_threads_a_job_is_run_at_once_and_over_at_the_loops_next_turn);
	suite_add_tcase(suite, tc);
	return pp_test_main(suite);
}
