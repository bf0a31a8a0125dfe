"""What keeps a server, and what sets it free, direct and pooled: scenarios 10 to 14."""
import pytest

from support import pgwire
from support.pgwire import SYNC, bind, execute, parse
from test_diff_settings import ALL, three


def test_10_temp_table_lives_across_transactions(diff):
    def script(play):
        a, b, c = three(play)
        a.sql("create temp table mine (n int)")
        play.pins("temp")
        for one in (b, a, c, a):
            one.sql("select count(*) from mine")
            one.sql("select count(*) from pg_class where relnamespace = pg_my_temp_schema()")
        a.sql("insert into mine values (1)")
        a.sql("drop table mine")
        play.pins()
        for one in (b, a, c):
            one.sql("select count(*) from mine")
    diff(script)


@pytest.mark.parametrize("said, pinned", [
    ("begin; create temp table mine (n int) on commit drop; commit", False),
    ("begin; create temp table mine (n int); rollback", False),
    ("create temp table mine on commit preserve rows as select 7 as n", True),
    ("select 7 as n into temp mine", True), ("create temp view mine as select 7 as n", True),
    ("create temp sequence mine", True), ("create table pg_temp.mine (n int)", True),
    ("do $$ begin create temp table mine (n int); end $$", True), ("select stage.makes_one()", True),
    ("create /* a */ temporary -- b\n table mine (n int)", True), ("create temp table mine (n int); discard temp", False),
    ("create temp table mine (n int); discard all", False), ("create temp table mine (n int); drop table mine", False),
])
def test_10_what_makes_a_temp_object(diff, said, pinned):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.sql(said)
        play.pins(*["temp opaque"] * pinned)
        for one in (b, a) * 2:
            one.sql("select * from mine")
        play.pins(*["temp opaque"] * pinned)
    diff(script, "create function makes_one() returns void language plpgsql as"
                 " $$ begin create temp table mine (n int); end $$")


LOCKS = "select mode, granted, objid from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() order by 1, 3"


@pytest.mark.parametrize("steps", [
    [("select pg_advisory_lock(7)", 1), ("select pg_advisory_unlock(7)", 0)],
    [("select pg_advisory_lock(7)", 1), ("select pg_advisory_lock(7)", 1), ("select pg_advisory_unlock(7)", 1),
     ("select pg_advisory_unlock(7)", 0), ("select pg_advisory_unlock(7)", 0)],
    [("select pg_advisory_lock(1, 2), pg_advisory_lock_shared(3)", 1), ("select pg_advisory_unlock_all()", 0)],
    [("select pg_try_advisory_lock(7)", 1), ("discard all", 0)],
    [("select pg_advisory_xact_lock(7)", 0)],
    [("begin; select pg_advisory_lock(7); rollback", 1), ("select pg_advisory_unlock(7)", 0)],
    [("select stage.locks()", 1), ("select pg_advisory_unlock(7)", 0)],
    [("select stage.locks()", 1), ("select stage.unlocks()", 0)],
    [("do $$ begin perform pg_advisory_lock(7); end $$", 1), ("select pg_advisory_unlock_all()", 0)],
    [("select pg_advisory_unlock(7)", 0)],
], ids=lambda s: " | ".join(t for t, _ in s)[:70])
def test_11_advisory_locks(diff, steps):
    def script(play):
        a, b, c = three(play)
        for said, pinned in steps:
            a.sql(said)
            for one in (b, a, c):
                one.sql(LOCKS)
            b.sql("select pg_try_advisory_xact_lock(7)")
            play.pins(*["advisory opaque"] * pinned)
    diff(script, "create function locks() returns void language sql as 'select pg_advisory_lock(7)';"
                 "create function unlocks() returns bool language sql as 'select pg_advisory_unlock(7)'")


def test_12_cursor_with_hold(diff):
    def script(play):
        a, b, c = three(play)
        a.sql("begin; declare mine cursor with hold for select generate_series(1, 9)")
        a.sql("fetch 2 mine")
        a.sql("commit")
        play.pins("hold")
        for one in (a, b, c, a):
            one.sql("fetch 2 mine")
        a.sql("close mine")
        play.pins()
        for one in (a, b):
            one.sql("fetch 2 mine")
        a.sql("begin; declare mine cursor with hold for select 1; rollback")
        a.sql("fetch mine")
        a.sql("begin; declare mine /* with */ cursor -- hold\n for select 1; commit")
        play.pins()
        b.sql("select name from pg_cursors")
        a.sql("begin; declare x cursor with hold for select 1; declare y scroll cursor with hold for select 2; commit")
        play.pins("hold")
        a.sql("close all")
        play.pins()
        a.sql("fetch x")
    diff(script)


def test_13_notifications(diff):
    def script(play):
        a, b, c = three(play)
        a.sql("listen news")
        b.sql("notify news, 'to the idle'")
        a.hear_notification()
        c.sql("select pg_notify('news', 'again')")
        a.hear_notification()
        a.sql("notify news, 'to myself'")
        c.sql("select * from pg_listening_channels()")
        a.sql("begin; listen other; rollback")
        b.sql("notify other, 'not heard'; notify news, 'heard'")
        a.hear_notification()
        a.sql("begin; unlisten news; rollback")
        b.sql("begin; notify news, 'one'; notify news, 'two'; notify news, 'one'; commit")
        a.hear_notification()
        a.hear_notification()
        a.sql("unlisten *")
        play.pins()
        b.sql("notify news, 'nobody'")
        a.sql("select * from pg_listening_channels()")
    diff(script)


TELLS = """create table noisy (n int); create function tells() returns void language sql as
 $$ select pg_notify('news', 'from a function') $$; create function on_insert() returns trigger language plpgsql as
 $$ begin notify news, 'from a trigger'; return new; end $$;
 create trigger tells after insert on noisy for each row execute function on_insert()"""


@pytest.mark.parametrize("said", [
    "notify news, 'plain'", "select pg_notify('news', 'called')", "begin; notify news; select 1; commit",
    "insert into stage.noisy values (1)", "select stage.tells()", "do $$ begin notify news; end $$",
    "do $$ begin execute 'noti' || 'fy news'; end $$", "prepare p as select pg_notify('news', ''); execute p; deallocate p",
])
def test_13_who_notified(diff, said):
    """b and c use the same server by turns, and one more that says nothing."""
    def script(play):
        a, b, c = three(play)
        d = play.open("d")
        a.sql("listen news")
        for one in (b, c, b, a, c):
            one.sql(said)
            d.sql("select 1")
            if one is not a:
                a.hear_notification()
    diff(script, TELLS)


def test_13_who_notified_by_a_prepared_statement(diff):
    def script(play):
        a, b, c = three(play)
        a.sql("listen news")
        b.batch(parse("notify news, 'prepared'", "s"))
        c.sql("prepare p as select pg_notify('news', 'prepared too')")
        for _ in range(2):
            b.batch(bind(name="s"), execute())
            a.hear_notification()
            c.sql("execute p")
            a.hear_notification()
    diff(script)


@pytest.mark.parametrize("leaves", [False, True])
def test_13_who_notified_is_heard_late(diff, leaves):
    """The listener is in a transaction; meanwhile the notifier's server is lent on, or closed."""
    def script(play):
        a, b, c = three(play)
        a.sql("listen news")
        a.sql("begin")
        b.sql("select setseed(0)" if leaves else "select 0")
        b.sql("notify news, 'heard late'")
        b.sql("begin; notify news, 'never'; rollback")
        if leaves:
            b.bye()
        c.sql("select 1")
        c.sql("begin; notify news, 'not yet'")
        a.sql("commit")
        c.sql("commit")
        a.hear_notification()
    diff(script)


@pytest.mark.parametrize("reset", ["discard all", "deallocate all", "reset all", "unlisten *", "close all", "discard temp",
                                   "discard plans", "discard sequences", "begin; discard all", "select 1; discard all",
                                   "select pg_advisory_unlock_all(); reset all; deallocate all; close all; unlisten *"])
def test_14_resets_of_driver_pools(diff, reset):
    def script(play):
        a, b, c = three(play)
        for round_ in range(2):
            a.sql("set work_mem = '7MB'")
            a.sql("prepare p as select 1")
            a.batch(parse("select 'named'", "s"))
            a.sql("create temp table mine (n int)")
            a.sql("listen news")
            a.sql("select pg_advisory_lock(7)")
            a.sql("begin; declare k cursor with hold for select 1; commit")
            b.sql(ALL)
            a.sql(reset)
            a.sql("rollback")
            for one in (a, b, c, a):
                one.sql(ALL)
            a.sql("execute p")
            a.batch(bind(name="s"), execute())
            a.sql("discard all")
            play.pins()
    diff(script)


def test_14_reset_in_the_extended_protocol(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.sql("set work_mem = '7MB'")
        a.batch(parse("select 'named'", "s"))
        a.batch(parse("discard all"), bind(), execute())
        a.sql(ALL)
        a.batch(bind(name="s"), execute())
        a.say(parse("select 2", "s"), bind(name="s"), execute(), pgwire.query("deallocate s"), SYNC)
        a.hear(b"Z", times=2)
        b.sql(ALL)
    diff(script)
