"""Servers come and go: restarts, terminations, idleness. Programs notice only what they would notice anyway."""
import os
import signal
import time

import pytest

import fakepg
from support import pgwire, wait
from support.dialer import Dialer
from support.pgwire import Refused, Wire
from support.queues import in_the_kernel
from support.serverlog import ServerLog


@pytest.fixture
def own_raw(make_pool, own_postgres):
    """(open a raw connection, pool, postgres) on a database of this test alone."""
    pool = make_pool(own_postgres)
    dialers = []

    def open_wire(**settings):
        if not dialers:
            dialers.append(pool.dialer(**settings))
        return Wire(dialers[0].connect(own_postgres.host, own_postgres.port))

    yield open_wire, pool, own_postgres
    for dialer in dialers:
        dialer.__exit__()


def terminate(postgres, pid):
    assert postgres.psql(f"select pg_terminate_backend({pid}, 5000)") == "t"


@pytest.mark.pooled
def test_idle_server_terminated_and_nobody_notices(raw, pool, postgres_trust):
    wires = [raw(MAX_SERVERS=2).login() for _ in range(3)]
    for round_ in range(5):
        pid = wires[0].ask(pgwire.PID)[0][0]
        terminate(postgres_trust, pid)
        for wire in wires:
            assert wire.ask(pgwire.PID) != [[pid]]


@pytest.mark.pooled
def test_a_long_query_meets_a_server_that_is_no_longer_there(raw, pool, postgres_trust):
    wire, text = raw(MAX_SERVERS=1).login(), "x" * (1 << 20)
    pid = int(wire.ask(pgwire.PID)[0][0])
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(1.2)  # it was quiet for so long that it is asked whether it is there
        query = pgwire.query(f"select length('{text}')")
        wire.send(query[:1000])
        wait.until(lambda: not in_the_kernel(wire.sock), "the broker has read the beginning")
        wire.send(query[1000:])
        queued = wait.unchanged(lambda: in_the_kernel(wire.sock), 0.3)
        assert 0 < queued < len(text), "the broker has taken some of it, and no more than it should"
        os.kill(pid, signal.SIGTERM)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert wire.rows() == [[str(len(text))]]


@pytest.mark.pooled
def test_a_server_is_asked_whether_it_is_there_only_when_it_was_quiet(pool, postgres_trust):
    with fakepg.FakePg() as fake, Dialer(pool.env(TARGETS=f"*:{postgres_trust.port},*:{fake.port}")) as dialer, \
            dialer.connect("127.0.0.1", fake.port) as sock:
        said_at = time.monotonic()
        wire, asked = Wire(sock).login(), 0
        heard_at = time.monotonic()
        for pause in (0, 0.2, 0.2, 0.2, 1.3, 0.2):
            time.sleep(pause)  # the server hears nothing meanwhile
            before, now = (said_at, heard_at, asked), time.monotonic()
            assert wire.ask("select 'good'") == [["yes"]]
            said_at, heard_at, asked = now, time.monotonic(), fake.heard.count(b"S")
            least, most = said_at - before[1], heard_at - before[0]
            assert asked - before[2] in ([1] if least > 1.1 else [0] if most < 1 else [0, 1])
        assert asked


def test_server_terminated_in_a_transaction(raw, pool, postgres_trust):
    victim, other = raw(MAX_SERVERS=2).login(), raw().login()
    victim.ask("begin")
    terminate(postgres_trust, victim.ask(pgwire.PID)[0][0])
    with pytest.raises((Refused, ConnectionError)) as lost:
        victim.ask("select 1")
    if lost.type is Refused:
        assert lost.value.sqlstate == "57P01"
        assert victim.recv() == (b"", b""), "the session is over, as without podpool"
    assert other.ask("select 1") == [["1"]]
    assert raw().login().ask("select 1") == [["1"]]


def test_server_terminated_under_a_query(raw, pool, postgres_trust):
    victim = raw(MAX_SERVERS=2).login()
    victim.send(pgwire.query("select pg_sleep(30)"))
    sleeping = "select pid from pg_stat_activity where query = 'select pg_sleep(30)' and state = 'active'"
    terminate(postgres_trust, wait.until(lambda: postgres_trust.psql(sleeping), "it sleeps"))
    letter, payload = victim.until(b"E")[-1]
    assert pgwire.fields(payload)["C"] == "57P01"
    assert letter == b"E" and pgwire.fields(payload)["M"] == "terminating connection due to administrator command"
    assert victim.recv() == (b"", b"")
    assert raw().login().ask("select 1") == [["1"]]


@pytest.mark.pooled
def test_database_restarted_between_transactions(own_raw):
    open_wire, pool, postgres = own_raw
    wires = [open_wire(MAX_SERVERS=2).login() for _ in range(4)]
    assert [w.ask("select 1") for w in wires] == [[["1"]]] * 4
    postgres.restart()
    assert [w.ask("select 2") for w in wires] == [[["2"]]] * 4


def test_database_restarted_in_a_transaction(own_raw):
    open_wire, pool, postgres = own_raw
    victim = open_wire(MAX_SERVERS=2).login()
    victim.ask("begin")
    postgres.restart()
    with pytest.raises((Refused, ConnectionError)):
        victim.ask("select 1")
    assert open_wire().login().ask("select 2") == [["2"]]


@pytest.mark.pooled
def test_database_down_for_a_while(own_raw):
    """New clients hear a refusal, not silence; when it is back all is well without a new broker."""
    open_wire, pool, postgres = own_raw
    waiting = open_wire(MAX_SERVERS=2, WAIT_TIMEOUT="3s").login()
    assert waiting.ask("select 1") == [["1"]]
    broker = pool.broker_pid
    postgres._halt()
    with pytest.raises((Refused, ConnectionError)):
        waiting.ask("select 1")
    with pytest.raises((OSError, ConnectionError)):
        open_wire().login()
    postgres.restart()
    assert open_wire().login().ask("select 2") == [["2"]]
    assert pool.broker_pid == broker


@pytest.mark.pooled
def test_idle_servers_are_closed_politely(raw, pool, postgres_trust):
    log = ServerLog(postgres_trust)
    wire = raw(MAX_SERVERS=4, IDLE_TIMEOUT="1s").login()
    assert wire.ask("select 1") == [["1"]]
    pool.until_status(lambda s: s["totals"]["servers"] == 0, "no server is kept for nothing")
    assert "unexpected EOF" not in log.text() and "could not receive" not in log.text()
    assert wire.ask("select 2") == [["2"]], "the client has not noticed"


@pytest.mark.pooled
def test_old_servers_are_replaced(raw, pool, postgres_trust):
    """When the old one has gone, or has had a second for it: on a busy machine it may not get to it in time, but not always."""
    log = ServerLog(postgres_trust)
    wire = raw(MAX_SERVERS=1, SERVER_LIFETIME="1s").login()
    for _ in range(3):
        first = wire.ask(pgwire.PID)
        wait.until(lambda first=first: wire.ask(pgwire.PID) != first, "another server")
    assert log.total > 3 and log.crowded < 3


@pytest.mark.pooled
def test_min_servers_stay(raw, pool):
    wires = [raw(MAX_SERVERS=4, MIN_SERVERS=2, IDLE_TIMEOUT="1s").login() for _ in range(4)]
    for wire in wires:
        wire.ask("begin")
    for wire in wires:
        wire.ask("commit")
    pool.until_status(lambda s: s["totals"]["servers"] == 2, "the surplus is closed")


@pytest.mark.pooled
def test_min_servers_are_opened_though_nobody_waits(raw, pool):
    raw(MAX_SERVERS=4, MIN_SERVERS=3).login()
    pool.until_status(lambda s: s["totals"]["idle"] == 3, "three are there")


@pytest.mark.pooled
def test_rotating_lends_a_different_server_each_time(raw, pool):
    wire = raw(MAX_SERVERS=4, MIN_SERVERS=3, LEND="rotate").login()
    pool.until_status(lambda s: s["totals"]["idle"] == 3, "three are there")
    pids = [wire.ask(pgwire.PID)[0][0] for _ in range(9)]
    assert pids == pids[:3] * 3 and len(set(pids)) == 3


@pytest.mark.pooled
def test_broker_told_to_end_lets_the_transaction_commit(raw, pool, table, postgres_trust):
    log = ServerLog(postgres_trust)
    wire = raw(MAX_SERVERS=2).login()
    wire.ask("begin")
    wire.ask("insert into t values (1)")
    pid = pool.broker_pid
    os.kill(pid, signal.SIGTERM)
    pool.until_status(lambda s: s["state"] != "run", "it drains")
    wire.ask("insert into t values (2)")
    wire.ask("commit")
    assert table() == 2
    wire.bye()
    wait.until(lambda: wait.gone(pid), "the broker ended")
    assert "unexpected EOF" not in log.text()


@pytest.mark.pooled
def test_after_the_broker_another_one(raw, pool):
    """Connections work at once, and are pooled again a while after the last start: no broker is started in a loop."""
    raw().login().ask("select 1")
    first = pool.broker_pid
    os.kill(first, signal.SIGKILL)
    wait.until(lambda: wait.gone(first), "it is gone")

    def pooled_again():
        assert raw().login().ask("select 2") == [["2"]]
        return pool.is_up() and pool.broker_pid != first

    wait.until(pooled_again, "another broker", seconds=20, pause=0.2)


@pytest.mark.pooled
def test_a_login_may_end_when_nothing_else_is_left_of_its_database(make_pool, postgres_trust):
    """The broker leaves and looks around once more before the worker's last word. A few times, for it may not look in time."""
    for _ in range(15):
        pool = make_pool(postgres_trust)

        def hold(_, pool=pool):
            wait.until(lambda: "closed: the pod's time is over" in pool.stderr_text(), "the broker leaves")
            time.sleep(0.1)  # less than it waits for us
            return fakepg.fatal("57P03", "it is late")

        with fakepg.FakePg(refuse=hold) as fake:
            with pool.dialer(TARGETS=f"*:{postgres_trust.port},*:{fake.port}") as dialer:
                pid = pool.broker_pid
                wire = Wire(dialer.connect(fake.host, fake.port))
                wire.send(pgwire.startup())
                wait.until(lambda fake=fake: fake.startups, "a login")
                wire.reset()
                os.kill(pid, signal.SIGTERM)
                wait.until(lambda pid=pid: wait.gone(pid), "the broker has left")
                assert pool.stop() == ""
