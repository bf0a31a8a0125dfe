"""PODPOOL_DIR is on a disk that is full: no byte, no file more. The program does not notice."""
import contextlib
import pathlib
import subprocess
import time

import pytest

from container import PYTHON, Container
from support import pg, wait

pytestmark = pytest.mark.pooled
ON_A_SMALL_DISK = ["/bin/sh", "-c", 'mount -t tmpfs -o size=64k,nr_inodes=30,mode=1777 none "$PODPOOL_DIR"; exec "$@"', "sh"]
CONNECT = "import socket, sys; print(socket.socket().connect_ex((sys.argv[1], int(sys.argv[2]))))"


class Disk:
    """The volume as the container sees it."""

    def __init__(self, container, volume):
        self.path = pathlib.Path(f"/proc/{container.box.pid}/root{volume}")

    def fill(self, what):
        """With bytes, with files, or both."""
        if "bytes" in what:
            with contextlib.suppress(OSError), open(self.path / "fill", "ab", buffering=0) as file:
                while True:
                    file.write(b"x" * 1024)
        if "files" in what:
            with contextlib.suppress(OSError):
                for number in range(100):
                    (self.path / f"file{number}").touch()

    def empty(self):
        for file in self.path.iterdir():
            if file.is_file():
                file.unlink()


@pytest.fixture
def own_postgres():
    with pg.Postgres.start() as postgres:
        yield postgres


@pytest.fixture
def pod(volume, own_postgres, installed):
    with Container(volume, own_postgres, installed, "pod", init=ON_A_SMALL_DISK) as a:
        yield a, Disk(a, volume)


def works(a, name):
    assert a("connect", name) is None
    assert a("ask", name, "select 1") == [[1]]
    assert a("close", name) is None


def is_pooled(a, name):
    works(a, name)
    return a.broker() is not None


@pytest.mark.parametrize("what", ["bytes", "files", "bytes and files"])
def test_from_the_start(what, pod):
    a, disk = pod
    disk.fill(what)
    for number in range(5):
        works(a, f"session{number}")
    disk.empty()
    wait.until(lambda: is_pooled(a, "later"), "with room again it is pooled", pause=0.2)


def test_a_broker_that_cannot_start_there_is_not_tried_at_each_connect(pod):
    """There is a lock, and no room for a byte in it, nor for a socket."""
    a, disk = pod
    (disk.path / "podpool-0").mkdir(mode=0o700)
    (disk.path / "podpool-0/lock").touch()
    disk.fill("bytes and files")
    begin = time.monotonic()
    for number in range(20):
        works(a, f"session{number}")
    assert 1 <= a.box.output().count("cannot listen at") <= 1 + (time.monotonic() - begin)


def test_while_it_runs(pod):
    a, disk = pod
    a.connected("before")
    broker = a.broker()
    disk.fill("bytes and files")
    a("ask", "before", "begin")
    for number in range(5):
        works(a, f"session{number}")
    assert a("ask", "before", "select 2") == [[2]] and a("ask", "before", "commit") == []
    assert a.broker() == broker and a.status(inside=True)["totals"]["clients"] == 1


def test_a_host_that_goes_down_meanwhile_is_down(pod, own_postgres, installed):
    """The file that says where connections go cannot be replaced; who connects must not be sent to the broker by it."""
    a, disk = pod
    a.connected("first")
    wait.until(lambda: (disk.path / "podpool-0/routes").stat().st_size > 40, "the route is published")
    disk.fill("bytes and files")
    own_postgres._halt()
    wait.until(lambda: a.status(inside=True)["totals"]["servers"] == 0, "the broker has seen it")
    env = {"LD_PRELOAD": str(installed / "lib/libpodpool.so"), "PODPOOL_TARGETS": f"*:{own_postgres.port}",
           "PODPOOL_DIR": str(a.dir.parent)}
    tried = subprocess.run(["nsenter", "-t", str(a.box.pid), "-p", "-m", PYTHON, "-c", CONNECT, own_postgres.host,
                            str(own_postgres.port)], env=env, capture_output=True, text=True, timeout=20)
    assert tried.stdout == "111\n", "connection refused"
    own_postgres.restart()
    disk.empty()
    wait.until(lambda: is_pooled(a, "next") and (disk.path / "podpool-0/routes").exists(), "all is as it was")
