/* An unmodified program for the memory table: 60 workers share a pool of connections and make reports, each a
 * transaction that holds a result of 4 MB while it works with it. It may also grow by itself, or read a file.
 *
 * reports CONNINFO POOL SECONDS GROW_MIB FILE [by-work]     FILE "-": none
 *
 * After a third of its time it grows: 20 MiB a second, never given back; `by-work`: after 60 reports, at most 1 MiB for each, so
 * that it does not outgrow a machine that is too busy to make reports. Prints the reports made, each half second
 * and at the end; any failure of a connection or statement ends it with 1.
 */
#include <fcntl.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WORKERS	 60
#define MIB	 (1 << 20)
#define ROWS	 4000
#define QUERY	 "SELECT n, repeat('x', 980) FROM generate_series(1, 4000) n"
#define BEFORE	 60  /* reports */
#define READ_MIB 200 /* a second */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t returned = PTHREAD_COND_INITIALIZER;
static PGconn *available[WORKERS]; /* under lock */
static int available_count;
static long done;
static const char *conninfo, *path;
static int seconds, grow_mib;
static bool by_work;

static void nap(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};
	nanosleep(&t, NULL);
}

static long now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void fail(PGconn *conn)
{
	printf("failed: %s\n", PQerrorMessage(conn));
	fflush(stdout);
	_Exit(1);
}

static void run(PGconn *conn, const char *sql, ExecStatusType expected, int work_ms)
{
	PGresult *result = PQexec(conn, sql);
	if (PQresultStatus(result) != expected || (work_ms && PQntuples(result) != ROWS))
		fail(conn);
	nap(work_ms);
	PQclear(result);
}

static PGconn *take(void)
{
	pthread_mutex_lock(&lock);
	while (!available_count)
		pthread_cond_wait(&returned, &lock);
	PGconn *conn = available[--available_count];
	pthread_mutex_unlock(&lock);
	return conn;
}

static void give_back(PGconn *conn)
{
	pthread_mutex_lock(&lock);
	available[available_count++] = conn;
	done++;
	pthread_cond_signal(&returned);
	pthread_mutex_unlock(&lock);
}

static void *work(void *unused)
{
	(void)unused;
	unsigned seed = (unsigned)(size_t)&seed;
	for (;;) {
		PGconn *conn = take();
		run(conn, "BEGIN", PGRES_COMMAND_OK, 0);
		run(conn, QUERY, PGRES_TUPLES_OK, 350 + rand_r(&seed) % 200);
		run(conn, "COMMIT", PGRES_COMMAND_OK, 0);
		give_back(conn);
	}
	return NULL;
}

static long done_so_far(void)
{
	pthread_mutex_lock(&lock);
	long n = done;
	pthread_mutex_unlock(&lock);
	return n;
}

static void *grow(void *unused)
{
	(void)unused;
	if (!by_work)
		nap(seconds * 1000L / 3);
	for (int i = 0; i < grow_mib; i++) {
		while (by_work && done_so_far() < BEFORE + i)
			nap(5);
		char *piece = malloc(MIB);
		if (piece)
			memset(piece, 'g', MIB);
		nap(50);
	}
	printf("grown\n");
	fflush(stdout);
	return NULL;
}

/* Fills the page cache of its cgroup again and again; every page can be had back at once. */
static void *read_file(void *unused)
{
	(void)unused;
	static char piece[MIB];
	int fd = open(path, O_RDONLY);
	while (fd >= 0) {
		if (read(fd, piece, sizeof piece) <= 0)
			lseek(fd, 0, SEEK_SET);
		nap(1000 / READ_MIB);
	}
	return NULL;
}

static void start(void *(*function)(void *))
{
	pthread_t thread;
	pthread_attr_t small;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 256 << 10);
	if (pthread_create(&thread, &small, function, NULL) != 0)
		_Exit(1);
}

int main(int argc, char **argv)
{
	if (argc < 6)
		return 2;
	conninfo = argv[1];
	seconds = atoi(argv[3]);
	grow_mib = atoi(argv[4]);
	path = argv[5];
	by_work = argc > 6;
	for (int i = 0; i < atoi(argv[2]) && i < WORKERS; i++) {
		available[available_count] = PQconnectdb(conninfo);
		if (PQstatus(available[available_count++]) != CONNECTION_OK)
			fail(available[i]);
	}
	for (int i = 0; i < WORKERS; i++)
		start(work);
	if (grow_mib)
		start(grow);
	if (strcmp(path, "-") != 0)
		start(read_file);
	for (long begun = now_ms(), at = 0; at < seconds * 1000L; at = now_ms() - begun) {
		printf("%ld ms: %ld reports\n", at, done);
		fflush(stdout);
		nap(500);
	}
	pthread_mutex_lock(&lock);
	printf("reports %ld\n", done);
	fflush(stdout);
	_Exit(0);
}
