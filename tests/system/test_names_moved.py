"""SQL that speaks of prepared statements by name, after some of them were prepared by protocol: what cannot be prepared on
this server is no other one's loss."""
import pytest

from support.pgwire import SYNC, Refused, bind, describe, execute, fields, parse, query


@pytest.fixture
def gone(direct):
    """Makes a table; calls drop it."""
    wire = direct().login()
    wire.ask("create table gone (n int)")
    yield lambda: wire.ask("drop table gone")
    wire.ask("drop table if exists gone")


def prepare(wire, **statements):
    for name, text in statements.items():
        wire.send(parse(text, name), SYNC)
        wire.until(b"Z")


def run(wire, name):
    """Its rows, or the SQLSTATE."""
    wire.send(bind(name=name), execute(), SYNC)
    answers = wire.until(b"Z")
    failed = [fields(payload)["C"] for letter, payload in answers if letter == b"E"]
    return failed[0] if failed else [payload for letter, payload in answers if letter == b"D"]


@pytest.mark.parametrize("speaks", ["select count(*) from pg_prepared_statements", "deallocate none; select 1", "execute s3"])
def test_what_cannot_be_prepared_leaves_the_others(speaks, raw, direct, gone):
    wires = [raw().login(), direct().login()]
    for wire in wires:
        prepare(wire, lost="select * from gone", **{f"s{n}": f"select {n}" for n in range(8)})
    gone()
    seen = []
    for wire in wires:
        try:
            wire.ask(speaks)
        except Refused:
            pass
        seen.append([run(wire, f"s{n}") for n in range(8)] + [run(wire, "lost")])
        prepare(wire, again="select 9")
        seen[-1] += wire.ask("execute again")
    assert seen[0] == seen[1]


def test_they_are_what_they_were_once_they_have_been_moved(raw, direct):
    for wire in (raw().login(), direct().login()):
        prepare(wire, **{f"s{n}": f"select {n}" for n in range(300)})
        assert wire.ask("select count(*) from pg_prepared_statements where name like 's%'") == [["300"]]
        assert wire.ask("execute s17") == [["17"]]
        wire.ask("deallocate s17")
        assert run(wire, "s17") == "26000" and len(run(wire, "s18")) == 1


def test_long_ones_are_moved_whole(raw):
    wire = raw().login()
    prepare(wire, **{f"s{n}": f"select length('{'x' * 100_000}') + {n}" for n in range(20)})
    assert wire.ask("select count(*) from pg_prepared_statements where name like 's%'") == [["20"]]
    assert wire.ask("execute s19") == [["100019"]]


def test_who_leaves_meanwhile_leaves_nothing(raw, pool, direct):
    holder = direct().login()
    holder.ask("create table held (n int)")
    leaver = raw(MAX_SERVERS=1).login()
    prepare(leaver, s1="select 1", s2="select * from held", s3="select 3")
    holder.ask("begin; lock table held")
    leaver.send(query("select count(*) from pg_prepared_statements"))
    leaver.reset()
    holder.ask("commit; drop table held")
    assert raw().login().ask("select count(*) from pg_prepared_statements where name like 's%'") == [["0"]]


@pytest.mark.parametrize("begin", ["", "begin"])
def test_deallocate_that_is_prepared_now_and_executed_later(begin, raw, direct):
    """PQprepare("", "deallocate s1"), then PQexecPrepared("")."""
    seen = []
    for wire in (raw().login(), direct().login()):
        prepare(wire, s1="select 1", s2="select 2")
        wire.ask(begin)
        wire.send(parse("deallocate s1"), describe(b"S"), SYNC)
        wire.until(b"Z")
        seen.append([run(wire, "s1"), run(wire, ""), run(wire, "s2"), run(wire, "s1")])
    assert seen[0] == seen[1]


def test_deallocate_all_that_sql_executes_by_the_name_of_the_protocol(raw, direct):
    """Beside what SQL has prepared: what is pipelined behind waits for it, and hears its own name."""
    seen = []
    for wire in (raw().login(), direct().login()):
        prepare(wire, kept="select 1")
        wire.send(query("prepare b as select 2"), parse("deallocate all", "a"), parse("begin", "c"), SYNC,
                  parse("execute a"), bind(), execute(), SYNC, bind(name="kept"), SYNC)
        answers = [answer for _ in range(4) for answer in wire.until(b"Z")]
        seen.append([(letter, fields(payload)["M"] if letter == b"E" else None) for letter, payload in answers])
    assert seen[0] == seen[1]
