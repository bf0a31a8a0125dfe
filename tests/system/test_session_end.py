"""When a program's session ends, the others notice it as soon as they would without podpool."""
import threading

import pytest

from support import pgwire, wait

LENDING = {"last": {}, "rotate": {"LEND": "rotate", "MIN_SERVERS": 2}}
SELF = "pid <> pg_backend_pid()"


@pytest.fixture(params=LENDING)
def two(request, raw):
    """A session that will leave, and one that looks."""
    raw(**LENDING[request.param]).sock.close()
    return raw().login(application_name="leaves"), raw().login(application_name="looks")


HELD = {
    "advisory lock": ("select pg_advisory_lock(4711)",
                      "select count(*) from pg_locks where locktype = 'advisory' and objid = 4711"),
    "advisory lock in a function": ("do 'begin perform pg_advisory_lock(4711); end'",
                                    "select count(*) from pg_locks where locktype = 'advisory' and objid = 4711"),
    "temporary table": ("create temp table seen_by_others (n int)",
                        "select count(*) from pg_class where relname = 'seen_by_others'"),
    "row lock": ("begin; update t set n = 2",
                 "select count(*) from pg_locks where relation = 't'::regclass and mode = 'RowExclusiveLock'"),
    "open transaction": ("begin; select 1",
                         "select count(*) from pg_stat_activity where state like 'idle in%' and usename = 'app'"),
    "cursor with hold": ("begin; declare c cursor with hold for select 1; commit",
                         f"select count(*) from pg_stat_activity where state like 'idle in%' and {SELF}"),
    "snapshot": ("begin isolation level repeatable read; select 1",
                 f"select count(*) from pg_stat_activity where backend_xmin is not null and {SELF} and usename = 'app'"),
    "prepared for itself": ("prepare p as select 1", "select count(*) from pg_prepared_statements where name = 'p'"),
}


@pytest.mark.parametrize("how", ["terminate", "fin", "reset"])
@pytest.mark.parametrize("held", HELD.values(), ids=HELD.keys())
def test_what_a_session_held_is_free(held, how, two, table):
    hold, look = held
    leaves, looks = two
    leaves.ask(hold)
    {"terminate": leaves.bye, "fin": leaves.sock.close, "reset": leaves.reset}[how]()
    wait.until(lambda: looks.ask(look) == [["0"]], "free", seconds=8)  # what nobody frees stays, or goes with its server after a minute


def test_a_lock_waited_for_is_had_by_the_next(two):
    leaves, looks = two
    leaves.ask("select pg_advisory_lock(4712)")
    waiting = threading.Thread(target=looks.ask, args=("select pg_advisory_lock(4712)",))
    waiting.start()
    leaves.bye()
    waiting.join(15)
    assert not waiting.is_alive()


def test_a_listener_that_left_hears_nothing_for_the_next(two, raw):
    leaves, looks = two
    leaves.ask("listen news")
    leaves.bye()
    wait.until(lambda: looks.ask("select count(*) from pg_listening_channels()") == [["0"]], "unlistened")
    looks.ask("notify news")
    others = [raw().login() for _ in range(3)]
    for other in [looks, *others]:
        other.ask("begin")
        assert other.ask("select count(*) from pg_listening_channels()") == [["0"]]
    for other in [looks, *others]:
        other.send(pgwire.query("commit"))
        assert b"A" not in [letter for letter, _ in other.until(b"Z")]


def test_no_row_says_that_it_still_works(two, postgres_trust):
    leaves, looks = two
    leaves.ask("begin; select 1")
    leaves.bye()
    working = "select count(*) from pg_stat_activity where application_name = 'leaves' and state <> 'idle'"
    wait.until(lambda: postgres_trust.psql(working) == "0", "nothing of it at work")
