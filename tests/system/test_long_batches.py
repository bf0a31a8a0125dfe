"""Batches with more statements than the broker lets be under way at once (shim/broker/flight.h): it has the server say
its answers before the batch ends, as often as it takes."""
from support.pgwire import SYNC, bind, execute, parse

UNDER_WAY = 256
SLOW = [parse("select pg_sleep(.01), repeat('x', 10000)"), bind(), execute()]
QUICK = [parse("insert into t values (1)"), bind(), execute()]


def test_statements_said_one_by_one_as_answers_come(raw, table):
    """The first answers fill the server's buffer and come by themselves; those to what is said meanwhile do not."""
    wire = raw().login()
    wire.send(*SLOW * UNDER_WAY, *QUICK)
    for _ in range(UNDER_WAY):
        assert wire.until(b"C")
        wire.send(*QUICK)
    wire.send(SYNC)
    assert [letter for letter, _ in wire.until(b"Z")].count(b"C") == UNDER_WAY + 1
    assert table() == UNDER_WAY + 1
