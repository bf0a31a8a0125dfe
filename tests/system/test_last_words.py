"""What a server has said arrives, however slowly its client reads, also when the session is over."""
import os
import signal
import threading
import time

import pytest

import fakepg
from support import pgwire, wait
from support.dialer import Dialer
from support.pgwire import Wire
from support.queues import in_the_kernel

SQL = "select 'much'"
CHUNK = fakepg.ROW * 4096
LAST_WORD = fakepg.fatal("57P01", "terminating connection due to administrator command")
# name: (the end of the answer, does the server hang up, does the client half-close, settings of its login)
ENDS = {
    "server-ends": (LAST_WORD, True, False, {}),
    "client-has-said-all": (pgwire.msg(b"C", b"SELECT\0") + fakepg.READY, False, True, {}),
    "far-side-of-a-tunnel-ends": (LAST_WORD, True, False, {"replication": "true"}),
}


class Plenty(fakepg.FakePg):
    """Answers SQL with more than the client's socket takes, so that some of it is left in the broker."""

    def __init__(self, end, hangs_up, pooled):
        super().__init__()
        self.end = end
        self.hangs_up = hangs_up
        self.pooled = pooled
        self.said = b""
        self.has_ended = threading.Event()
        self.client = None  # the socket that does not read

    def answer(self, conn, sql):
        if sql != SQL:
            return super().answer(conn, sql)
        self.say(conn, fakepg.ROW_DESCRIPTION)
        while not self.is_enough():
            self.say(conn, CHUNK)
        self.say(conn, self.end)
        self.has_ended.set()
        if self.hangs_up:
            raise EOFError

    def say(self, conn, data):
        conn.sendall(data)
        self.said += data

    def is_enough(self):
        if not self.pooled:
            return len(self.said) > 1 << 20
        try:
            wait.until(lambda: len(self.said) - in_the_kernel(self.client) < 100_000, "it passes", 2)
        except AssertionError:
            return True
        return False


@pytest.fixture
def read_nothing(pool):
    """read_nothing(name of ENDS) -> the wire of a client whose session has ended, and the bytes it is owed."""
    left = []

    def start(name, **settings):
        end, hangs_up, has_said_all, login = ENDS[name]
        fake = Plenty(end, hangs_up, pool.pooled)
        left.append(fake)
        left.append(Dialer(pool.env(TARGETS=f"*:{pool.postgres.port},*:{fake.port}", **settings)))
        wire = Wire(left[-1].connect(fake.host, fake.port))
        wire.login(**login)
        fake.client = wire.sock
        wire.send(pgwire.query(SQL))
        if has_said_all:
            wire.half_close()
        assert fake.has_ended.wait(60)
        if pool.pooled:
            pool.until_status(lambda s: [c["state"] for c in s["clients"]] == ["closing"], "the session is over")
        return wire, fake.said

    yield start
    for one in left:
        one.__exit__()


@pytest.mark.parametrize("name", ENDS)
def test_a_slow_reader_gets_all_of_it(name, read_nothing):
    wire, owed = read_nothing(name)
    time.sleep(3)  # it reads nothing for longer than a FIN is waited for
    assert wire.drain() == owed


@pytest.mark.pooled
def test_who_reads_nothing_does_not_outlast_the_grace(read_nothing, pool):
    read_nothing("server-ends", GRACE_SECONDS=2)
    os.kill(pool.first_pid, signal.SIGTERM)
    wait.until(lambda: wait.gone(pool.first_pid), "the broker ended", seconds=15)  # of minutes that a reader is waited for
