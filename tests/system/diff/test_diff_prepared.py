"""Prepared statements, direct and pooled: scenarios 15 to 19. They are the client's, whatever server it meets."""
import pytest

from support.pgwire import SYNC, FLUSH, bind, close, describe, execute, parse, query
from test_diff_pipeline import TABLE


def test_15_more_statements_than_a_server_keeps(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        for n in range(600):
            a.batch(parse(f"select {n}, $1::int", f"s{n}"))
        b.batch(parse("select 'b'", "s1"))
        for n in (0, 1, 599, 300, 0):
            a.batch(bind("5", name=f"s{n}"), execute())
            b.batch(bind(name="s1"), execute())
        # one pipeline through all of them: whatever is given up for another must come back
        a.batch(*(m for n in range(600) for m in (bind(str(n), name=f"s{n}"), execute())))
        a.batch(*(m for n in range(600) for m in (parse(f"select {n} + 1000", f"r{n}"), bind(name=f"r{n}"), execute())))
        a.batch(*(m for n in range(0, 600, 7) for m in (close(b"S", f"s{n}"), parse(f"select -{n}", f"s{n}"),
                                                        bind(name=f"s{n}"), describe(), execute())))
        play.pins()
    diff(script)


@pytest.mark.parametrize("size", [100, 8191, 65535, 65536, 200000, 3000000])
def test_15_larger_than_any_buffer(diff, size):
    def script(play):
        a, b = play.open("a"), play.open("b")
        long = "x" * size
        a.sql("set work_mem = '7MB'")
        a.batch(parse(f"select length('{long}'), $1::text", "s"))
        b.sql("select 1")
        a.batch(bind(long, name="s"), describe(), execute())
        a.batch(parse("select 1", "n" + long), bind(name="n" + long), execute())
        b.sql("show work_mem")
        a.batch(bind(name="n" + long), execute())
        a.batch(close(b"S", "n" + long[:9000]), bind(name="n" + long[:9000]))  # the server takes a Close of 10000 bytes
        a.batch(bind("short", name="s"), execute())
    diff(script)


def test_15_with_settings_pending(diff):
    def script(play):
        a, b, c = [play.open(name) for name in "abc"]
        a.batch(parse("select * from only_here where n = $1", "s"))  # 42P01: no such table yet
        a.sql("set search_path = stage; set work_mem = '7MB'")
        a.batch(parse("select * from only_here where n = $1", "s"))
        for n in range(1, 4):
            b.sql("select 1")
            a.batch(bind(str(n), name="s"), execute())
            c.sql("show search_path")
            a.batch(parse("show work_mem"), bind(), execute())
        a.sql("begin; set local search_path = pg_catalog")
        a.batch(bind("4", name="s"), execute())
        a.sql("rollback")
        play.pins()
    diff(script, TABLE + ";\n\ncreate table stage.only_here as table stage.t;\n\ngrant all on stage.only_here to public")


def test_16_names_unknown_and_taken(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        b.batch(parse("select 'of b'", "s"))
        for unknown in (bind(name="s"), describe(b"S", "s"), describe(b"P", "p"), execute("p"), bind(), describe(b"S")):
            a.batch(unknown)
            a.sql("select 1")
        a.batch(close(b"S", "s"), close(b"P", "p"))
        a.batch(parse("select 'of a'", "s"))
        a.batch(parse("select 'another'", "s"))
        a.batch(parse("select 'the same'", "t"), parse("select 'the same'", "t"))
        a.batch(bind(name="t"), execute())
        for one in (a, b, a):
            one.batch(bind(name="s"), describe(), execute())
            one.batch(describe(b"S", "s"))
        a.sql("begin")
        a.batch(bind(name="nobody"))
        a.sql("select 1")
        a.sql("rollback")
        a.batch(bind(name="s"), execute())
        play.pins()
    diff(script)


def test_16_statements_are_listed_as_ones_own(diff):
    def script(play):
        listed = "select name, statement, parameter_types, from_sql from pg_prepared_statements order by name"
        a, b = play.open("a"), play.open("b")
        for one in (a, b, a):
            one.sql(listed)
            one.batch(parse(listed), bind(), execute())
        a.batch(parse("select $1::int", "s"), bind("1", name="s"), execute())
        a.batch(parse("select 'never executed'", "t"))
        for one in (a, b, a):
            one.sql(listed)
    diff(script)


def test_16_statements_are_spoken_of_in_the_batch_that_prepares_them(diff):
    """asyncpg sends Flush where others send Sync; psycopg's pipeline has both in one batch."""
    def script(play):
        listed = parse("select name, statement, parameter_types, from_sql from pg_prepared_statements order by name")
        a, b = play.open("a"), play.open("b")
        b.batch(parse("select 'of b'", "t"), bind(name="t"), execute())
        a.batch(parse("select $1::int", "s"), bind("1", name="s"), execute(), listed, bind(), execute())
        b.batch(parse("select 'again'", "s"), bind(name="s"), execute(), listed, bind(), execute(), bind(name="t"),
                execute(), parse("select 'more'", "u"), bind(name="u"), execute(), listed, bind(), execute())
        for one, name in (a, "s"), (b, "t"), (a, "s"):
            one.batch(close(b"S", name), listed, bind(), execute())
        a.sql("deallocate all")
        b.sql("deallocate all")
        a.say(parse("select 1", "foobar"), describe(b"S", "foobar"), FLUSH)
        a.hear(b"T")
        a.say(parse("execute foobar", "again"), describe(b"S", "again"), FLUSH)
        a.hear(b"T")
        a.batch(bind(name="again"), execute())
        a.batch(bind(name="again"), execute(), parse("select 2", "foobar"))
        a.batch(bind(name="foobar"), execute())
        a.sql("deallocate all")
        for wrong in (parse("select 1/0"), bind(), execute()), (bind(name="nobody"),):  # before and behind what is moved
            a.batch(parse("select 1", "s"))
            a.batch(*wrong, listed, bind(), execute())
            a.batch(bind(name="s"), execute(), listed, bind(), execute(), *wrong)
            a.batch(bind(name="s"), execute(), listed, bind(), execute())
            a.sql("begin")
            a.batch(bind(name="s"), execute(), parse("select 3", "new"), listed, bind(), execute(), *wrong)
            a.batch(bind(name="s"), execute(), listed, bind(), execute())
            a.sql("rollback")
            a.batch(bind(name="s"), execute(), listed, bind(), execute())
            a.batch(bind(name="new"), execute())
            a.sql("deallocate all")
    diff(script)


def test_17_failing_in_a_pipeline(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.batch(parse("select * from stage.later", "s"), bind(name="s"), execute())
        b.sql("create table stage.later (n int)")
        a.batch(parse("select * from stage.later", "s"), bind(name="s"), execute())
        a.batch(parse("select 1/$1::int", "d"), bind("0", name="d"), execute(), parse("select 2", "after"))
        a.batch(bind("1", name="d"), execute())
        a.batch(bind(name="after"))
        a.say(parse("select 1/0", "z"), FLUSH)
        a.hear(b"1", b"E")
        a.say(bind(name="z"), execute(), parse("select 3", "skipped"), describe(b"S", "skipped"), FLUSH)
        a.hear(b"E")
        b.sql("select 1")
        a.batch(bind(name="skipped"), execute())
        a.batch(bind(name="skipped"), execute())
        a.batch(parse("select 'first'", "x"), close(b"S", "x"), parse("select 'second'", "x"), bind(name="x"), execute())
        a.batch(close(b"S", "x"), bind(name="nobody"), parse("select 'third'", "x"))
        a.batch(bind(name="x"), execute())
        a.batch(parse("select 'fourth'", "x"), bind(name="x"), execute())
        b.sql("drop table stage.later")
        a.batch(bind(name="s"), execute())
        a.batch(parse("select 1", "e"), bind(name="e"), execute(), close(b"S", "e"))
        a.batch(bind(name="e"), execute())
        play.pins()
    diff(script)


def test_17_rolled_back_but_still_prepared(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.sql("begin")
        a.batch(parse("select 'kept'", "s"))
        a.sql("prepare p as select 'kept too'")
        a.sql("rollback")
        b.sql("select 1")
        a.batch(bind(name="s"), execute())
        a.sql("execute p")
        a.sql("begin")
        a.sql("deallocate p")
        a.batch(close(b"S", "s"))
        a.sql("rollback")
        b.sql("select 1")
        a.batch(bind(name="s"), execute())
        a.sql("execute p")
    diff(script)


@pytest.mark.parametrize("change", ["alter table stage.t add extra int default 5", "alter table stage.t drop note",
                                    "alter table stage.t rename note to remark", "drop table stage.t",
                                    "alter table stage.t alter n type bigint", "create index on stage.t (note)",
                                    "drop table stage.t; create table stage.t (n text, note int)"])
@pytest.mark.parametrize("within", [False, True], ids=["alone", "in a transaction"])
def test_18_table_altered_between_executes(diff, change, within):
    def script(play):
        a, b = play.open("a"), play.open("b")
        b.sql("begin")
        a.sql("select 'both servers are there'")
        b.sql("commit")
        a.batch(parse("select * from stage.t where n::text = $1::text", "s"))
        for _ in range(2):  # and, rotating, both have it: one that has not parses what there is now
            a.batch(bind("1", name="s"), describe(), execute())
        b.sql(change)
        if within:
            a.sql("begin")
        if within:
            a.batch(bind("1", name="s"), describe(), execute())
            a.batch(describe(b"S", "s"))
            a.sql("rollback")
        a.batch(close(b"S", "s"), parse("select * from stage.t where n::text = $1::text", "s"),
                bind("2", name="s"), execute())
    diff(script, TABLE)


@pytest.mark.parametrize("change", ["alter table stage.t add extra int default 5", "alter table stage.t rename note to remark"])
def test_18_changed_result_heals_outside_a_transaction(diff, change):
    """Where a direct session gets 0A000 until it prepares again (DESIGN 6)."""
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.batch(parse("select * from stage.t where n = $1", "s"))
        a.batch(bind("1", name="s"), describe(), execute())
        b.sql(change)
        if not play.pool:
            a.wire.send(close(b"S", "s"), parse("select * from stage.t where n = $1", "s"), SYNC)
            a.wire.until(b"Z")
        a.batch(bind("1", name="s"), describe(), execute())
    diff(script, TABLE)


@pytest.mark.parametrize("change", ["alter table stage.t add extra int default 5", "alter table stage.t alter n type text",
                                    "alter table stage.t rename note to remark"])
def test_18_changed_result_is_an_error_for_who_knows_it_by_an_earlier_description(diff, change):
    """A driver that describes a statement once and decodes by that (asyncpg, npgsql, pgjdbc) must hear of it."""
    def script(play):
        a, b, c = [play.open(name) for name in "abc"]
        mine = [parse("select * from stage.t where n::text = $1", "s"), describe(b"S", "s")]
        once = [bind("1", name="s"), execute()]
        a.batch(*mine)
        for _ in range(2):
            a.batch(*once)
        b.sql(change)
        for _ in range(3):
            a.batch(*once)
        c.batch(*mine)
        for one in (c, a, c, a):
            one.batch(*once)
        b.sql("begin")  # the others meet a server that does not have it
        for one in (a, c, a):
            one.batch(*once)
        a.batch(parse("select 'before'"), bind(), execute(), *once, parse("select 'skipped'"), bind(), execute())
        a.sql("begin")
        a.batch(*once)
        a.sql("rollback")
        b.sql("commit")
        a.batch(close(b"S", "s"), *mine)
        for one in (a, c, a):
            one.batch(*once)
        play.pins()
    diff(script, TABLE)


def test_18_type_dropped_and_made_again(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        b.sql("create type stage.mood as enum ('low', 'high')")
        a.batch(parse("select $1::stage.mood", "s"))
        a.batch(bind("low", name="s"), describe(b"S", "s"), execute())
        for _ in range(4):  # on each server there may be: where the statement is not yet, it would fail in Parse
            a.batch(bind("low", name="s"), execute())
        b.sql("drop type stage.mood; create type stage.mood as enum ('sad', 'glad')")
        a.batch(bind("low", name="s"), execute())
        a.batch(bind("glad", name="s"), execute())
        a.batch(parse("select $1::stage.mood", "t"), bind("glad", name="t"), execute())
    diff(script)


def test_18_names_resolved_by_the_path_of_the_moment(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        b.sql("create schema if not exists stage2; create table stage2.t as select 100 as n, 'second' as note")
        try:
            a.sql("set search_path = stage")
            a.batch(parse("select note from t order by n limit 1", "s"), bind(name="s"), execute())
            a.sql("set search_path = stage2")
            a.batch(bind(name="s"), execute())
            b.sql("set search_path = stage2")
            b.batch(parse("select note from t order by n limit 1", "s"), bind(name="s"), execute())
            a.sql("set search_path = stage")
            for one in (a, b, a, b):
                one.batch(bind(name="s"), execute())
        finally:
            b.sql("drop schema stage2 cascade")
        a.batch(bind(name="s"), execute())
        b.batch(bind(name="s"), execute())
    diff(script, TABLE)


def test_19_pdo_and_sql_prepare(diff):
    def script(play):
        a, b, c = [play.open(name) for name in "abc"]
        for n in range(1, 4):
            name = f"pdo_stmt_0000000{n}"
            a.batch(parse("select $1::int * 2", name))
            b.sql("select 1")
            a.batch(bind(str(n), name=name), describe(), execute())
            c.sql(f"deallocate {name}")  # 26000: it is a's
            a.sql(f"DEALLOCATE {name}")
            a.batch(bind(str(n), name=name), execute())
        a.sql("prepare p (int) as select $1 + 1")
        c.sql("prepare p (text) as select 'of c: ' || $1")
        for one in (a, c) * 2:
            one.sql("execute p (41)")
            one.sql("select name, statement, parameter_types, from_sql from pg_prepared_statements")
        a.batch(bind("7", name="p"), execute())  # the two worlds share their names
        a.batch(parse("select 'protocol'", "q"))
        a.sql("execute q")
        a.sql("prepare q as select 1")
        a.sql("explain (costs off) execute p (1)")
        a.sql("create temp table made as execute p (3)")
        a.sql("select * from made; drop table made")
        a.sql("deallocate prepare p; execute p (1)")
        a.sql("deallocate \"q\"")
        a.sql("execute q")
        c.sql("deallocate all")
        c.sql("execute p (1)")
    diff(script)


def test_19_active_record_start_up(diff):
    """What its adapter says by itself before and while it works."""
    def script(play):
        for name in "abcd":
            one = play.open(name, application_name="rails")
            one.sql("SET client_min_messages TO 'warning'")
            one.sql("SET standard_conforming_strings = on; SET SESSION timezone TO 'UTC'; SET intervalstyle = iso_8601")
            one.sql("SET statement_timeout TO '15s'; SHOW max_identifier_length")
        for n in range(20):
            one = play.sessions["abcd"[n % 4]]
            if n < 4:
                one.batch(parse("select note from stage.t where n = $1 limit $2", "a1"), describe(b"S", "a1"))
            one.batch(bind(str(n), "1", name="a1"), execute())
            one.sql("show intervalstyle")
        play.pins()
    diff(script, TABLE)


def test_19_unnamed_statement_and_portal(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.batch(parse("select n from stage.t order by n"))
        b.batch(parse("select 'of b'"), bind(), execute())
        a.batch(bind(), execute(rows=2), execute(rows=3), execute())
        a.batch(execute())
        a.batch(bind(portal="p"), execute("p", 2))
        a.batch(execute("p", 2))  # 34000: the implicit transaction is over
        a.sql("begin")
        a.batch(bind(portal="p"), execute("p", 2))
        b.sql("select 1")
        a.batch(execute("p", 2), describe(b"P", "p"))
        a.batch(bind(portal="p"))
        a.sql("rollback")
        b.sql("select 1")
        a.batch(bind(), execute())
        a.sql("select 'a simple query takes the unnamed one away'")
        a.batch(bind(), execute())
        a.batch(describe(b"S"))
    diff(script, TABLE)


@pytest.mark.parametrize("forget", ["deallocate all", "discard all", "deallocate s"])
def test_forgetting_is_pipelined_with_what_is_prepared_next(diff, forget):
    """As drivers reset a connection: in one packet with its first statement."""
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.batch(parse("select 's'", "s"))
        b.batch(parse("select 's'", "mine"))
        a.say(query(forget), parse("select 's'", "s"), bind(name="s"), execute(), SYNC)
        a.hear(b"Z")
        a.hear(b"Z")
        for _ in range(3):
            b.batch(bind(name="mine"), execute())
            a.batch(bind(name="s"), execute())
        a.batch(parse(forget), bind(), execute(), parse("select 't'", "t"), bind(name="t"), execute())
        a.batch(bind(name="t"), execute())
        a.batch(bind(name="s"), execute())
    diff(script)


def test_two_deallocate_in_one_batch(diff):
    def script(play):
        a = play.open("a")
        a.batch(parse("select 1", "s"), parse("select 2", "t"))
        a.batch(parse("deallocate s"), bind(), execute(), parse("deallocate t"), bind(), execute())
        a.batch(parse("deallocate s"), parse("deallocate t"))
        a.batch(bind(name="s"))
        a.batch(bind(name="t"))
    diff(script)


def test_an_error_discards_one_batch_and_not_the_next(diff):
    """The same text under another name, sent before the error is known."""
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.say(execute("nothing"), parse("select 7", "s"), SYNC, parse("select 7", "t"), SYNC)
        a.hear(b"Z")
        a.hear(b"Z")
        for _ in range(3):
            a.batch(bind(name="t"), execute())
            b.sql("select 1")
            a.batch(bind(name="s"))
        a.say(execute("nothing"), close(b"S", "t"), SYNC, query("deallocate t"))
        a.hear(b"Z")
        a.hear(b"Z")
        a.batch(bind(name="t"))
    diff(script)


def test_a_close_that_an_error_discards_before_deallocate_on_a_server_without_statements(diff):
    """Nothing but the message under way tells that there may be a name."""
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.batch(parse("select 7", "t"))
        b.sql("begin")
        a.say(execute("nothing"), close(b"S", "t"), SYNC, query("deallocate t"))
        a.hear(b"Z")
        a.hear(b"Z")
        b.sql("commit")
    diff(script)


def test_an_error_discards_what_would_have_made_a_name_free_for_others(diff):
    """A name taken twice has left its stand-in on the server; what would have closed it is never read."""
    def script(play):
        a = play.open("a")
        a.batch(parse("select 1", "c"))
        a.say(query("prepare a as select 0"), parse("select 2", "c"), SYNC,
              parse("no statement", "c"), close(b"S", "c"), parse("no statement", "c"), SYNC,
              parse("no statement", "c"), SYNC, query("deallocate a"), bind(name="c"), execute(), SYNC)
        a.hear(b"Z", times=6)
        a.batch(bind(name="c"), execute())
    diff(script)


def test_the_unnamed_statement_after_an_error(diff):
    """It is what it was, or none where its own text was wrong."""
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.batch(parse("select 'first'"), bind(), execute())
        a.batch(execute("nothing"), parse("select 'second'"))
        b.sql("select 1")
        a.batch(bind(), execute())
        a.batch(execute("nothing"), close(b"S", ""))
        b.sql("select 1")
        a.batch(bind(), execute())
        a.batch(parse("this is no statement"))
        b.sql("select 1")
        a.batch(bind(), execute())
    diff(script)


def test_what_an_error_discards_is_not_relied_on_by_the_next_batch_that_did_not_wait(diff):
    """On a server that has neither: what was brought, or said, in the batch that failed is not there in the next one."""
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.batch(parse("select 7", "t"), parse("select 8"))
        b.sql("begin")
        a.say(execute("nothing"), bind(name="t"), parse("select 9"), SYNC, bind(name="t"), execute(), SYNC,
              bind(), execute(), SYNC)
        for _ in range(3):
            a.hear(b"Z")
        b.sql("commit")
    diff(script)


def test_the_same_unnamed_text_again_and_an_error(diff):
    """Nothing of it is read or kept anew; what an error leaves of it is the same."""
    def script(play):
        a, b = play.open("a"), play.open("b")
        b.sql("create table t (n int)")
        text = parse("select n + 1 from t")
        for _ in range(3):
            a.batch(text, bind(), execute())
        b.sql("select 1")
        a.batch(execute("nothing"), text)
        a.batch(bind(), execute())
        a.batch(text, execute("nothing"), bind())
        b.sql("select 1")
        a.batch(bind(), execute())
        a.say(text, execute("nothing"), SYNC, text, SYNC, bind(), execute(), SYNC)
        for _ in range(3):
            a.hear(b"Z")
        b.sql("drop table t")
        a.say(text, bind(), SYNC, text, SYNC, bind(), SYNC)
        for _ in range(3):
            a.hear(b"Z")
        b.sql("create table t (n text)")
        a.batch(text)
        b.sql("select 1")
        a.batch(bind(), execute())
        b.sql("drop table t")
    diff(script)


def test_names_are_listed_in_a_failed_transaction(diff):
    def script(play):
        a = play.open("a")
        a.batch(parse("select 1", "s"))
        a.sql("begin")
        a.sql("select 1/0")
        a.sql("select name from pg_prepared_statements")
        a.sql("rollback")
        a.batch(bind(name="s"), execute())
    diff(script)


def test_a_statement_without_rows_is_described_in_a_failed_transaction_on_a_server_that_never_had_it(diff):
    """PostgreSQL refuses there only what returns rows (exec_describe_statement_message). Nothing can be prepared there, so
    what is described must be known: someone has described it before, or the text tells."""
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.batch(parse("delete from stage.t where n = $1 and note = $2", "described"), describe(b"S", "described"))
        a.batch(parse("delete from stage.t where n = $1", "typed", [20]))
        a.batch(parse("truncate stage.t", "plain"), parse("rollback", "end"), parse("", "empty"))
        a.batch(parse("update stage.t set n = $1", "behind"))
        a.say(query("select 'rows'"), describe(b"S", "behind"), SYNC)  # the query's rows are not its
        a.hear(b"Z", times=2)
        b.sql("begin")
        for fail in ("select 1/0", "delete from nowhere"):
            a.sql("begin")
            a.sql(fail)
            for name in ("described", "typed", "plain", "end", "empty", "behind", "described"):
                a.batch(describe(b"S", name))
            a.batch(describe(b"S", "plain"), describe(b"S", "described"), bind(name="end"), describe(), execute())
        for name in ("described", "typed", "plain"):  # it is itself again
            a.batch(bind(*{"described": ("1", "x"), "typed": ("2",)}.get(name, ()), name=name), describe(), execute())
            a.batch(describe(b"S", name))
        b.sql("rollback")
        a.say(query("begin"), query("select 1/0"), describe(b"S", "typed"), SYNC, query("rollback"))
        for _ in range(4):
            a.hear(b"Z")
        play.pins()
    diff(script, TABLE)


def test_the_unnamed_statement_is_described_in_a_failed_transaction_beside_a_name_taken_twice(diff):
    """The server has the unnamed one still: what was discarded was another's stand-in."""
    def script(play):
        a = play.open("a")
        a.sql("begin")
        a.batch(parse("delete from stage.t where n = $1"), parse("bad", "a"), parse("rollback", "a"))
        a.batch(describe(b"S"))
        a.sql("rollback")
    diff(script, TABLE)
