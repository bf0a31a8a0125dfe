"""Pipelines, half messages, and clients that leave, direct and pooled: scenarios 20, 21 and 23."""
import pytest

from support import pgwire
from support.pgwire import FLUSH, SYNC, bind, close, copy_data, describe, execute, parse, query

TABLE = """create table t (n int primary key, note text);
           insert into t select n, 'note ' || n from generate_series(1, 20) n"""


def test_20_many_syncs_at_once(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.say(*(m for n in range(200) for m in (parse("select $1::int"), bind(str(n)), execute(), SYNC)))
        b.sql("select 1")
        a.hear(b"Z", times=200)
        a.say(*[SYNC] * 50, query("select 1"), SYNC, query("select 1/0; select 2"), SYNC, *[FLUSH] * 3)
        a.hear(b"Z", times=54)
        a.say(*(m for n in range(20)
                for m in (parse(f"insert into stage.t values ({n % 15 + 12})"), bind(), execute(), SYNC)))
        a.hear(b"Z", times=20)
        b.sql("select count(*) from stage.t")
    diff(script, TABLE)


def test_20_flush_without_sync(diff):
    def script(play):
        a, b, c = [play.open(name) for name in "abc"]
        a.say(parse("select $1::int", "s"), describe(b"S", "s"), FLUSH)
        a.hear(b"T")
        b.sql("select 1")
        c.sql("select 2")
        a.say(bind("5", name="s"), execute(), FLUSH)
        a.hear(b"C")
        a.batch()
        a.say(parse("select 1/0"), bind(), execute(), FLUSH)
        a.hear(b"E")
        a.say(query("select 'skipped?'"), parse("select 1", "x"), SYNC)
        a.hear(b"Z")
        a.batch(bind(name="x"))
        play.pins()
    diff(script)


def test_20_byte_by_byte(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        batch = parse("select $1::text", "s") + bind("it's", name="s") + execute() + SYNC
        for byte in batch + query("set work_mem = '7MB'"):
            a.say(bytes([byte]))
        a.hear(b"Z", times=2)
        b.sql("show work_mem")
        a.say(query("show work_mem")[:7])
        b.sql("select 'while a is in the middle of a word'")
        a.say(query("show work_mem")[7:])
        a.hear(b"Z")
    diff(script)


@pytest.mark.parametrize("half", [query("insert into stage.t values (100)")[:-5], parse("select 1", "s")[:6], b"Q", b"Q\0\0",
                                  parse("select 1", "s") + bind(name="s")[:9], copy_data(b"x")[:3]], ids=repr)
def test_20_half_a_message_then_gone(diff, half):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.sql("select 1")
        a.say(half)
        a.vanish()
        for _ in range(4):
            b.sql("select count(*) from stage.t")
    diff(script, TABLE)


def test_20_slow_reader(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.say(*[query("select n, repeat('x', 10000) from generate_series(1, 100) n")] * 8)
        for _ in range(5):
            b.sql("select 1")
        a.hear(b"Z", times=8)
        b.sql("select 2")
    diff(script)


@pytest.mark.parametrize("where, said", {
    "in a transaction": [query("begin; insert into stage.t values (100); set work_mem = '7MB'")],
    "in a failed transaction": [query("begin; select 1/0")],
    "in a copy": [query("copy stage.t from stdin"), copy_data(b"100\tx\n")],
    "in a large result": [query("select repeat('x', 1000) from generate_series(1, 30000)")],
    "between parse and sync": [parse("insert into stage.t values (100)"), bind(), execute(), FLUSH],
    "with a temp table": [query("create temp table mine (n int)")],
    "with a lock": [query("select pg_advisory_lock(7)")],
    "with a statement": [parse("select 1", "s"), SYNC],
    "while it sleeps": [query("select pg_sleep(0.3)")],
}.items())
@pytest.mark.parametrize("how", ["vanish", "bye"])
def test_21_client_leaves(diff, where, said, how):
    def script(play):
        b, c = play.open("b"), play.open("c")
        for n in range(4):
            a = play.open(f"a{n}")
            a.say(*said)
            if where not in ("in a copy", "in a large result", "between parse and sync", "while it sleeps"):
                a.hear(b"Z")
            elif where == "in a copy":
                a.hear(b"G")
            elif where == "between parse and sync":
                a.hear(b"C")
            if how == "vanish":
                a.vanish()
            else:
                a.wire.send(pgwire.TERMINATE)
                a.wire.sock.close()
            play.wait_for("select count(*) from pg_locks where locktype = 'advisory'", "0", "its lock is gone")
            for one in (b, c):
                one.sql("show work_mem")
                one.sql("select count(*) from stage.t where n >= 100")
                one.sql("select count(*) from pg_class where relname = 'mine' and relnamespace = pg_my_temp_schema()")
                one.batch(bind(name="s"))
        play.servers(0)
    diff(script, TABLE)


def test_23_cancel_of_ones_own_query(diff):
    def script(play):
        a, b, c = [play.open(name) for name in "abc"]
        for one, other in ((a, b), (b, a), (a, b)):
            one.say(query(f"select pg_sleep(20), '{one.name}'"))
            other.say(query(f"select pg_sleep(0.2), '{other.name}'"))
            play.wait_running(f"select pg_sleep(20), ''{one.name}''")
            one.cancel()
            one.hear(b"Z")
            other.hear(b"Z")
            one.sql("select 'works after'")
        c.cancel()
        c.sql("select 'an idle session feels no cancel'")
        a.sql("begin")
        a.say(query("select pg_sleep(20), 'again'"))
        play.wait_running("select pg_sleep(20), ''again")
        a.cancel()
        a.hear(b"Z")
        a.sql("commit")
    diff(script)


def test_23_more_cancels_than_servers(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        for n in range(5):
            a.say(query(f"select pg_sleep(20), {n}"))
            play.wait_running(f"select pg_sleep(20), {n}")
            for _ in range(5):
                a.cancel()
            a.hear(b"Z")
            b.sql("select pg_sleep(0.05)")
            a.sql(f"select {n}")
    diff(script)


def test_23_cancel_while_waiting_for_a_server(diff):
    """Direct there is nothing to wait for: the same script with a lock both wait for must end the same."""
    def script(play):
        a, b, c = [play.open(name) for name in "abc"]
        a.sql("begin; lock table stage.t")
        b.sql("begin")
        c.say(query("select count(*) from stage.t"))
        if play.pool:
            play.pool.until_status(lambda s: s["totals"]["waiting"] == 1, "c waits for a server")
        else:
            play.wait_running("select count(*) from stage.t")
        c.cancel()
        c.hear(b"Z")
        a.sql("commit")
        b.sql("commit")
        c.sql("select count(*) from stage.t")
    diff(script, TABLE)


@pytest.mark.parametrize("waits", [True, False])
def test_a_query_that_the_server_discards_ends_no_unnamed_statement(diff, waits):
    """docs 55.2.3: nothing is looked at until Sync."""
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.batch(parse("select 'mine'"))
        if waits:
            a.say(bind(name="nobody"), FLUSH)
            a.hear(b"E")
            a.say(query("select 'discarded'"), SYNC)
        else:
            a.say(bind(name="nobody"), query("select 'discarded'"), SYNC)
        a.hear(b"Z")
        b.sql("select 1")
        a.batch(bind(), execute())
    diff(script)


@pytest.mark.parametrize("behind", [[], [bind(), execute()], [parse("select 'other'"), bind(), execute()],
                                    [query("select 'second'"), bind(), execute()]])
@pytest.mark.parametrize("first", [[], [bind(name="nobody")], [parse("select 'failed"), bind(name="nobody")],
                                   [parse("select 'new'"), bind(name="nobody")], [parse("select 'new'"), bind()],
                                   [parse("select 'new'"), SYNC, bind(name="nobody")],
                                   [parse("select 'new'"), bind(name="nobody"), SYNC, bind()],
                                   [parse("wrong"), SYNC, bind(name="nobody")],
                                   [bind(name="nobody"), query("select 'before'")], [bind(), query("select 'before'")]])
def test_a_query_within_a_batch_and_the_unnamed_statement(diff, first, behind):
    """It ends the statement there is then, unless something of its batch fails before."""
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.batch(parse("select 'mine'"))
        b.sql("begin")
        a.say(*first, query("select 'within'"), SYNC, *behind, SYNC, bind(), execute(), SYNC,
              query("copy (select 'the end') to stdout"))
        a.hear(b"H")
        a.hear(b"Z")
        b.sql("commit")
        a.batch(bind(), execute())
    diff(script)


def test_all_is_said_and_the_connection_half_closed_while_the_batch_waits_for_an_answer(diff):
    """A server answers what was said before FIN, and then ends; so it commits."""
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.batch(parse("select n from stage.t", "s"))
        b.sql("begin")
        a.say(parse("insert into stage.t select 100, pg_sleep(.3)::text"), bind(), execute(), describe(b"S", "s"), SYNC)
        a.wire.half_close()
        a.end()
        b.sql("commit")
        b.sql("select count(*) from stage.t where n = 100")
    diff(script, TABLE)


def test_more_than_can_be_under_way_is_said_and_the_connection_half_closed(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.say(*(m for n in range(600) for m in (parse("insert into stage.t values ($1, '')", f"s{n}"),
                                                bind(str(n + 1000), name=f"s{n}"), execute())), SYNC)
        a.wire.half_close()
        a.end()
        b.sql("select count(*) from stage.t")
    diff(script, TABLE)


@pytest.mark.parametrize("what", [b"P", b"S"])
def test_a_query_behind_a_describe_of_its_batch(diff, what):
    """RowDescription is the whole answer to Describe: what is said of the Query behind it is over with that."""
    def script(play):
        a, b = play.open("a"), play.open("b")
        for _ in range(3):
            a.say(parse("select 1"), bind(), describe(what), query("select 2"))
            a.hear(b"Z")
            for one in (b, a):
                one.batch(parse("select 3", "s"))
                one.batch(bind(name="s"), execute())
                one.batch(close(b"S", "s"))
    diff(script)


@pytest.mark.parametrize("behind", [[bind(), execute()], [bind(name="n"), execute()], [describe(b"S", "n")],
                                    [close(b"S", "n")], [parse("select 'n'", "n")]])
@pytest.mark.parametrize("first", [[], [parse("select 'n'", "n")]])
def test_what_waits_behind_a_query_that_an_error_discards(diff, first, behind):
    """No ReadyForQuery comes before the Sync that waits as well."""
    def script(play):
        a = play.open("a")
        a.batch(parse("select 'mine'"))
        a.say(*first, execute("nothing"), query("select 'discarded'"), *behind, SYNC)
        a.hear(b"Z")
        a.batch(bind(), execute())
    diff(script)


@pytest.mark.parametrize("name", ["s1", ""])
def test_a_batch_waits_for_a_statement_said_before_and_the_connection_is_half_closed(diff, name):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.batch(parse("insert into stage.t values (100)", "s0"))
        b.sql("begin; lock table stage.other in access exclusive mode")
        a.say(parse("select n from stage.other", name), SYNC,
              bind(name="s0"), execute(), bind(name=name), execute(), SYNC)
        a.wire.half_close()
        b.sql("select pg_sleep(.3)")
        b.sql("commit")
        a.end()
        b.sql("select count(*) from stage.t where n = 100")
    diff(script, TABLE + "; create table other (n int)")


@pytest.mark.parametrize("rest", [[], [copy_data(b"x")[:3]], [copy_data(b"100\tx\n"), b"c"]])
def test_a_connection_is_closed_in_the_midst_of_a_copy(diff, rest):
    """The rest will not come, whatever is owed."""
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.say(query("copy stage.t from stdin"))
        a.hear(b"G")
        a.say(*rest)
        a.wire.sock.close()
        play.servers(0)
        b.sql("select count(*) from stage.t where n = 100")
    diff(script, TABLE)
