"""A reset right behind data: epoll tells of both at once, recv() gives the data first. Nobody may wait for more."""
import contextlib
import os
import signal
import socket
import struct
import threading

import pytest

import fakepg
from support import pgwire, wait
from support.dialer import Dialer
from support.pgwire import Wire


@contextlib.contextmanager
def stopped(pool):
    """What is said meanwhile arrives at once."""
    pid = pool.broker_pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


BEHIND = {
    "half-a-message": pgwire.query("select 1")[:-3],
    "a-flush": pgwire.msg(b"H"),
    "a-transaction-that-goes-on": pgwire.query("select pg_sleep(0)"),
}


@pytest.mark.parametrize("said", BEHIND)
def test_a_client_that_resets_behind(said, raw, pool):
    other = raw().login()
    wire = raw().login()
    wire.ask("begin")
    with stopped(pool):
        wire.send(BEHIND[said])
        wire.reset()
    pool.until_status(lambda s: s["totals"]["clients"] == 1 and not s["totals"]["lent"], "it has left", 5)
    assert other.ask("select 1") == [["1"]]


def test_a_server_that_resets_behind_a_row(pool, postgres_trust):
    asked, may_answer = threading.Event(), threading.Event()

    class Server(fakepg.FakePg):
        def answer(self, conn, sql):
            if sql != "select 'evil'":
                return super().answer(conn, sql)
            asked.set()
            may_answer.wait(10)
            conn.sendall(fakepg.ROW_DESCRIPTION + fakepg.ROW)
            conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise EOFError

    with Server() as fake:
        dialer = Dialer(pool.env(TARGETS=f"*:{postgres_trust.port},*:{fake.port}"))
        try:
            wire = Wire(dialer.connect(fake.host, fake.port, timeout=15)).login()
            wire.send(pgwire.query("select 'evil'"))
            assert asked.wait(10)
            with stopped(pool):
                may_answer.set()
                wait.until(lambda: fake.connections[-1].fileno() == -1, "the server has reset")
            wire.sock.settimeout(5)
            assert b"yes" in wire.drain()
        finally:
            dialer.__exit__()
