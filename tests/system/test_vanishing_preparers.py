"""Clients that leave while the broker brings to a server what SQL has prepared for them: what the server then has, and
what it was in the midst of, is not the next one's."""
import pytest

from support import wait
from support.pgwire import Refused, query

WAITING = "select count(*) from pg_locks where not granted"


@pytest.fixture
def holder(direct):
    """A session that is not pooled, with two tables."""
    wire = direct().login()
    wire.ask("create table passing (n int); create table locked (n int)")
    yield wire
    wire.ask("rollback; drop table if exists passing, locked")


def leave(pool, wire):
    left = pool.status()["totals"]["clients"] - 1
    wire.reset()
    pool.until_status(lambda s: s["totals"]["clients"] == left, "the broker has seen it leave")


def test_in_a_transaction(raw, pool, table, holder, postgres_trust):
    """A lock that is waited for: what was done before it in the transaction is undone."""
    leaver, other = raw(MAX_SERVERS=2).login(), raw().login()
    leaver.ask("prepare p as select * from locked")
    other.ask("begin")  # has the server that has it
    holder.ask("begin; lock table locked")
    leaver.ask("begin")
    leaver.ask("insert into t values (1)")
    leaver.send(query("execute p"))
    wait.until(lambda: postgres_trust.psql(WAITING) == "1", "it waits for the table")
    leave(pool, leaver)
    holder.ask("commit")
    heir = raw().login()
    assert heir.ask("select count(*) from t") == [["0"]] and heir.status == "I"
    heir.ask("insert into t values (2)")
    assert table() == 1


def prepare_elsewhere(raw, statements):
    """(leaver, twin, other): both have prepared the same, on the one server of two that `other` has now."""
    keeper = raw(MAX_SERVERS=2).login()
    leaver, twin, other = [raw().login() for _ in range(3)]
    keeper.ask("begin")
    for wire in (leaver, twin):
        for statement in statements:
            wire.ask(statement)
    other.ask("begin")
    keeper.ask("rollback")
    keeper.bye()
    return leaver, twin, other


def lend_and_leave(raw, pool, holder, admin, number):
    """Has somebody left between the first, which failed, and the second, which waits 20 ms for the table? And what one who
    has prepared the same, and stays, then finds."""
    leaver, twin, other = prepare_elsewhere(raw, [f"prepare gone as select {number}, * from passing",
                                                  f"prepare locked as select {number}, * from locked"])
    holder.ask("drop table passing; begin; lock table locked")
    leaver.send(query("select 1"))
    waits = False
    while not waits and not wait.is_readable(leaver.sock):
        waits = admin.ask(WAITING) == [["1"]]
    leave(pool, leaver)
    holder.ask("commit; create table passing (n int)")
    holder.ask("drop table passing")
    found = None
    try:
        twin.ask("execute gone")
    except Refused as refused:
        found = refused.sqlstate
    for wire in (twin, other):
        wire.bye()
    pool.settle()
    holder.ask("create table passing (n int)")
    return waits, found


def test_between_two_statements(raw, pool, direct, holder):
    """The record of the server is what it really has: who finds the same set there hears of the table (42P01), not that
    there is no such statement (26000)."""
    admin, waited = direct().login(), 0
    for number in range(50):
        waits, found = lend_and_leave(raw, pool, holder, admin, number)
        assert found == "42P01"
        waited += waits
        if waited == 3:
            return
    pytest.fail("hardly anybody ever left at that moment")
