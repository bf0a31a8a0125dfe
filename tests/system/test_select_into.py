"""SELECT ... INTO makes a table as CREATE TABLE does: what a session makes of a text while nobody else sees that table
is not what others get, on whatever server."""
import pytest

from support.pgwire import SYNC, bind, describe, execute, fields, parse

TABLES = """set client_min_messages = error;
drop schema if exists above, below cascade;
create schema above authorization app; create schema below authorization app;
create table below.shade (n int); insert into below.shade values (1); alter table below.shade owner to app"""
MAKES = {  # a table in front of that one
    "select": "select 'word'::text as n into shade",
    "with table": "select 'word'::text as n into table shade",
    "unlogged": "select 'word'::text as n into unlogged shade from generate_series(1, 1)",
    "behind with": "with w as (select 'word'::text as n) select n into shade from w",
    "behind insert": "with w as (insert into below.shade values (2) returning n) select n::text into shade from w",
    "second statement": "select 1; select 'word'::text as n into shade",
}
PREPARE = parse("select n from shade where n = $1", "s")


@pytest.fixture
def tables(postgres_trust):
    yield lambda: postgres_trust.psql(TABLES, db="app")
    postgres_trust.psql("set client_min_messages = error; drop schema above, below cascade", db="app")


def hears(wire, *messages):
    """Of a description of rows nothing: it names a table's OID."""
    wire.send(*messages, SYNC)
    return [(letter, [fields(payload)[k] for k in "CM"] if letter == b"E" else payload)
            for letter, payload in wire.until(b"Z") if letter != b"T"]


def play(one, other, makes):
    for wire in (one, other):
        wire.ask("set search_path = above, below")
    one.ask("begin")
    one.ask(makes)
    heard = [hears(one, PREPARE, bind("word", name="s"), execute(), describe(b"S", "s")),
             hears(other, PREPARE, bind("1", name="s"), execute())]
    one.ask("rollback")  # its server is the next that is lent
    return heard + [hears(other, bind("1", name="s"), execute(), describe(b"S", "s")) for _ in range(3)]


@pytest.mark.parametrize("makes", MAKES)
def test_types_in_front_of_a_table_not_committed_are_its_sessions_alone(makes, raw, direct, tables):
    tables()
    expected = play(direct().login(), direct().login(), MAKES[makes])
    tables()
    assert play(raw(MAX_SERVERS=2).login(), raw().login(), MAKES[makes]) == expected
