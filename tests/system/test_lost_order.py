"""A pipeline whose answers can no longer be told apart from outside (shim/wire/tx.h, uncertain): a COPY fails with a Sync
before its end and more than a Sync behind it. What is prepared on its server goes on being there."""
import pytest

from support import pgwire
from support.pgwire import COPY_DONE, SYNC, bind, close, copy_data, execute, parse


def hears(wire, *messages):
    wire.send(*messages)
    return [pgwire.fields(payload)["C"] if letter == b"E" else pgwire.columns(payload) if letter == b"D" else letter
            for letter, payload in wire.until(b"Z")]


def lose_order(wire, behind):
    wire.send(parse("copy t from stdin", "copy"), bind(name="copy"), execute(), SYNC)
    wire.until(b"G")
    wire.send(copy_data(b"rubbish\n"), COPY_DONE, behind, SYNC)
    heard = wire.until(b"Z")
    assert [letter for letter, _ in heard] == [b"E", b"Z"]


@pytest.mark.parametrize("behind", [parse("select 'new'", "new"), parse("select 'new'"), bind(name="kept")],
                         ids=["named", "unnamed", "bind"])
def test_statements_of_before_are_there(raw, direct, table, behind):
    def says(wire):
        wire.send(parse("select 'kept'", "kept"), SYNC)
        wire.until(b"Z")
        lose_order(wire, behind)
        return [hears(wire, bind(name="kept"), execute(), SYNC), hears(wire, close(b"S", "kept"), SYNC),
                hears(wire, parse("select 'more'", "more"), bind(name="more"), execute(), SYNC),
                hears(wire, parse("select 'unnamed'"), bind(), execute(), SYNC), wire.ask("select 'query'")]
    assert says(raw().login()) == says(direct().login())


def test_statement_that_is_not_there_ends_the_session_with_the_true_reason(raw, table):
    wire, other = raw(MAX_SERVERS=2).login(), raw().login()
    wire.send(parse("select 'kept'", "kept"), SYNC)
    wire.until(b"Z")
    other.ask("begin")  # on the server that has it
    lose_order(wire, parse("select 'new'"))
    assert "08006" in hears(wire, bind(name="kept"), execute(), SYNC)
