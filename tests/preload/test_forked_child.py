"""A program forks while another of its threads is in the loader's list of objects: its lock stays locked in the child
(glibc gives back malloc's and the loader's own, not this one), and a child that asks for that list waits for ever."""
import subprocess

import pytest

from conftest import CLEAN_ENV, run

PROGRAM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

int attempt(const char *conninfo);
static int entered[2], over[2];

static int stay(struct dl_phdr_info *info, size_t size, void *arg)
{
	char c = '!';
	(void)info, (void)size, (void)arg;
	return write(entered[1], &c, 1) != 1 || read(over[0], &c, 1) != 1 || 1;
}

static void *look(void *arg)
{
	dl_iterate_phdr(stay, arg);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	char c;
	int status, (*from)(const char *conninfo) = FROM;
	if (argc != 2 || pipe(entered) || pipe(over) || pthread_create(&thread, NULL, look, NULL) ||
	    read(entered[0], &c, 1) != 1)
		return 1;
	pid_t child = fork();
	if (child == 0) {
		alarm(10);
		_exit(from(argv[1]));
	}
	waitpid(child, &status, 0);
	return status; /* of a child that waits for ever, SIGALRM */
}
"""
ATTEMPT = r"""
#include <libpq-fe.h>
#include <stdio.h>

int attempt(const char *conninfo)
{
	PGconn *conn = PQconnectdb(conninfo);
	printf("status %d: %s", PQstatus(conn), PQerrorMessage(conn));
	fflush(stdout);
	return 0;
}
"""


@pytest.fixture(scope="module", params=["program", "library"])
def forks(request, tmp_path_factory):
    """PQconnectdb is called by the program itself, or by what it loads together with libpq, as psycopg2 is."""
    folder = tmp_path_factory.mktemp("forks")
    main, attempt, library = folder / "main.c", folder / "attempt.c", folder / "attempt.so"
    main.write_text(PROGRAM)
    attempt.write_text(ATTEMPT)
    pq = ["-I/usr/include/postgresql", attempt, "-lpq"]
    if request.param == "library":
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, *pq], check=True)
        pq = [f'-DFROM=dlsym(dlopen("{library}", RTLD_NOW), "attempt")']
    else:
        pq.append("-DFROM=attempt")
    subprocess.run(["gcc", "-o", folder / "forks", main, *pq, "-lpthread"], check=True)
    return folder / "forks"


@pytest.mark.parametrize("mode", ["prefer", "require"])
def test_a_child_forked_while_objects_are_listed_connects(mode, forks, install, no_broker, closed_port):
    args = [forks, f"hostaddr=127.0.0.1 port={closed_port} user=u dbname=d sslmode={mode}"]
    plain = run(args, CLEAN_ENV)
    assert plain[0] == 0 and plain[1].startswith("status 1: ") and "Connection refused" in plain[1]
    assert run(args, no_broker.env(closed_port)) == plain
    assert run(args, install.env(closed_port, PODPOOL_FAKE="direct")) == plain
    assert install.asked("wish") and install.asked("route"), "it came to the broker"
