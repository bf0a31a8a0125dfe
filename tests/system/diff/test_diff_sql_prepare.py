"""SQL's PREPARE, EXECUTE and DEALLOCATE, direct and pooled: what a session has prepared is its own on whatever server it
meets, and keeps none."""
import pytest

from support.pgwire import FLUSH, SYNC, bind, close, describe, execute, parse, query
from test_diff_pipeline import TABLE

LISTED = "select name, statement, parameter_types, from_sql from pg_prepared_statements order by name"


def test_prepared_once_executed_on_any_server(diff):
    def script(play):
        a, b, c = [play.open(name) for name in "abc"]
        a.sql("prepare p (int) as select $1 + 1")
        b.sql("prepare p as select 'of b', $1::text")
        a.sql(" /* as it is said */ PREPARE \"Q q\"(int, text) AS\n  select $1, $2 -- and no more\n ; ")
        for _ in range(3):
            for one in (a, b, c):
                one.sql("execute p (41)")
                one.sql("execute \"Q q\" (1, 'x')")
                one.sql(LISTED)
                one.sql("select * from stage.nobody")
        play.pins()
    diff(script)


def test_errors_are_the_servers_own(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.sql("prepare p as select 1")
        b.sql("select 1")
        a.sql("prepare p as select 2")  # 42P05
        b.sql("prepare p as select 3")
        a.sql("execute p")
        a.sql("execute p (1)")
        a.sql("execute q")  # 26000
        b.sql("deallocate q")
        a.sql("prepare bad as select nothing")
        a.sql("execute bad")
        a.sql("prepare bad as select")
        a.sql("execute bad")
        b.sql("deallocate p")
        b.sql("execute p")
        a.sql("execute p")
        a.sql("explain (costs off) execute p")
        a.sql("prepare")
        a.sql("execute")
        a.sql("prepare insert as insert")
        play.pins()
    diff(script)


def test_deallocate_all_and_discard(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        for n, forget in enumerate(("deallocate all", "discard all", "deallocate prepare all", "discard plans")):
            for one in (a, b):
                one.sql(f"prepare p as select {n}")
                one.sql("prepare r as select 'r'")
            a.sql(forget)
            for one in (b, a, b):
                one.sql(LISTED)
                one.sql("execute p")
            b.sql("deallocate all")
        a.sql("deallocate all")
        a.sql("prepare p as select 1")
        b.sql("select 1")
        a.say(query("deallocate all"), query("prepare p as select 'again'"), query("execute p"))
        a.hear(b"Z", times=3)
        b.sql("select 1")
        a.sql("execute p")
        play.pins()
    diff(script)


def test_within_transactions_that_end_either_way(diff):
    """PREPARE and DEALLOCATE are not undone by ROLLBACK."""
    def script(play):
        a, b = play.open("a"), play.open("b")
        for end in ("commit", "rollback"):
            a.sql("begin")
            a.sql(f"prepare p_{end} as select '{end}'")
            a.sql(f"execute p_{end}")
            a.sql(end)
            b.sql("select 1")
            a.sql(f"execute p_{end}")
        a.sql("begin")
        a.sql("deallocate p_commit")
        a.sql("execute p_commit")
        a.sql("rollback")
        b.sql("select 1")
        a.sql("execute p_commit")
        a.sql("begin")
        a.sql("prepare q as select 'before'")
        a.sql("deallocate q")
        a.sql("prepare q as select 'after'")
        a.sql("select 1/0")
        a.sql("prepare r as select 'never'")
        a.sql("deallocate p_rollback")
        a.sql("rollback")
        for one in (b, a, b, a):
            one.sql("execute q")
            one.sql("execute r")
            one.sql("execute p_rollback")
        play.pins()
    diff(script)


@pytest.mark.parametrize("says", ["create table stage.made (n int)", "set local search_path = stage", "create type stage.mood as enum ('a')",
                                  "select set_config('search_path', 'stage', true)"])
@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_what_depends_on_its_transaction_stays_where_it_is(diff, says, end):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.sql("prepare before as select 'before'")
        a.sql("begin")
        a.sql(says)
        a.sql("prepare p as select n from " + ("stage.made" if "made" in says else "stage.t") + " order by n limit 1")
        a.sql(end)
        play.pins("prepare")
        for one in (b, a, b, a):
            one.sql("execute p")
            one.sql("execute before")
        a.sql("deallocate p")
        a.sql("execute before")
        a.sql("deallocate before")
        play.pins()
    diff(script, TABLE)


def test_what_depends_on_what_was_executed_before_it(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        for n in range(2):
            a.sql("begin")
            a.sql(f"prepare path_{n} as select set_config('search_path', 'stage', true)")
            a.sql("execute path_0")
            a.sql(f"prepare p_{n} as select n from t order by n limit 1")
            a.sql("commit")
            play.pins("prepare")
            b.sql("select 1")
            a.sql(f"execute p_{n}")
        a.sql("deallocate all")
        play.pins()
    diff(script, TABLE)


def test_several_statements_in_one_text(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.sql("prepare p as select 1; execute p")
        play.pins("prepare")
        b.sql("execute p")
        a.sql("execute p; execute p")
        a.sql(LISTED)
        a.sql("deallocate p; select 1")
        play.pins()
        a.sql("prepare p as select 2")
        for one in (b, a, b, a):
            one.sql("begin; execute p; execute p; commit")
            one.sql("rollback")
        a.sql("deallocate p; deallocate p")
        a.sql("execute p")
        play.pins()
    diff(script)


def test_settings_under_which_it_was_read(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.sql("set datestyle = 'german'; set search_path = stage")
        a.sql("prepare p as select date '01.02.2003', n from t order by n limit 1")
        b.sql("prepare p as select date '2003-02-01'")
        for one in (b, a, b, a):
            one.sql("execute p")
        play.pins()
        a.sql("set work_mem = '7MB'")
        b.sql("execute p")
        a.sql("execute p")
        play.pins()
        a.sql("set datestyle = 'iso, mdy'")
        play.pins("prepare")
        a.sql("execute p")
        b.sql("execute p")
        a.sql("deallocate p")
        play.pins()
        a.sql("set role app")
        a.sql("prepare r as select current_user")
        b.sql("select 1")
        a.sql("execute r")
        a.sql("reset role")
        a.sql("execute r")
    diff(script, TABLE)


def test_of_a_temporary_table_that_is_gone_and_made_again(diff):
    """It keeps its server only while there is one; on the next server it cannot be prepared, until it can."""
    def script(play):
        a, b = play.open("a"), play.open("b")
        make = "create temp table passing as select 1 as n"
        a.sql(make)
        a.sql("prepare p as select * from passing")
        a.sql("prepare q (int) as select * from passing where n = $1")
        a.sql("execute p")
        a.sql("drop table passing")
        b.sql("begin")
        a.sql("execute p")
        a.sql("execute q (1)")
        a.sql(make)
        a.sql("execute p")
        a.batch(bind("1", name="q"), execute())
        a.sql("begin")
        a.sql("execute q (1)")
        a.sql("commit")
        a.sql("drop table passing")
        b.sql("commit")
        a.sql("begin")
        a.sql("execute p")
        a.sql("execute p")
        a.sql("rollback")
        a.sql("deallocate p")
        a.sql("execute q (1)")
    diff(script)


@pytest.mark.parametrize("gone", ["drop table stage.t", "alter table stage.t drop note", "alter table stage.t rename to u",
                                  "revoke all on schema stage from other"])
def test_prepared_again_where_it_no_longer_can_be(diff, gone):
    """The table is gone since: the session still has the statement, which says so when it is executed."""
    def script(play):
        a, b, c = play.open("a", "other"), play.open("b", "other"), play.open("c")
        c.sql("grant select on stage.t to public")
        a.sql("prepare p (int) as select note from stage.t where n = $1")
        a.sql("prepare q as select 'else'")
        b.sql("select 1")
        a.sql("execute p (1)")
        c.sql(gone)
        for one in (a, b, a):
            one.sql("select 'of ' || current_user")
            one.sql("execute q")
            one.sql("execute p (1)")
            one.sql("begin")
            one.sql("execute p (1)")
            one.sql("execute q")
            one.sql("rollback")
            one.batch(bind("1", name="p"), execute())
            one.batch(parse("select 1", "p"))
        a.sql("prepare p as select 'another'")
        b.sql("select 1")
        a.sql("deallocate p")
        a.sql("execute p (1)")
        b.sql("select 1")
        a.sql("execute p (1)")
        a.sql("execute q")
        play.pins()
    diff(script, TABLE)


def test_table_made_again(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.sql("prepare p as select note from stage.t order by n limit 1")
        b.sql("drop table stage.t")
        a.sql("execute p")
        b.sql("create table stage.t as select 1 as n, 'new' as note")
        a.sql("execute p")
        b.sql("select 1")
        a.sql("execute p")
        play.pins()
    diff(script, TABLE)


def test_a_lock_on_its_table_stops_nobody_who_does_not_ask_for_it(diff):
    def script(play):
        a, b, c = play.open("a"), play.open("b"), play.open("c")
        a.sql("set lock_timeout = '7s'")
        a.sql("prepare p (int) as select note from stage.t where n = $1")
        a.sql("prepare q as select 'else'")
        b.sql("select 1")
        for within in (False, True):
            b.sql("begin; lock table stage.t")
            a.sql("select 'not of that table'")
            a.sql("execute q")
            a.sql("show lock_timeout")
            if within:
                a.sql("begin")
            a.say(query("execute p (1)"))
            play.wait_for("select count(*) from pg_locks where not granted", "1", "waiting")
            b.sql("commit")
            a.hear(b"Z")
            a.sql("rollback")
            b.sql("begin; lock table stage.t")
            a.sql("begin" if within else "select 2")
            a.say(bind("2", name="p"), execute(), SYNC)
            play.wait_for("select count(*) from pg_locks where not granted", "1", "waiting")
            b.sql("commit")
            a.hear(b"Z")
            a.sql("rollback")
        b.sql("begin; lock table stage.t")
        a.sql("begin")
        a.say(query("execute p (1)"))
        play.wait_for("select count(*) from pg_locks where not granted", "1", "waiting")
        a.cancel()
        a.hear(b"Z")
        a.sql("execute q")
        a.sql("rollback")
        b.sql("commit")
        a.sql("execute p (1)")
        play.pins()
    diff(script, TABLE)


def test_one_name_space_with_the_protocols_statements(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.sql("prepare p (int) as select $1 + 1")
        b.sql("select 1")
        a.batch(bind("7", name="p"), describe(), execute())
        a.batch(describe(b"S", "p"))
        a.batch(parse("select 'another'", "p"))  # 42P05
        b.batch(parse("select 'of b: ' || $1::text", "p"))
        a.batch(parse("select 's'", "s"), bind(name="s"), execute())
        for one in (b, a, b, a):
            one.batch(bind("7", name="p"), execute())
            one.batch(bind(name="s"), execute())
        a.sql("execute p (1)")
        play.pins()
        a.batch(close(b"S", "p"))
        a.batch(parse("select 'now the protocols'", "p"))
        a.batch(bind(name="p"), execute())
        b.sql("deallocate p")
        b.sql("prepare p as select 'now sql of b'")
        b.sql("execute p")
        a.batch(bind(name="p"), execute())
        play.pins()
        a.sql("execute s")  # SQL names what the protocol has prepared
        a.sql("prepare s as select 1")
        a.sql("deallocate s")
        a.sql("execute s")
    diff(script)


def test_podpools_own_names(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        b.batch(parse("select 'of b'", "s"), bind(name="s"), execute())
        for n in range(4):
            a.sql(f"execute podpool{n}")
            a.batch(bind(name=f"podpool{n}"))
            a.sql(f"deallocate podpool{n}")
            a.batch(close(b"S", f"podpool{n}"))
            b.batch(bind(name="s"), execute())
        a.sql("prepare podpool1 as select 'of a'")
        b.batch(bind(name="s"), execute())
        a.sql("execute podpool1")
        b.batch(bind(name="s"), execute())
    diff(script)


def test_through_the_extended_protocol(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.batch(parse("prepare p (int) as select $1 + 1"), bind(), execute())
        for one in (b, a, b, a):
            one.batch(parse("execute p (1)"), bind(), describe(), execute())
            one.batch(bind(), execute())
        a.batch(parse("deallocate p"), bind(), execute())
        b.sql("select 1")
        a.batch(parse("execute p (1)"), bind(), execute())
        a.batch(parse("prepare p as select 'other'"), bind(), execute(), parse("execute p"), bind(), execute())
        b.sql("select 1")
        a.sql("execute p")
        play.pins()
        a.batch(parse("execute p", "named"), bind(name="named"), execute())
        a.batch(bind(name="named"), execute())
    diff(script)


def test_what_looks_at_names_in_ways_nobody_reads(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        b.sql("create function stage.run(name text) returns text language plpgsql as"
              " $$ declare said text; begin execute 'execute ' || name into said; return said; end $$")
        a.sql("prepare p as select 'of a'::text")
        b.sql("prepare p as select 'of b'::text; select 1")
        b.sql("deallocate p")
        b.sql("prepare q as select 'of b'::text")
        for one in (a, b, a, b):
            one.sql("select stage.run('p')")
            one.sql("select stage.run('q')")
            one.sql("do $$ begin execute 'execute p'; end $$")
            one.sql("create temp table made as execute p")
            one.sql("drop table made")
            one.sql("select count(*) from pg_prepared_statements")
        a.sql("do $$ begin execute 'deallocate p'; end $$")
        a.sql("execute p")
        a.sql("do $$ begin execute 'prepare d as select 7'; end $$")
        b.sql("execute d")
        a.sql("execute d")
        a.sql("deallocate d")
        a.sql("execute d")
    diff(script)


def test_what_execute_does_to_the_session(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.sql("prepare s (text) as select set_config('work_mem', $1, false)")
        a.sql("prepare t (text) as select set_config('my.tenant', $1, false)")
        a.sql("prepare l as select pg_advisory_lock(7)")
        a.sql("prepare u as select pg_advisory_unlock(7)")
        for n in (6, 7, 8):
            a.sql(f"execute s ('{n}MB')")
            a.batch(bind(str(n), name="t"), execute())
            for one in (b, a):
                one.sql("select current_setting('work_mem'), current_setting('my.tenant', true)")
        play.pins()
        a.sql("execute l")
        play.pins("advisory")
        b.sql("select pg_try_advisory_xact_lock(7)")
        a.sql("execute u")
        play.pins()
        b.sql("select pg_try_advisory_xact_lock(7)")
    diff(script)


def test_more_than_is_kept(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        for n in range(60):
            a.sql(f"prepare p{n} as select {n}")
        play.pins()
        for n in (0, 59, 30):
            b.sql("select 1")
            a.sql(f"execute p{n}")
        for n in range(60, 80):
            a.sql(f"prepare p{n} as select {n}")
        play.pins("prepare")
        for n in (0, 59, 79):
            b.sql("select 1")
            a.sql(f"execute p{n}")
        a.sql("deallocate all")
        play.pins()
        a.sql(f"prepare long as select length('{'x' * 5000}')")
        a.sql("execute long")
        b.sql("execute long")
        play.pins("prepare")
        a.sql("deallocate long")
        play.pins()
    diff(script)


def test_what_looks_at_more_than_its_session(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.sql("prepare p as select count(*) from pg_prepared_statements")
        play.pins("prepare")
        b.batch(parse("select 1", "s"), bind(name="s"), execute())
        a.sql("execute p")
        a.sql("deallocate p")
        a.sql("prepare l as select current_setting('pg_trgm.similarity_threshold', true)")
        a.sql("prepare n as select current_schemas(true)")
        for one in (b, a):
            one.sql("execute l")
            one.sql("execute n")
    diff(script)


def test_said_in_a_pipeline(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.say(query("prepare p as select 1"), query("execute p"), query("deallocate p"), query("execute p"),
              query("prepare p as select 2"), query("execute p"))
        a.hear(b"Z", times=6)
        b.sql("execute p")
        a.say(query("execute p"), parse("select 's'", "s"), bind(name="s"), execute(), bind(name="p"), execute(), SYNC,
              query("deallocate p"), query("execute p"))
        a.hear(b"Z", times=4)
        a.say(parse("prepare p as select 3"), bind(), execute(), FLUSH)
        a.hear(b"C")
        a.say(parse("execute p"), bind(), execute(), SYNC)
        a.hear(b"Z")
        b.sql("execute p")
        a.sql("execute p")
    diff(script)


def test_drivers_that_begin_a_transaction_first(diff):
    """psycopg2 and the like."""
    def script(play):
        a, b = play.open("a"), play.open("b")
        for one in (a, b):
            one.sql("BEGIN")
            one.sql("PREPARE plan (int) AS SELECT note FROM stage.t WHERE n = $1")
            one.sql("COMMIT")
        for n in range(6):
            for one in (a, b):
                one.sql("BEGIN")
                one.sql(f"EXECUTE plan ({n})")
                one.sql("ROLLBACK" if n % 2 else "COMMIT")
        play.pins()
    diff(script, TABLE)
