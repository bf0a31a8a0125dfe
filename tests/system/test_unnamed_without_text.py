"""An unnamed statement too long to be kept (shim/broker/client.h) is nowhere but on its server: nothing of the broker's own
may end it, as a simple Query does."""
import pytest

from support.pgwire import SYNC, bind, columns, describe, execute, parse

LONG = parse(f"select 'long' /* {'x' * 20000} */")
FUNCTION = "create or replace function changes_what_others_do() returns void language sql as 'select null::void'"


def values(wire, *messages):
    wire.send(*messages)
    return [columns(payload) if letter == b"D" else payload for letter, payload in wire.until(b"Z") if letter in b"DE"]


@pytest.mark.parametrize("before", [
    [parse(FUNCTION), bind(), execute()],  # what functions hide may have changed: they are read again
    [parse("set app.x = '1'"), bind(), execute()],
    [parse("select 1", "twice"), SYNC, parse("select 2", "twice"), SYNC],  # has left a statement to be taken away
], ids=["function made", "setting made", "name taken twice"])
def test_is_there_in_the_next_batch(raw, table, before):
    wire = raw().login()
    wire.send(*before, LONG, describe(b"S"), SYNC)
    for _ in range(1 + before.count(SYNC)):
        assert wire.until(b"Z")
    for _ in range(3):
        assert values(wire, bind(), execute(), SYNC) == [["long"]]
    assert values(wire, parse("select 'short'"), bind(), execute(), SYNC) == [["short"]]
    wire.ask("select 1")
    assert b"C26000" in values(wire, bind(), execute(), SYNC)[0]


def test_that_was_discarded_leaves_nobody_elses(raw):
    """The server has another client's unnamed statement still, and the long one is never read."""
    other, wire = raw(MAX_SERVERS=1).login(), raw().login()
    assert values(other, parse("select 'other'"), bind(), execute(), SYNC) == [["other"]]
    wire.send(bind(name="nothing"), LONG, SYNC)
    assert [letter for letter, _ in wire.until(b"Z")] == [b"E", b"Z"]
    assert b"C26000" in values(wire, bind(), execute(), SYNC)[0]
