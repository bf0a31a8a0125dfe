"""COPY and its failures, direct and pooled: scenario 22."""
import pytest

from support.pgwire import (COPY_DONE, FLUSH, SYNC, bind, close, copy_data, copy_fail, describe, execute, parse,
                            query)
from test_diff_pipeline import TABLE

ROW, BAD = copy_data(b"100\tx\n"), copy_data(b"rubbish\n")


@pytest.mark.parametrize("name, messages, heard", [
    ("fine", [ROW, COPY_DONE], 1),
    ("bad row before the end", [ROW, BAD, ROW, COPY_DONE], 1),
    ("bad row, much more", [BAD, *[ROW] * 1000, COPY_DONE], 1),
    ("given up", [ROW, copy_fail("no more")], 1),
    ("given up after an error", [BAD, copy_fail("no more")], 1),
    ("duplicate at the end", [copy_data(b"1\tx\n"), COPY_DONE], 1),
    ("a query behind it", [ROW, COPY_DONE, query("select count(*) from stage.t")], 2),
    ("a query behind an error", [BAD, COPY_DONE, query("select count(*) from stage.t")], 2),
    ("empty", [COPY_DONE], 1),
    ("split rows", [copy_data(b"10"), copy_data(b"0\t"), copy_data(b"x\n101\ty"), COPY_DONE], 1),
    ("flush and sync within", [ROW, FLUSH, SYNC, COPY_DONE], 1),
    ("a query within", [ROW, query("select 1")], 1),
], ids=lambda v: v if isinstance(v, str) else "")
@pytest.mark.parametrize("within", [False, True], ids=["alone", "in a transaction"])
def test_22_copy_in(diff, name, messages, heard, within):
    def script(play):
        a, b = play.open("a"), play.open("b")
        if within:
            a.sql("begin")
        a.say(query("copy stage.t from stdin"))
        a.hear(b"G")
        a.say(*messages)
        a.hear(b"Z", times=heard)
        a.sql("select count(*) from stage.t")
        if within:
            a.sql("commit")
        for one in (b, a):
            one.sql("select count(*) from stage.t")
        play.pins()
    diff(script, TABLE)


@pytest.mark.parametrize("messages", {
    "fine": [ROW, COPY_DONE, SYNC], "error": [BAD, COPY_DONE, SYNC], "given up": [copy_fail(), SYNC],
    "more behind": [ROW, COPY_DONE, parse("select count(*) from stage.t"), bind(), execute(), SYNC],
    "sync first": [ROW, SYNC, COPY_DONE, SYNC],
    "error, more behind": [BAD, COPY_DONE, parse("select count(*) from stage.t"), bind(), execute(), SYNC],
}.items(), ids=lambda m: m[0])
@pytest.mark.parametrize("name", ["", "s"], ids=["unnamed", "prepared"])
def test_22_copy_in_the_extended_protocol(diff, messages, name):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.say(parse("copy stage.t from stdin", name), bind(name=name), execute(), FLUSH)
        a.hear(b"G")
        a.say(*messages[1])
        a.hear(b"Z", times=messages[1].count(SYNC) if messages[0] != "sync first" else 1)
        a.sql("select count(*) from stage.t")
        b.sql("select count(*) from stage.t")
        a.batch(parse("select 1"), bind(), execute())
    diff(script, TABLE)


REFUSE = """create function stage.refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$;

            create trigger refuse before insert on stage.t for statement execute function stage.refuse();"""


@pytest.mark.parametrize("messages, readies, setup", [
    ([BAD, COPY_DONE], 1, ""), ([copy_data(b"1\tx\n"), COPY_DONE], 1, ""), ([ROW, copy_fail("no more")], 1, ""),
    ([ROW, COPY_DONE], 2, REFUSE),
], ids=["bad row", "duplicate", "given up", "refused before it reads"])
@pytest.mark.parametrize("within", [False, True], ids=["alone", "in a transaction"])
@pytest.mark.parametrize("behind", [[], [parse("select 'new'", "new")], [parse("select 'unnamed'")]],
                         ids=["", "named behind", "unnamed behind"])
def test_22_copy_with_a_sync_before_its_end_fails(diff, messages, readies, setup, within, behind):
    """libpq's PQexecPrepared of a COPY, and other drivers: what was prepared before is there still."""
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.batch(parse("select 'kept'", "kept"), parse("copy stage.t from stdin", "copy"))
        if within:
            a.sql("begin")
        a.say(bind(name="copy"), execute(), SYNC)
        a.hear(b"G")
        a.say(*messages, SYNC, *behind, *[SYNC for _ in behind])
        a.hear(b"Z", times=readies + len(behind))
        if within:
            a.sql("rollback")
        a.batch(bind(name="kept"), execute())
        b.sql("select count(*) from stage.t")
        for name in ("kept", "new", ""):
            a.batch(bind(name=name), describe(), execute())
            b.sql("select 1")
        a.batch(bind(name="copy"), describe(b"S", "copy"), close(b"S", "kept"))
        play.pins()
    diff(script, TABLE.rstrip() + ";\n\n" + setup)


@pytest.mark.parametrize("said", ["copy stage.t to stdout", "copy (select 1 / (10 - n) from stage.t order by n) to stdout",
                                  "copy stage.t to stdout (format binary)", "copy stage.nothing to stdout",
                                  "copy (select repeat('x', 1000) from generate_series(1, 5000)) to stdout",
                                  "copy stage.t to stdout; select 1; copy stage.t (n) to stdout"])
def test_22_copy_out(diff, said):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.say(query(said), query("select 'behind'"), COPY_DONE, copy_fail(), copy_data(b"stray"), SYNC)
        a.hear(b"Z", times=3)
        b.sql("select 1")
        a.batch(parse(said.partition(";")[0], "c"), bind(name="c"), describe(), execute())
        a.sql("select 1")
    diff(script, TABLE)


def test_22_copy_cancelled(diff):
    """COPY FROM feels it with its next row."""
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.say(query("copy (select pg_sleep(20)) to stdout"))
        play.wait_running("copy (select pg_sleep(20)")
        a.cancel()
        a.hear(b"Z")
        for within in ("", "begin"):
            a.sql(within)
            a.say(query("copy stage.t from stdin"))
            a.hear(b"G")
            a.say(ROW)
            play.wait_running("copy stage.t from stdin")
            a.cancel()
            a.say(ROW, COPY_DONE)
            a.hear(b"Z")
            b.sql("select count(*) from stage.t")
            a.sql("rollback")
        a.sql("select count(*) from stage.t")
        play.pins()
    diff(script, TABLE)


@pytest.mark.parametrize("said, heard", [("copy (select pg_sleep(20)) to stdout", b"H"), ("copy stage.t from stdin", b"G")])
def test_22_copy_whose_server_ends(diff, said, heard):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.say(query(said))
        if heard == b"G":
            a.hear(heard)
        play.wait_running(said)
        play.postgres.psql(f"select pg_terminate_backend(pid, 5000) from pg_stat_activity where query = '{said}'", db="app")
        a.hear(b"Z")
        b.sql("select count(*) from stage.t")
    diff(script, TABLE)
