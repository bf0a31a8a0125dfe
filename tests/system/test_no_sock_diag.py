"""A kernel that does not say whose a connection is: everybody is served, without a name."""
import contextlib
import subprocess

import pytest

from shell import psql
from support import wait
from support.pool import PODPOOL

pytestmark = [pytest.mark.pooled, pytest.mark.release]  # a library is preloaded into the broker

FAKES = {
    "no tcp_diag": """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
ssize_t recv(int fd, void *bytes, size_t size, int flags)
{
	ssize_t (*real)(int, void *, size_t, int) = (ssize_t (*)(int, void *, size_t, int))dlsym(RTLD_NEXT, "recv");
	ssize_t n = real(fd, bytes, size, flags);
	struct nlmsghdr *head = bytes;
	int domain = 0;
	socklen_t len = sizeof domain;
	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
	if (domain != AF_NETLINK || n < 0)
		return n;
	head->nlmsg_type = NLMSG_ERROR;
	((struct nlmsgerr *)NLMSG_DATA(head))->error = -ENOENT;
	return NLMSG_LENGTH(sizeof(struct nlmsgerr));
}
""",
    "no netlink": """
#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
int socket(int domain, int type, int protocol)
{
	if (domain == AF_NETLINK) {
		errno = EACCES;
		return -1;
	}
	return (int)syscall(SYS_socket, domain, type, protocol);
}
"""}


@pytest.fixture(params=FAKES)
def blind(request, scratch, make_pool, postgres_tls):
    """A pool whose broker lives under such a kernel."""
    source, library = scratch / "fake.c", scratch / "fake.so"
    source.write_text(FAKES[request.param])
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True)
    pool = make_pool(postgres_tls)
    pool.settings = {}
    with contextlib.ExitStack() as stack:
        with open(pool.stderr, "ab") as stderr:
            process = stack.enter_context(subprocess.Popen(
                [PODPOOL, "broker", "--dir", pool.dir], stderr=stderr,
                env={**pool.program_env(), "LD_PRELOAD": str(library)}))
        stack.callback(process.terminate)
        wait.until(pool.is_up, "it listens")
        yield pool


def test_everybody_is_served_and_libpq_does_its_tls_by_itself(blind):
    assert blind.stderr_text().count("no sock_diag") == 1
    assert blind.status()["identity"] is False
    for mode in ("disable", "require"):
        for _ in range(2):
            done = psql(blind.postgres, blind.program_env(), "select ssl from pg_stat_ssl where pid = pg_backend_pid()",
                        f"password=app-secret sslmode={mode}")
            assert done.returncode == 0, done.stderr
            assert mode == "disable" or done.stdout == "t\n"
    assert {c["pid"] for c in blind.status()["clients"]} <= {0}
