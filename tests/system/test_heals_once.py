"""A changed result (shim/broker/heal.h) where the statement cannot be prepared anew: there is no room for another plan."""
from support import pgwire
from support.pgwire import SYNC, bind, describe, execute, parse

# Texts that fill 32 MB of plans (shim/broker/plans.h) until there is no room for the smallest: (bytes, so many at least).
FILLING = [(60000, 560), (6000, 12), (600, 12), (0, 12)]
USE = [bind(name="s"), describe(), execute(), SYNC]


def errors(wire, *messages):
    wire.send(*messages)
    return [pgwire.fields(payload)["C"] for letter, payload in wire.until(b"Z") if letter == b"E"]


def test_who_cannot_be_healed_hears_the_error(raw, postgres_trust):
    postgres_trust.psql("drop table if exists changing; create table changing (n int); grant all on changing to public",
                        db="app")
    wire = raw(MAX_SERVERS=1 + len(FILLING)).login()
    assert errors(wire, parse("select n from changing", "s"), describe(b"S", "s"), SYNC) == []
    for size, count in FILLING:
        filler = raw().login()  # keeps its server when its last text finds no room
        for number in range(count):
            assert errors(filler, parse(f"select {number} /* {'x' * size} */", f"{size} {number}"), SYNC) == []
    assert errors(wire, *USE) == []
    postgres_trust.psql("alter table changing alter n type text", db="app")
    for _ in range(2):
        assert errors(wire, *USE) == ["0A000"]
    assert wire.ask("select 1") == [["1"]]
