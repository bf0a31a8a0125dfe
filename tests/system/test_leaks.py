"""Who holds transactions open, or takes ever more connections, is named: in the status and, past a threshold, in the log."""
import os
import re
import time

import pytest

from support import pgwire, wait

pytestmark = pytest.mark.pooled
SECRET = "hunter2"


def until_log(pool, pattern, seconds=10):
    return wait.until(lambda: re.search(pattern, pool.stderr_text()), f"the log says {pattern!r}", seconds)


def test_status_names_process_age_statement_and_time(raw, pool):
    holder, idle = raw().login(), raw().login()
    idle.ask("select 1")
    holder.ask(f"begin; /* {SECRET} */ select count(*) from pg_class where relname = '{SECRET}'")
    time.sleep(1.2)
    status = pool.status()
    (process,) = [p for p in status["processes"] if p["connections"]]
    with open(f"/proc/{process['pid']}/comm") as comm:
        assert process["command"] == comm.read().strip()
    assert 1000 < process["age_ms"] < 600_000
    assert (process["connections"], process["open_transactions"]) == (2, 1)
    assert 1200 <= process["transaction_ms"] < 5000 and 1200 <= process["idle_ms"] <= process["transaction_ms"]
    assert process["last_ran"] == "begin"
    rows = {c["last_ran"]: c for c in status["clients"]}
    assert rows["begin"]["transaction_ms"] >= 1200
    assert rows["select"]["transaction_ms"] == -1 and rows["select"]["idle_ms"] >= 1200
    assert status["totals"]["open_transactions"] == 1
    assert SECRET not in str(status)
    holder.ask("commit")
    assert pool.status()["totals"]["open_transactions"] == 0


def test_a_statement_that_runs_is_not_idle(raw, pool):
    wire = raw().login()
    wire.ask("begin")
    wire.send(pgwire.query("select pg_sleep(30)"))
    time.sleep(1)
    (client,) = pool.status()["clients"]
    assert (client["idle_ms"], client["last_ran"]) == (0, "select pg_sleep")
    assert client["transaction_ms"] >= 1000
    other = raw()
    other.send(b"\0\0\0\x10" + (80877102).to_bytes(4, "big") + wire.key)
    assert other.drain() == b""
    with pytest.raises(pgwire.Refused):
        wire.rows()


def test_a_transaction_open_too_long_is_logged_with_its_process(raw, pool):
    wire = raw(WARN_TRANSACTION="1s").login()
    wire.ask("begin")
    wire.ask(f"select relname from pg_class where relname = '{SECRET}'")
    found = until_log(pool, r"warning: process (\d+) \((\S+)\), \d+ min old, has a transaction open for (\d+) s,"
                            r" idle in it for \d+ s; client \d+; last: (.*)")
    assert int(found[3]) >= 1 and found[4] == "select relname from pg_class where"
    with open(f"/proc/{found[1]}/comm") as comm:
        assert found[2] == comm.read().strip()
    until_log(pool, "open for [2-3] s")  # again after twice the time, not every second
    time.sleep(1.5)
    assert pool.stderr_text().count("has a transaction open") in (2, 3)
    assert SECRET not in pool.stderr_text()


def test_short_transactions_are_never_logged(raw, pool):
    wire = raw(WARN_TRANSACTION="1s").login()
    slowest, until = 0, time.monotonic() + 2.5
    while time.monotonic() < until:
        began = time.monotonic()
        wire.ask("begin")
        wire.ask("select pg_sleep(0.1)")
        wire.ask("commit")
        slowest = max(slowest, time.monotonic() - began)
    assert slowest > 0.9 or "transaction open" not in pool.stderr_text()


def test_many_connections_are_logged_at_each_doubling(raw, pool):
    wires = [raw(WARN_CONNECTIONS=5).login()]
    wires[0].ask("select now()")
    wires += [raw().login() for _ in range(3)]
    time.sleep(1.5)
    assert "connections; one is idle" not in pool.stderr_text()
    wires.append(raw().login())
    until_log(pool, r"process \d+ \(\S+\), \d+ min old, has 5 connections; one is idle for \d+ s; last: select now")
    wires += [raw().login() for _ in range(4)]
    time.sleep(1.5)
    assert pool.stderr_text().count("connections; one is idle") == 1
    wires.append(raw().login())
    until_log(pool, "has 10 connections")


def test_connections_that_only_grow_are_logged(raw, pool):
    wires = [raw(WARN_GROWTH="1s").login()]
    until = time.monotonic() + 12
    while "only ever has more connections" not in pool.stderr_text():
        assert time.monotonic() < until
        wires += [raw().login(), raw().login()]
        wires[-1].ask("select 'leaked'")
        time.sleep(0.5)
    found = until_log(pool, r"process (\d+) \(\S+\), \d+ min old, only ever has more connections: (\d+), never below (\d+)"
                            r" now, (\d+) before; one is idle for \d+ s; last: ")
    assert int(found[4]) + 5 <= int(found[3]) <= int(found[2])


def test_a_pool_that_breathes_is_not_said_to_grow(raw, pool):
    raw(WARN_GROWTH="1s").login()
    for _ in range(4):
        wires = [raw().login() for _ in range(12)]
        time.sleep(1.3)
        for wire in wires:
            wire.bye()
        time.sleep(0.3)
    assert "only ever has more" not in pool.stderr_text()
    assert os.path.exists(pool.stderr)
