"""ALTER TABLE under programs that decode results by what Describe said when they prepared (asyncpg, npgsql, pgjdbc): on
whatever server they are, they hear that it has changed, and never get one type for another."""
import pytest

from support import pgwire
from support.pgwire import SYNC, bind, close, describe, execute, parse

TEXT = "select n from changing"
ONCE = [bind(name="s"), execute(), SYNC]
NUMBER, WORD, CHANGED = b"\0\1\0\0\0\x011", b"\0\1\0\0\0\x04word", "0A000"
OTHER = b"\0\1\0\0\0\x05other"


@pytest.fixture
def alter(postgres_trust):
    """Makes the table; alter() changes its column from integer to text."""
    postgres_trust.psql("drop table if exists changing; create table changing (n int); insert into changing values (1);"
                        "grant all on changing to public", db="app")
    return lambda: postgres_trust.psql("alter table changing alter n type text using 'word'", db="app")


def hears(wire, *messages):
    wire.send(*messages)
    return [pgwire.fields(payload)["C"] if letter == b"E" else payload
            for letter, payload in wire.until(b"Z") if letter in b"ED"]


def prepare(wire):
    hears(wire, parse(TEXT, "s"), describe(b"S", "s"), SYNC)


def test_server_that_prepares_it_for_the_first_time_after_the_change(raw, alter):
    early, other = raw(MAX_SERVERS=2).login(), raw().login()
    prepare(early)
    alter()
    other.ask("begin")  # on the only server that has it
    assert hears(early, *ONCE) == [CHANGED]
    assert hears(early, *ONCE) == [CHANGED]
    early.ask("begin")
    assert hears(early, *ONCE) == [CHANGED]
    early.ask("rollback")
    other.ask("rollback")
    hears(early, close(b"S", "s"), SYNC)
    prepare(early)
    assert hears(early, *ONCE) == [WORD]


def test_server_that_prepares_it_for_the_first_time_without_a_change(raw, alter):
    early, other = raw(MAX_SERVERS=2).login(), raw().login()
    prepare(early)
    other.ask("begin")
    assert hears(early, *ONCE) == [NUMBER]
    assert hears(early, parse("select 1"), bind(), execute(), *ONCE) == [NUMBER, NUMBER]
    early.ask("begin")
    assert hears(early, *ONCE) == [NUMBER]
    early.ask("rollback")


def test_another_who_prepares_it_after_the_change(raw, alter):
    early, late = raw(MAX_SERVERS=1).login(), raw().login()
    prepare(early)
    assert hears(early, *ONCE) == [NUMBER]
    alter()
    prepare(late)
    assert hears(late, *ONCE) == [WORD]
    assert hears(early, *ONCE) == [CHANGED]
    assert hears(late, *ONCE) == [WORD]


def test_parameters_are_those_that_were_told_last(raw, alter):
    """A client that prepares the text again after the change meets a server that has it from before."""
    one, other = raw(MAX_SERVERS=2).login(), raw().login()
    mine = [parse("insert into changing values ($1)", "s"), describe(b"S", "s"), SYNC]
    hears(one, *mine)
    other.ask("begin")
    assert hears(one, bind("17", name="s"), execute(), SYNC) == []  # both have it now
    other.ask("rollback")
    alter()
    hears(one, close(b"S", "s"), *mine)
    for hold in ("begin", "rollback"):
        assert hears(one, bind("word", name="s"), execute(), SYNC) == []
        other.ask(hold)
    assert hears(one, bind("word", name="s"), execute(), SYNC) == []


def test_who_asks_for_the_description_each_time_goes_on(raw, alter):
    """libpq's PQexecPrepared: nothing of what was told before is used."""
    early, other = raw(MAX_SERVERS=2).login(), raw().login()
    prepare(early)
    alter()
    each = [bind(name="s"), describe(b"P", ""), execute(), SYNC]
    other.ask("begin")
    assert hears(early, *each) == [WORD]
    other.ask("rollback")
    for _ in range(3):
        assert hears(early, *each) == [WORD]


def test_statement_in_the_midst_of_a_pipeline_is_prepared_again_on_every_server(raw, alter):
    """In a transaction, with another one already sent behind it, and never described: nothing but the error tells."""
    wire, other = raw(MAX_SERVERS=2).login(), raw().login()
    both = [*ONCE[:2], bind(name="other"), execute(), SYNC]

    def transaction():
        wire.ask("begin")
        heard = hears(wire, *both)
        wire.ask("rollback")
        return heard

    hears(wire, parse(TEXT, "s"), parse("select 'other'", "other"), SYNC)
    for hold in "begin", "rollback":
        assert transaction() == [NUMBER, OTHER]
        other.ask(hold)
    alter()
    assert transaction() == [CHANGED]
    hears(wire, close(b"S", "s"), parse(TEXT, "s"), SYNC)
    other.ask("begin")  # on the server that has just prepared it
    assert transaction() == [WORD, OTHER]
