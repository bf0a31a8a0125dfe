"""What a server has done for others and cannot be undone shows nowhere: who looks at it has a server that did nothing."""
import pytest

from support import pgwire
from support.pgwire import SYNC, bind, execute, parse

SESSIONS = "select sessions from pg_stat_database where datname = current_database()"
# name: (what another client does before, what is then said one by one)
LOOKS = {
    "temporary-schema": ("create temp table mine (n int)",
                         ["set search_path to 'pg_temp'", "select pg_my_temp_schema()", "select current_schema() ~ 'pg_temp'",
                          "select pg_my_temp_schema() > 0"]),
    "temporary-schema-in-a-transaction": (
        "create temp table mine (n int)",
        ["set search_path to pg_temp", "begin", "select current_schema() ~ 'pg_temp'", "prepare transaction 'x'"]),
    "name-that-pl-pgsql-does-not-know": (
        "do $$ begin end $$", ["set plpgsql.no_such = 1", "show plpgsql.no_such", "do $$ begin end $$", "set plpgsql.no_such = 1",
                               "show plpgsql.no_such"]),
    "the-same-after-other-settings": (
        "do $$ begin end $$", ["set my.own = 1", "set plpgsql.no_such = 1", "show my.own", "load 'plpgsql'",
                               "show plpgsql.no_such"]),
}


def played(wire, said):
    answers = []
    for text in said:
        wire.send(pgwire.query(text))
        answers.append([pgwire.fields(p) if letter in (b"E", b"N") else (letter, p) for letter, p in wire.until(b"Z")])
    return answers


@pytest.mark.parametrize("lend", ["last", "rotate"])
@pytest.mark.parametrize("name", LOOKS)
def test_is_as_in_a_session_of_its_own(name, lend, raw, direct):
    before, said = LOOKS[name]
    other = raw(MAX_SERVERS=2, LEND=lend).login()
    other.ask(before)
    other.ask("discard all")
    for _ in range(3):
        other.ask("select 1")
    assert played(raw().login(), said) == played(direct().login(), said)


def test_who_looks_at_the_number_of_sessions_is_one_of_them(raw, pool):
    first, second = raw(MAX_SERVERS=2).login(), raw().login()
    first.ask("select 1")
    counts = []
    for wire in (first, second, second):
        wire.send(parse(SESSIONS), bind(), execute(), SYNC)
        counts.append(int(wire.rows()[0][0]))
    assert counts[0] < counts[1]
    if pool.pooled:
        assert counts[2] == counts[1]  # once is enough
        assert pool.status()["totals"]["pins"] == {}


def test_server_that_logged_in_before_is_not_a_new_session(raw, pool):
    first = raw(MAX_SERVERS=4, MIN_SERVERS=3).login()
    first.ask("select 1")
    if pool.pooled:
        pool.until_status(lambda s: s["totals"]["idle"] == 3, "the others have logged in")
    before = int(first.ask(SESSIONS)[0][0])
    assert int(raw().login().ask(SESSIONS)[0][0]) > before


def test_statistics_that_are_hurried_are_the_own(raw, table):
    """Who looks at what is counted for tables stays where it is counted."""
    wires = [raw(MAX_SERVERS=3, LEND="rotate", MIN_SERVERS=3).login(), raw().login()]
    look = "select coalesce(sum(n_tup_ins), 0) from pg_stat_user_tables where relname = 't'"
    assert [wire.ask(look) for wire in wires] == [[["0"]]] * 2
    for n in range(1, 4):
        for wire in wires:
            wire.ask("insert into t values (1)")
        for wire in wires:
            wire.ask("select pg_stat_force_next_flush()")
        assert wires[0].ask(look) == wires[1].ask(look) == [[str(2 * n)]]


def test_server_that_did_nothing_is_waited_for_and_others_go_on(raw, pool):
    """The only one is busy; it is closed when it comes back, and its place is a new one's."""
    busy = raw(MAX_SERVERS=1).login()
    server = busy.ask(pgwire.PID)
    busy.ask("begin")
    looks, later = raw().login(), raw().login()
    looks.send(pgwire.query(SESSIONS))
    if pool.pooled:
        pool.until_status(lambda s: s["totals"]["waiting"] == 1, "it waits")
    later.send(pgwire.query("select 1"))
    busy.ask("commit")
    assert looks.until(b"Z")[-1] == later.until(b"Z")[-1] == (b"Z", b"I")
    assert busy.ask(pgwire.PID) != server or not pool.pooled


@pytest.mark.parametrize("said", ["select 'pg_stat_database'", "select 1 -- set search_path = pg_temp",
                                  "set plpgsql.check_asserts = off", "select relname from pg_class where relname ~ '^pg_temp'"])
def test_who_does_not_look_takes_what_is_there(said, raw, pool):
    other = raw(MAX_SERVERS=2).login()
    server = other.ask(pgwire.PID)
    wire = raw().login()
    wire.send(pgwire.query(said))
    wire.until(b"Z")
    assert not pool.pooled or wire.ask(pgwire.PID) == server


def test_own_temporary_schema_is_no_past(raw, pool):
    """Whoever has had temporary objects is not surprised to have a schema for them."""
    owner = raw(MAX_SERVERS=1).login()
    owner.ask("create temp table mine (n int); drop table mine")
    server = owner.ask(pgwire.PID)
    owner.ask("set search_path to pg_temp")
    assert owner.ask(pgwire.PID) == server
