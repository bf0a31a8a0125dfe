"""One plan for all who prepare the same text: what a session alone makes of it is not what others get, and what tables
are by now is."""
import pytest

from support.pgwire import FLUSH, SYNC, bind, close, describe, execute, parse

ALONE = "create table t (n int, note text); insert into t values (1, 'x'); create table u ()"
SELECT = [parse("select * from stage.t", "s"), describe(b"S", "s")]
CHANGES = ["alter table stage.t add x int", "alter table stage.t alter n type text",
           "drop table stage.t; create table stage.t (n text)"]


def change_another(play):
    """In which words a server says that, the broker has heard once."""
    z = play.open("z")
    z.batch(parse("select * from stage.u", "u"))
    z.sql("alter table stage.u add m int")
    z.batch(bind(name="u"), execute())


@pytest.mark.parametrize("end", ["rollback", "commit"])
@pytest.mark.parametrize("change", CHANGES)
def test_what_uncommitted_ddl_makes_of_a_text_is_its_transactions_alone(diff, change, end):
    def script(play):
        a, b = play.open("a"), play.open("b")
        change_another(play)
        b.batch(*SELECT)
        a.sql("begin")
        a.sql(change)
        a.batch(*SELECT)
        a.batch(bind(name="s"), execute())
        a.sql(end)
        for one in (b, a, b, a):
            one.batch(bind(name="s"), execute())
        play.pins()
    diff(script, ALONE)


@pytest.mark.parametrize("change", CHANGES)
def test_uncommitted_ddl_makes_a_statement_prepared_before_fail_in_its_transaction_alone(diff, change):
    """On a server that has it and on one that does not: in both it is another result than the one it was told."""
    def script(play):
        a, b, c = [play.open(name) for name in "abc"]
        for one in (a, b, c):
            one.batch(*SELECT)
        for one in (a, b, c):
            one.batch(bind(name="s"), execute())
        a.sql("begin")
        a.sql(change)
        a.batch(bind(name="s"), execute())
        a.sql("rollback")
        for one in (b, c):
            one.batch(bind(name="s"), execute())
    diff(script, ALONE)


def test_a_table_of_its_transactions_own_gives_its_text_no_types_for_others(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        mine = parse("insert into stage.t (n) values ($1)", "s")
        a.sql("begin")
        a.sql("alter table stage.t alter n type text")
        a.batch(mine, bind("word", name="s"), execute())
        b.say(mine, SYNC)  # it waits for a's lock
        a.sql("rollback")
        b.hear(b"Z")
        a.sql("begin")
        b.batch(bind("2", name="s"), execute(), describe(b"S", "s"))
        a.sql("commit")
        a.batch(bind("3", name="s"), execute(), describe(b"S", "s"))
    diff(script, ALONE)


def on_stage(play, names="ab"):
    sessions = [play.open(name) for name in names]
    for one in sessions:
        one.sql("set search_path = stage")
    return sessions


def test_a_temporary_table_that_shadows_another_is_its_sessions_alone(diff):
    def script(play):
        a, b = on_stage(play)
        mine = [parse("select n from t", "s"), describe(b"S", "s")]
        b.batch(*mine)
        a.sql("create temp table t as select 'word'::text as n")
        a.batch(*mine)
        for one in (b, a, b, a):
            one.batch(bind(name="s"), execute())
        a.sql("drop table t")
        b.batch(bind(name="s"), execute())
        a.batch(close(b"S", "s"), *mine, bind(name="s"), execute())
        b.batch(bind(name="s"), execute())
        play.pins()
    diff(script, ALONE)


def test_a_temporary_table_that_shadows_another_gives_its_text_no_types_for_others(diff):
    def script(play):
        a, b = on_stage(play)
        mine = parse("insert into t (n) values ($1)", "s")
        a.sql("create temp table t (n text)")
        a.batch(mine)
        b.batch(mine)
        a.batch(bind("word", name="s"), execute())
        a.sql("drop table t")
        b.batch(bind("1", name="s"), execute())
        a.batch(bind("2", name="s"), execute())
    diff(script, ALONE)


def test_a_statement_prepared_before_its_session_shadows_its_table(diff):
    """It fails for as long as the temporary table is there, and for nobody else."""
    def script(play):
        a, b = on_stage(play)
        mine = [parse("select * from t", "s"), describe(b"S", "s")]
        for one in (a, b):
            one.batch(*mine)
        for one in (a, b):
            one.batch(bind(name="s"), execute())
        a.sql("create temp table t (word text)")
        for one in (a, b, a, b):
            one.batch(bind(name="s"), execute())
        a.sql("drop table t")
        b.batch(bind(name="s"), execute())
    diff(script, ALONE)


def test_who_prepares_a_text_after_its_table_has_changed_has_todays_types(diff):
    """Also on a server that has it from before, or has to be told which types they are."""
    def script(play):
        a, b, c = [play.open(name) for name in "abc"]
        mine = parse("insert into stage.t (n) values ($1)", "s")
        a.batch(mine)
        b.sql("alter table stage.t alter n type bigint")
        c.batch(mine)
        b.sql("begin")
        c.batch(bind("3000000000", name="s"), execute())
        b.sql("commit")
        for _ in range(3):
            c.batch(bind("3000000001", name="s"), execute(), describe(b"S", "s"))
    diff(script, ALONE)


def test_who_prepares_a_text_after_its_type_was_made_anew(diff):
    def script(play):
        a, b, c = [play.open(name) for name in "abc"]
        mine = parse("select $1::stage.mood", "s")
        b.sql("create type stage.mood as enum ('low')")
        a.batch(mine)
        b.sql("drop type stage.mood; create type stage.mood as enum ('glad')")
        c.batch(mine)
        b.sql("begin")
        c.batch(bind("glad", name="s"), execute())
        b.sql("commit")
        c.batch(bind("glad", name="s"), execute())
    diff(script)


def test_who_prepares_and_describes_a_text_after_its_table_has_changed(diff):
    """In one packet, or behind something else: the others keep what they were told."""
    def script(play):
        a, b, c, d = [play.open(name) for name in "abcd"]
        mine = parse("insert into stage.t (n) values ($1)", "s")
        a.batch(mine, describe(b"S", "s"))
        b.sql("alter table stage.t alter n type bigint")
        c.batch(mine, describe(b"S", "s"))
        d.batch(mine, bind("3000000000", name="s"), execute(), describe(b"S", "s"))
        for one in (d, c):
            one.batch(bind("3000000001", name="s"), execute(), describe(b"S", "s"))
        b.sql("begin")
        for one in (c, d):
            one.batch(bind("3000000000", name="s"), execute(), describe(b"S", "s"))
        a.batch(describe(b"S", "s"), bind("5", name="s"), execute())
        b.sql("commit")
    diff(script, ALONE)


@pytest.mark.parametrize("text", ["select 1 as " + "n" * 70, "select '1'::text collate \"C\" as " + "m" * 99])
def test_what_a_server_notes_of_a_statement_it_is_brought_is_not_its_clients(diff, text):
    """A long identifier is cut: said once, when it is prepared."""
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.batch(parse(text, "s"))
        a.batch(parse(text))
        b.sql("begin")
        a.batch(bind(name="s"), execute())
        a.batch(bind(), execute())
        a.say(parse(text, "t"), bind(name="s"), execute(), FLUSH)
        a.hear(b"C")
        a.batch(bind(name="t"), execute())
        b.sql("commit")
        a.batch(describe(b"S", "s"), bind(name="t"), execute())
    diff(script)


def test_a_notice_of_the_batch_before_is_its_clients(diff):
    """It is raised when that is over, by its Sync, where the next batch begins with what the client did not say."""
    def script(play):
        a, b = play.open("a"), play.open("b")
        b.sql("""create function stage.note() returns trigger language plpgsql as $$
                 begin raise notice 'deferred'; return null; end $$;
                 create constraint trigger late after insert on stage.t initially deferred
                 for each row execute function stage.note()""")
        a.batch(parse("select 7", "s"))
        b.sql("begin")
        a.say(parse("insert into stage.t values (2)"), bind(), execute(), SYNC, bind(name="s"), execute(), SYNC)
        a.hear(b"Z", times=2)
        b.sql("commit")
    diff(script, ALONE)


def test_who_prepares_much_beside_a_temporary_table_keeps_the_server_for_it(diff):
    """Nobody else can use these plans; what is prepared beyond a hundred is the server's own."""
    def script(play):
        a, b = on_stage(play)
        for one in (a, b):
            one.batch(parse("select n, 1 from t", "s"))
        a.sql("create temp table mine (n int)")
        for n in range(99):
            a.batch(parse(f"select n, {n} from t", f"t{n}"), bind(name=f"t{n}"), execute())
        a.sql("drop table mine")
        for one in (a, b, a):
            one.batch(bind(name="s"), execute())
        play.pins()
        a.sql("create temp table mine (n int)")
        for n in range(50):
            a.batch(parse(f"select n, {n} from t", f"u{n}"), bind(name=f"u{n}"), execute())
        play.pins("statement")
        for name in ("s", "t0", "u0", "u49"):
            a.batch(bind(name=name), execute())
        a.batch(close(b"S", "u49"), parse("select 'anew'", "u49"), bind(name="u49"), execute())
        b.batch(bind(name="s"), execute())
    diff(script, ALONE)


def test_after_its_temporary_table_a_sessions_statements_are_the_others_again(diff):
    def script(play):
        a, b = on_stage(play)
        a.sql("create temp table mine (n int)")
        for one in (a, b):
            one.batch(parse("select n from t where n >= $1", "s"), describe(b"S", "s"))
            one.batch(parse("insert into t (n) values ($1)", "i"))
            one.batch(bind("0", name="s"), execute())
        a.sql("drop table mine")
        for one in (a, b, a, b, a):
            one.batch(bind("0", name="s"), execute())
            one.batch(bind("2", name="i"), execute())
            one.batch(describe(b"S", "s"))
            b.sql("select 'another server next time'")
            b.sql("select 'and again'")
        play.pins()
        a.sql("begin")
        for end in ("select 1/0", "rollback"):
            a.batch(bind("0", name="s"), execute(), describe(b"S", "i"))
            a.sql(end)
        a.batch(close(b"S", "s"), bind("3", name="i"), execute(), bind("0", name="s"))
    diff(script, ALONE)
