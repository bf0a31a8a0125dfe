/* scripts/bench.d/forked.c - N forked processes with one connection each, the shape of PHP-FPM and
 * other prefork programs.
 *
 * usage: forked PROCESSES SECONDS ROWS LOGPREFIX CONNINFO
 *
 * The clock starts when all are connected. Speaks pgbench's language, so that one reader serves
 * both: "progress: 1.0 s, N tps" on stderr each second, and per process a log whose third column is
 * a latency in microseconds (one transaction in ten).
 */
#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct shared {
	atomic_uint connected, go, stop;
	atomic_ullong done[]; /* per process */
};

static uint64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void one_transaction(PGconn *conn, unsigned *seed, int rows)
{
	char sql[96];
	snprintf(sql, sizeof(sql), "SELECT abalance FROM pgbench_accounts WHERE aid = %d",
		 1 + rand_r(seed) % rows);
	PGresult *result = PQexec(conn, sql);
	if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1) {
		fprintf(stderr, "forked: %s", PQerrorMessage(conn));
		exit(1);
	}
	PQclear(result);
}

static void child(struct shared *shared, int me, int rows, const char *prefix, const char *conninfo)
{
	unsigned seed = (unsigned)me + 1;
	char path[512];
	snprintf(path, sizeof(path), "%s.%d", prefix, me);
	FILE *log = fopen(path, "w");
	PGconn *conn = PQconnectdb(conninfo);
	if (!log || PQstatus(conn) != CONNECTION_OK) {
		fprintf(stderr, "forked: %s", PQerrorMessage(conn));
		exit(1);
	}
	atomic_fetch_add(&shared->connected, 1);
	while (!shared->go)
		usleep(1000);
	for (uint64_t n = 0; !shared->stop; n++) {
		uint64_t start = n % 10 == 0 ? now_us() : 0;
		one_transaction(conn, &seed, rows);
		shared->done[me]++;
		if (start)
			fprintf(log, "%d %ju %ju\n", me, (uintmax_t)n,
				(uintmax_t)(now_us() - start));
	}
	PQfinish(conn);
	exit(fclose(log) ? 1 : 0);
}

static unsigned long long sum(const struct shared *shared, int processes)
{
	unsigned long long total = 0;
	for (int i = 0; i < processes; i++)
		total += shared->done[i];
	return total;
}

static void report(struct shared *shared, int processes, int seconds)
{
	uint64_t start = now_us(), before = start;
	unsigned long long total = 0;
	for (int i = 0; i < seconds; i++) {
		sleep(1);
		uint64_t now = now_us();
		unsigned long long all = sum(shared, processes);
		fprintf(stderr, "progress: %.1f s, %.1f tps\n", (double)(now - start) / 1e6,
			(double)(all - total) * 1e6 / (double)(now - before));
		before = now, total = all;
	}
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	int processes = atoi(argv[1]), failed = 0, status;
	struct shared *shared =
		mmap(NULL, sizeof(*shared) + (size_t)processes * sizeof(shared->done[0]),
		     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	for (int i = 0; i < processes; i++)
		if (fork() == 0)
			child(shared, i, atoi(argv[3]), argv[4], argv[5]);
	while (shared->connected < (unsigned)processes && waitpid(-1, &status, WNOHANG) == 0)
		usleep(1000);
	shared->go = 1;
	report(shared, processes, atoi(argv[2]));
	shared->stop = 1;
	while (wait(&status) > 0)
		failed |= status;
	return failed || shared->connected < (unsigned)processes;
}
