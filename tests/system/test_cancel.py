"""A cancel request hits its own running query or nothing."""
import random
import threading
import time

import pytest

from support import pgwire, wait
from support.pgwire import Refused

SLEEP = "select pg_sleep(30)"


@pytest.fixture
def cancel(raw):
    """cancel(wire): sends the CancelRequest with that session's key, on a connection of its own."""
    def send(key):
        wire = raw()
        wire.send(b"\0\0\0\x10" + (80877102).to_bytes(4, "big") + key)
        assert wire.drain() == b""
    return send


def asleep(postgres, count=1):
    sql = f"select count(*) from pg_stat_activity where query = '{SLEEP}' and state = 'active'"
    wait.until(lambda: postgres.psql(sql) == str(count), f"{count} asleep")


def cancelled(wire):
    with pytest.raises(Refused) as refused:
        wire.rows()
    return refused.value.sqlstate == "57014"


def cancelled_or_not(wire):
    try:
        wire.rows()
        return False
    except Refused as refused:
        assert refused.sqlstate == "57014"
        return True


def test_own_query_only(raw, cancel, postgres_trust):
    one, two = raw(MAX_SERVERS=4).login(), raw().login()
    one.send(pgwire.query(SLEEP))
    two.send(pgwire.query(SLEEP))
    asleep(postgres_trust, 2)
    cancel(one.key)
    assert cancelled(one)
    asleep(postgres_trust, 1)
    assert one.ask("select 1") == [["1"]]
    cancel(two.key)
    assert cancelled(two)


def test_in_a_transaction_leaves_it_failed(raw, cancel, postgres_trust):
    wire = raw().login()
    wire.ask("begin")
    wire.send(pgwire.query(SLEEP))
    asleep(postgres_trust)
    cancel(wire.key)
    assert cancelled(wire)
    with pytest.raises(Refused) as refused:
        wire.ask("select 1")
    assert refused.value.sqlstate == "25P02"
    wire.ask("rollback")
    assert wire.ask("select 1") == [["1"]]


def test_of_an_idle_session_hits_nobody(raw, cancel):
    """One server: what an idle client cancels must not be what the other one runs there."""
    idle, busy = raw(MAX_SERVERS=1).login(), raw().login()
    idle.ask("select 1")
    for _ in range(20):
        busy.send(pgwire.query("select pg_sleep(0.05)"))
        cancel(idle.key)
        assert busy.rows() == [[""]]


def test_storm_on_one_server(raw, cancel):
    """The victim's cancels arrive at any moment; the other client never feels one."""
    victim, other = raw(MAX_SERVERS=1).login(), raw().login()
    for _ in range(50):
        victim.send(pgwire.query("select pg_sleep(0.002)"))
        other.send(pgwire.query("select pg_sleep(0.002)"))
        cancel(victim.key)
        try:
            victim.rows()
        except Refused as e:
            assert e.sqlstate == "57014"
        assert other.rows() == [[""]]


def test_storm_from_many_sides(raw, postgres_trust):
    """One server, two clients; four cancellers hit the one as fast as they can, while both work on and on."""
    victim, other = raw(MAX_SERVERS=1).login(), raw().login()
    request = b"\0\0\0\x10" + (80877102).to_bytes(4, "big") + victim.key
    wires = [[raw() for _ in range(50)] for _ in range(4)]
    hits = []

    def storm(mine):
        for wire in mine:
            wire.send(request)
            wire.drain()

    def work():
        hits.append(cancelled_or_not(victim))
        while any(t.is_alive() for t in cancellers):
            victim.send(pgwire.query("select pg_sleep(0.005)"))
            hits.append(cancelled_or_not(victim))
    victim.send(pgwire.query(SLEEP))
    asleep(postgres_trust)
    cancellers = [threading.Thread(target=storm, args=(mine,)) for mine in wires]
    worker = threading.Thread(target=work)
    for thread in (*cancellers, worker):
        thread.start()
    while worker.is_alive():
        assert other.ask("select pg_sleep(0.002)") == [[""]]
    for thread in (*cancellers, worker):
        thread.join()
    assert hits[0]
    assert victim.ask("select 1") == [["1"]]


def test_many_more_cancels_at_once_than_servers(raw, postgres_trust):
    one, two = raw(MAX_SERVERS=2).login(), raw().login()
    for wire in (one, two):
        wire.send(pgwire.query(SLEEP))
    asleep(postgres_trust, 2)
    wires = [raw() for _ in range(40)]
    for wire in wires:
        wire.send(b"\0\0\0\x10" + (80877102).to_bytes(4, "big") + one.key)
    assert [wire.drain() for wire in wires] == [b""] * 40
    assert cancelled(one)
    asleep(postgres_trust, 1)
    assert one.ask("select 'goes on'") == [["goes on"]]
    asleep(postgres_trust, 1)
    wire = raw()
    wire.send(b"\0\0\0\x10" + (80877102).to_bytes(4, "big") + two.key)
    assert cancelled(two)


@pytest.mark.pooled
def test_of_a_waiting_query(raw, cancel, pool):
    """It runs nowhere yet: it is cancelled in the line, as PostgreSQL cancels one that waits for a lock."""
    holder, waiter = raw(MAX_SERVERS=1).login(), raw().login()
    holder.ask("begin")
    waiter.send(pgwire.query("select 1"))
    pool.until_status(lambda s: s["totals"]["waiting"] == 1, "it waits")
    cancel(waiter.key)
    assert cancelled(waiter)
    holder.ask("commit")
    assert waiter.ask("select 2") == [["2"]]


def test_with_a_wrong_key_does_nothing(raw, cancel, postgres_trust):
    wire = raw().login()
    wire.send(pgwire.query("select pg_sleep(0.5)"))
    cancel(wire.key[:4] + bytes(b ^ 0xff for b in wire.key[4:]))
    cancel(b"\xff" * 8)
    assert wire.rows() == [[""]]


def test_more_cancels_than_servers(raw, cancel, postgres_trust):
    wires = [raw(MAX_SERVERS=4).login() for _ in range(4)]
    for wire in wires:
        wire.send(pgwire.query(SLEEP))
    asleep(postgres_trust, 4)
    for wire in wires:
        cancel(wire.key)
    assert all(cancelled(wire) for wire in wires)
    assert [w.ask("select 1") for w in wires] == [[["1"]]] * 4


def test_is_over_when_its_connection_ends(raw, cancel):
    """What libpq's PQcancel relies on: once the server has closed the cancel's connection, the cancel hits the query
    that ran before or nothing; never the next one, in a transaction block either."""
    wire = raw().login()
    chance = random.Random(1)
    for _ in range(100):
        wire.ask("begin")
        wire.send(pgwire.query("select pg_sleep(0.01)"))
        time.sleep(chance.random() * 0.02)
        cancel(wire.key)
        in_time = cancelled_or_not(wire)
        if not in_time:
            assert wire.ask("select 1") == [["1"]]
        wire.ask("rollback")


def test_the_pid_told_at_login_is_its_own_sessions_or_nobodys(raw, pool, postgres_trust):
    """By SQL, too, nobody is hit who is not meant: without a server of its own, no process has that pid."""
    wires = [raw().login() for _ in range(3)]
    for wire in wires:
        pid = int.from_bytes(wire.key[:4], "big")
        found = postgres_trust.psql(f"select count(*) from pg_stat_activity where pid = {pid}")
        assert found == "0" and pid > 1 << 22 if pool.pooled else found == "1"
        ended = postgres_trust.psql(f"select pg_terminate_backend({pid})")
        assert ended == ("f" if pool.pooled else "t")
    if pool.pooled:
        assert [wire.ask("select 1") for wire in wires] == [[["1"]]] * 3
