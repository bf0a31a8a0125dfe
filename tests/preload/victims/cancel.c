/* victim: a thread is cancelled while connect() blocks; its cleanup must run. argv[1] is an address
 * whose backlog is full, so that the connection never comes up. */
#include <pthread.h>

#include "victim.h"

static struct address to;
static int cleaned;

static void clean(void *arg)
{
	(void)arg;
	cleaned++;
}

static void *block(void *arg)
{
	pthread_cleanup_push(clean, NULL);
	*(int *)arg = connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&to.sa, to.len);
	pthread_cleanup_pop(0);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t id;
	void *end;
	int r = 77;
	if (argc < 3)
		return 2;
	to = address_from(argv[1], argv[2]);
	pthread_create(&id, NULL, block, &r);
	usleep(200000);
	pthread_cancel(id);
	pthread_join(id, &end);
	printf("connect=%d cancelled=%d cleaned=%d\n", r, end == PTHREAD_CANCELED, cleaned);
	return 0;
}
