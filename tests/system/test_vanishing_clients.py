"""Clients that leave in the middle: the next one finds a clean server, and no server is lost."""
import pytest

from support import pgwire, wait
from support.pgwire import Wire
from support.pgwire import SYNC, bind, copy_data, execute, parse, query

SESSION = (pgwire.startup(application_name="every byte") + query("begin") + query("insert into t values (1)") +
           query("rollback") + parse("insert into t select $1::int where false", "named") + bind("7", name="named") +
           execute() + SYNC + query("copy t from stdin") + copy_data(b"5\n") + pgwire.copy_fail() + query("begin") +
           query("copy t from stdin") + copy_data(b"6\n") + pgwire.COPY_DONE + query("select 1"))


def clean(postgres):
    """No session of ours in a transaction, none at work, no lock held on the table."""
    left = postgres.psql("select state, query from pg_stat_activity where usename = 'app' and state <> 'idle'"
                         " union all select 'lock', mode from pg_locks where relation = 't'::regclass"
                         " and pid <> pg_backend_pid()", db="app")
    return left == ""


def works(raw, pool, table, postgres):
    wait.until(lambda: clean(postgres), "the server has forgotten who vanished", seconds=15)
    wire = raw().login()
    assert wire.ask("show application_name") == [[""]]
    assert wire.ask("insert into t values (42) returning n") == [["42"]]
    wire.ask("delete from t where n = 42")
    wire.bye()
    assert table() == 0
    pool.settle()
    sessions = "select count(*) from pg_stat_activity where usename = 'app'"
    wait.until(lambda: int(postgres.psql(sessions)) <= 4, "no servers leaked")


@pytest.mark.parametrize("farewell", ["close", "reset"])
def test_at_every_byte(farewell, raw, pool, table, postgres_trust):
    for size in range(len(SESSION)):
        wire = raw()
        wire.send(SESSION[:size])
        wire.reset() if farewell == "reset" else wire.sock.close()
    works(raw, pool, table, postgres_trust)


def test_at_every_byte_after_listening(raw, pool, table, postgres_trust):
    """As above, but the answers to what was said are read first: the server is really lent at that byte."""
    login = len(pgwire.startup(application_name="every byte"))
    for size in range(login, len(SESSION), 7):
        wire = raw().login()
        wire.send(SESSION[login:size])
        wire.send(b"")
        whole = pgwire.split(SESSION[login:size])[0]
        for letter, _ in whole:
            if letter in b"QS":
                last = wire.until(b"Z", b"G")[-1]
                if last[0] == b"G":
                    break
        wire.reset()
    works(raw, pool, table, postgres_trust)


GOODBYES = {
    "terminates": pgwire.Wire.bye,
    "closes": lambda wire: wire.sock.close(),
    "resets": pgwire.Wire.reset,
}
MOMENTS = {
    "in-a-transaction": [query("begin"), query("insert into t values (1)")],
    "in-a-failed-transaction": [query("begin"), query("insert into t values (1)"), query("select 1/0")],
    "with-a-set-local": [query("begin"), query("set local work_mem = '7MB'"), query("insert into t values (1)")],
    "with-a-cursor": [query("begin"), query("declare c cursor for select * from generate_series(1, 1000)"),
                      query("fetch 10 from c"), query("insert into t values (1)")],
    "with-a-lock": [query("begin"), query("lock table t"), query("select pg_advisory_xact_lock(7)")],
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("goodbye", GOODBYES)
def test_in_a_transaction(goodbye, moment, raw, pool, table, postgres_trust):
    leaver = raw(MAX_SERVERS=1).login()
    for message in MOMENTS[moment]:
        leaver.send(message)
        leaver.until(b"Z")
    GOODBYES[goodbye](leaver)
    heir = raw().login()
    assert heir.ask("select count(*), pg_try_advisory_lock(7), current_setting('work_mem') from t") == [
        ["0", "t", "4MB"]]
    heir.ask("select pg_advisory_unlock(7)")
    heir.bye()
    works(raw, pool, table, postgres_trust)


@pytest.mark.parametrize("goodbye", GOODBYES)
@pytest.mark.parametrize("said", [
    pytest.param(query("copy t from stdin") + copy_data(b"1\n") * 1000, id="copy-in"),
    pytest.param(query("copy t from stdin") + copy_data(b"1\n")[:-1], id="half-copy-data"),
    pytest.param(query("copy (select repeat('x', 1000) from generate_series(1, 100000)) to stdout"), id="copy-out"),
    pytest.param(query("select repeat('x', 1000) from generate_series(1, 100000)"), id="large-result"),
    pytest.param(parse("insert into t values (1)") + bind() + execute(), id="batch-without-sync"),
    pytest.param(parse("insert into t values (1)") + pgwire.FLUSH, id="between-parse-and-bind"),
    pytest.param(parse("insert into t values (1)")[:-3], id="half-parse"),
    pytest.param(query("select pg_sleep(0.5)"), id="running-query"),
])
def test_in_the_middle_of(said, goodbye, raw, pool, table, postgres_trust):
    leaver = raw(MAX_SERVERS=2).login()
    leaver.send(said)
    if b"select repeat" in said:
        leaver.recv()  # the answer has begun
    GOODBYES[goodbye](leaver)
    works(raw, pool, table, postgres_trust)


@pytest.mark.pooled
@pytest.mark.parametrize("goodbye", GOODBYES)
def test_while_waiting_for_a_server(goodbye, raw, pool, table, postgres_trust):
    holder = raw(MAX_SERVERS=1).login()
    holder.ask("begin")
    leaver, heir = raw().login(), raw().login()
    leaver.send(query("insert into t values (1)"))
    pool.until_status(lambda s: s["totals"]["waiting"] == 1, "the leaver waits")
    heir.send(query("select 'mine'"))
    pool.until_status(lambda s: s["totals"]["waiting"] == 2, "the heir waits, too")
    GOODBYES[goodbye](leaver)
    holder.ask("commit")  # whether the leaver's query still runs is open (PostgreSQL would run it)
    assert heir.rows() == [["mine"]]
    holder.bye()
    heir.bye()
    works(raw, pool, lambda: 0, postgres_trust)


@pytest.fixture
def orphaned(pool, postgres_trust):
    """orphaned(what it said, then what it runs) -> Wire whose process, the one that had connected, has been killed."""
    def orphan(*said):
        dialer = pool.dialer()
        wire = Wire(dialer.connect(postgres_trust.host, postgres_trust.port)).login()
        for sql in said[:-1]:
            wire.ask(sql)
        wire.send(query(said[-1]))
        wait.until(lambda: sleeps(postgres_trust), "it executes")
        dialer.process.kill()
        dialer.__exit__()
        return wire
    return orphan


def sleeps(postgres):
    return postgres.psql("select 1 from pg_stat_activity where usename = 'app' and state = 'active'"
                         " and wait_event = 'PgSleep'")


@pytest.mark.pooled
def test_what_a_killed_program_ran_in_a_transaction_ends(orphaned, raw, pool, table, postgres_trust):
    """Nothing can come of it, and its locks are in the way of others."""
    wire = orphaned("begin", "insert into t values (1)", "select pg_sleep(60)")
    wire.sock.close()
    wait.until(lambda: not sleeps(postgres_trust), "it has ended", seconds=15)
    works(raw, pool, table, postgres_trust)


def test_what_a_killed_program_said_last_is_done_all_the_same(orphaned, table):
    wire = orphaned("insert into t select 1 from pg_sleep(5)")
    wire.sock.close()
    wait.until(lambda: table() == 1, "it is done", seconds=20)


def test_a_child_goes_on_with_the_connection_of_a_killed_program(orphaned, table):
    wire = orphaned("begin", "insert into t select 1 from pg_sleep(5)")
    assert wire.rows() == []
    wire.ask("commit")
    assert table() == 1
