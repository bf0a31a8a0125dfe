"""Waiting for a server: in order, not for ever, and never a hang."""
import threading
import time

import pytest

from support import pgwire
from support.serverlog import ServerLog

pytestmark = pytest.mark.pooled


def wait_in_line(pool, wires, sql=pgwire.PID):
    for n, wire in enumerate(wires, 1):
        wire.send(pgwire.query(sql))
        pool.until_status(lambda s, n=n: s["totals"]["waiting"] == n, f"{n} wait")


def test_waiters_are_served_in_order(raw, pool, postgres_trust):
    postgres_trust.psql("drop table if exists line; create table line (at serial, who int);"
                        " grant all on line, line_at_seq to app", db="app")
    holder = raw(MAX_SERVERS=1).login()
    holder.ask("begin")
    waiters = [raw().login() for _ in range(8)]
    for n, wire in enumerate(waiters):
        wire.send(pgwire.query(f"insert into line (who) values ({n})"))
        pool.until_status(lambda s, n=n: s["totals"]["waiting"] == n + 1, f"{n + 1} wait")
    holder.ask("commit")
    for wire in waiters:
        wire.rows()
    assert postgres_trust.psql("select string_agg(who::text, '' order by at) from line", db="app") == "01234567"


def test_a_greedy_client_lets_the_others_in(raw, pool):
    """Back to back transactions on the only server, yet nobody waits for more than a few of them."""
    greedy, other = raw(MAX_SERVERS=1).login(), raw().login()
    done, let_go_first, over = [], [], threading.Event()

    def work():
        while not over.is_set():
            done.append(greedy.ask("select pg_sleep(0.01)"))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(20):
            before = len(done)
            assert other.ask("select 1") == [["1"]]
            let_go_first.append(len(done) - before)
    finally:
        over.set()
        thread.join(20)
    # mostly: this machine may pause before the question is sent; who is not let in at all waits for all of them
    assert sorted(let_go_first)[10] < 5, let_go_first


def test_a_client_that_has_said_much_at_once_lets_the_others_in_behind_it(raw):
    greedy, other = raw(MAX_SERVERS=1).login(), raw().login()
    for _ in range(20):
        greedy.send(pgwire.query("select pg_sleep(0.01)") * 50)
        assert other.ask("select 1") == [["1"]]
        for _ in range(50):
            greedy.rows()


def test_wait_timeout_is_an_error_that_says_what_to_do(raw, pool):
    holder = raw(MAX_SERVERS=1, WAIT_TIMEOUT="3s").login()
    holder.ask("begin")
    waiter = raw().login()
    start = time.monotonic()
    waiter.send(pgwire.query("select 1"))
    letter, payload = waiter.recv()
    assert 2.9 < time.monotonic() - start < 15  # without it 20 s, ours, or 30, the default
    error = pgwire.fields(payload)
    assert (letter, error["C"]) == (b"E", "53300")
    assert "podpool" in error["M"] and error["V"] in ("ERROR", "FATAL")
    if error["V"] == "ERROR":  # then the session lives
        assert waiter.recv() == (b"Z", b"I")
    else:
        assert waiter.recv() == (b"", b"")
    holder.ask("commit")
    assert raw().login().ask("select 2") == [["2"]]


def test_wait_timeout_in_a_batch_answers_once(raw, pool):
    """No ReadyForQuery before the Sync, one after it; FATAL instead is honest, too."""
    holder = raw(MAX_SERVERS=1, WAIT_TIMEOUT="3s").login()
    holder.ask("begin")
    waiter = raw().login()
    waiter.send(pgwire.parse("select 1"), pgwire.bind(), pgwire.execute(), pgwire.FLUSH)
    letter, payload = waiter.recv()
    assert (letter, pgwire.fields(payload)["C"]) == (b"E", "53300")
    if pgwire.fields(payload)["V"] == "ERROR":
        waiter.send(pgwire.SYNC)
        assert waiter.recv() == (b"Z", b"I")
        holder.ask("commit")
        assert waiter.ask("select 3") == [["3"]]


def test_every_waiter_gets_his_error(raw, pool):
    holder = raw(MAX_SERVERS=1, WAIT_TIMEOUT="3s").login()
    holder.ask("begin")
    waiters = [raw().login() for _ in range(10)]
    for wire in waiters:
        wire.send(pgwire.query("select 1"))
    for wire in waiters:
        letter, payload = wire.recv()
        assert (letter, pgwire.fields(payload)["C"]) == (b"E", "53300")
    assert pool.status()["totals"]["waiting"] == 0


def test_more_servers_are_opened_only_when_needed(raw, pool, postgres_trust):
    log = ServerLog(postgres_trust)
    wires = [raw(MAX_SERVERS=4).login() for _ in range(10)]
    for wire in wires * 3:
        wire.ask("select 1")
    assert log.peak == 1, "one after the other needs one server"
    for wire in wires[:3]:
        wire.ask("begin")
    assert log.peak == 3
    for wire in wires[:3]:
        wire.ask("commit")


def test_connections_alone_need_no_servers(raw, pool, postgres_trust):
    """A hundred idle clients, and one of them works."""
    log = ServerLog(postgres_trust)
    wires = [raw(MAX_SERVERS=4).login() for _ in range(100)]
    assert wires[77].ask("select 1") == [["1"]]
    status = pool.status()
    assert status["totals"]["clients"] == 100
    assert log.peak == 1


def test_two_pools_share_the_cap(raw, pool, postgres_trust):
    """An idle server of one database makes room for a client of another."""
    log, second_log = ServerLog(postgres_trust), ServerLog(postgres_trust, "second")
    for database in ("app", "second") * 3:
        wire = raw(MAX_SERVERS=1, WAIT_TIMEOUT="5s").login(database=database)
        assert wire.ask("select current_database()") == [[database]]
        assert wire.ask("select current_database()") == [[database]]
    assert log.peak == second_log.peak == 1
    assert pool.status()["totals"]["servers"] == 1


def test_more_pools_than_servers_take_turns(raw, pool):
    """Ten programs whose settings are nobody else's, all busy, on two servers: each goes on, and soon."""
    wires = [raw(MAX_SERVERS=2, WAIT_TIMEOUT="15s").login(options=f"-c statement_timeout={n}min") for n in range(1, 11)]
    worst = {}

    def work(n, wire):
        for _ in range(50):
            start = time.monotonic()
            assert wire.ask("show statement_timeout") == [[f"{n}min"]]
            worst[n] = max(worst.get(n, 0), time.monotonic() - start)

    threads = [threading.Thread(target=work, args=job) for job in enumerate(wires, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(worst) == 10 and max(worst.values()) < 10, worst


def test_an_idle_program_lends_its_place_to_others(raw, pool):
    """Its turn is over when nobody of it is left, or after a moment."""
    for n in range(1, 31):
        wire = raw(MAX_SERVERS=1).login(options=f"-c statement_timeout={n}min")
        start = time.monotonic()
        assert wire.ask("show statement_timeout") == [[f"{n}min"]]
        assert time.monotonic() - start < 3
        if n % 2:
            wire.sock.close()
