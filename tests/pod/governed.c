/* A program in a real memory cgroup under the real governor: 60 threads want to hold a result while
 * they work, and the program itself grows. No database: what is tested is whether the numbers of
 * the kernel and the decisions of the governor fit together.
 *
 * governed CAP GROWTH_MIB TRANSACTIONS   CAP 0: the governor, else that many, always
 *
 * Ends when so many transactions have been made. After a third of them it grows.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cgroup/files.h"
#include "cgroup/governor.h"

#define THREADS	     60
#define RESULT_BYTES (4 << 20)
#define PIECES	     16
#define PIECE_MS     8
#define MIB	     (1 << 20)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned cap, lent; /* under lock */
static long done, wanted;

static void nap(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};
	nanosleep(&t, NULL);
}

/* A result arrives in pieces and is freed when the transaction is over. */
static void work(void)
{
	char *result = malloc(RESULT_BYTES);
	if (!result)
		abort();
	for (int i = 0; i < PIECES; i++) {
		memset(result + i * (RESULT_BYTES / PIECES), 'r', RESULT_BYTES / PIECES);
		nap(PIECE_MS);
	}
	free(result);
}

static void *client(void *unused)
{
	(void)unused;
	for (;;) {
		pthread_mutex_lock(&lock);
		while (lent >= cap)
			pthread_cond_wait(&changed, &lock);
		lent++;
		pthread_mutex_unlock(&lock);
		work();
		pthread_mutex_lock(&lock);
		lent--;
		done++;
		pthread_cond_signal(&changed);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void set_cap(unsigned to)
{
	pthread_mutex_lock(&lock);
	cap = to;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static long done_so_far(void)
{
	pthread_mutex_lock(&lock);
	long n = done;
	pthread_mutex_unlock(&lock);
	return n;
}

/* 20 MiB a second, never given back; less on a machine that is too busy to make two results meanwhile. */
static void *grow(void *mib)
{
	long before = wanted / 3;
	for (long i = 0; i < (long)(size_t)mib; i++) {
		while (done_so_far() - before < 2 * i)
			nap(5);
		char *piece = malloc(MIB);
		if (piece)
			memset(piece, 'g', MIB);
		nap(50);
	}
	return NULL;
}

static pp_ms govern(struct pp_cgroup_files *files, struct pp_governor *governor)
{
	struct pp_sample sample;
	struct pp_verdict verdict;
	pp_cgroup_files_sample(files, &sample);
	pthread_mutex_lock(&lock);
	struct pp_governor_load load = {
		.open = lent, .lent = lent, .waiting = THREADS - lent, .returned = (uint64_t)done};
	pthread_mutex_unlock(&lock);
	pp_governor_tick(governor, &sample, &load, pp_clock_now_ms(), &verdict);
	set_cap(verdict.at_work);
	printf("sample %lld %lld %lld %u %u %u %llu: cap %u: %s\n", (long long)pp_clock_now_ms(),
	       (long long)sample.limit_bytes, (long long)sample.working_set_bytes, load.open,
	       load.lent, load.waiting, (unsigned long long)load.returned, verdict.at_work,
	       verdict.reason);
	fflush(stdout); /* it may be the last */
	return verdict.next_ms;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	unsigned fixed = (unsigned)atoi(argv[1]);
	wanted = atoi(argv[3]);
	struct pp_governor_limits limits = {.max_servers = THREADS};
	static struct pp_governor governor;
	struct pp_cgroup_files *files;
	if (pp_cgroup_files_open("", &files) < 0)
		return 2;
	pp_governor_init(&governor, &limits, pp_clock_now_ms());
	pthread_t thread;
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&thread, NULL, client, NULL) != 0)
			return 2;
	if (pthread_create(&thread, NULL, grow, (void *)(size_t)atoi(argv[2])) != 0)
		return 2;
	set_cap(fixed);
	while (done_so_far() < wanted) {
		if (fixed)
			nap(100);
		else
			nap(govern(files, &governor));
	}
	fflush(stdout);
	_Exit(0);
}
