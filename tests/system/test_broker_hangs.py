"""A broker that is there and does nothing (SIGSTOP: a debugger, a frozen container, a defect)."""
import os
import signal
import time

import pytest

from shell import psql
from support import pgwire, wait

pytestmark = pytest.mark.pooled


@pytest.fixture
def frozen(raw, pool):
    """A broker with a session and a server, stopped; resume() lets it go on."""
    wire = raw(MAX_SERVERS=2).login()
    assert wire.ask("select 1") == [["1"]]
    pid = pool.broker_pid
    os.kill(pid, signal.SIGSTOP)
    yield wire, lambda: os.kill(pid, signal.SIGCONT)
    os.kill(pid, signal.SIGCONT)


def seconds_of(pool, postgres):
    begin = time.monotonic()
    done = psql(postgres, pool.program_env())
    assert (done.returncode, done.stdout) == (0, "answer\n")
    return time.monotonic() - begin


def test_programs_connect_directly_once_it_has_been_silent(frozen, pool, postgres_trust):
    wire, resume = frozen
    time.sleep(3.2)  # its pulse may be so old
    # of five, as a busy machine may take its time with one; with the patience for a broker that lives each would take two
    assert min(seconds_of(pool, postgres_trust) for _ in range(5)) < 1.5, "a tenth of a second for each question"
    resume()
    wait.until(lambda: pool.status()["totals"]["clients"] >= 1, "it lives")
    before = pool.status()["totals"]["transactions"]
    seconds_of(pool, postgres_trust)
    assert pool.status()["totals"]["transactions"] == before + 1, "pooled again"


def test_sessions_go_on_where_they_stood(frozen):
    wire, resume = frozen
    wire.send(pgwire.query("select 2"))
    wire.sock.settimeout(0.5)
    with pytest.raises(TimeoutError):
        wire.recv()
    wire.sock.settimeout(20)
    resume()
    assert wire.rows() == [["2"]]


def test_nobody_has_waited_too_long_because_it_stood_still(raw, pool):
    """In line, and with a server that is idle for longer than it may be: as if that time had not been."""
    holder, waiter = raw(MAX_SERVERS=1, WAIT_TIMEOUT="3s", IDLE_TIMEOUT="3s").login(), raw().login()
    holder.ask("begin")
    backend = holder.ask(pgwire.PID)
    waiter.send(pgwire.query(pgwire.PID))
    pool.until_status(lambda s: s["totals"]["waiting"] == 1, "it waits in line")
    pid = pool.broker_pid
    os.kill(pid, signal.SIGSTOP)
    arriving = raw()
    arriving.send(pgwire.startup())
    holder.send(pgwire.query("commit"))
    time.sleep(4)  # longer than anybody may wait
    os.kill(pid, signal.SIGCONT)
    assert holder.rows() == [] and waiter.rows() == backend
    assert arriving.until(b"Z", b"E")[-1] == (b"Z", b"I")
    os.kill(pid, signal.SIGSTOP)
    time.sleep(4)
    os.kill(pid, signal.SIGCONT)
    assert arriving.ask(pgwire.PID) == backend
