"""Who was told its server's pid has that server until it leaves, and then nobody has it: the pid may be used by whoever
means this client, to cancel or to terminate it."""
import struct

import pytest

from support import pgwire
from support.pgwire import Refused, bind, execute, msg, parse, SYNC

FUNCTION_CALL = msg(b"F", struct.pack("!ihhh", 2026, 0, 0, 0))
TELLS = {
    "select": ["select pg_backend_pid()"],
    "in-a-transaction": ["begin", "select pg_catalog.pg_backend_pid()", "commit"],
    "rolled-back": ["begin", "select pg_backend_pid()", "rollback"],
    "failed": ["begin; select pg_backend_pid(); select 1/0"],
    "from": ["select * from pg_backend_pid()"],
    "written-down": ["insert into t values (pg_backend_pid())"],
    "updated": ["update t set n = pg_backend_pid() where n = 1"],
    "returning": ["insert into t values (1) returning pg_backend_pid()"],
    "copy": ["copy (select pg_backend_pid()) to stdout"],
    "cursor": ["begin; declare c cursor for select pg_backend_pid()", "fetch c", "commit"],
    "do": ["do $$ begin raise notice '%', pg_backend_pid(); end $$"],
    "sql-prepare": ["prepare p as select pg_backend_pid()", "execute p"],
    "sql-prepare-at-once": ["begin; prepare p as select pg_backend_pid(); execute p; deallocate p; commit"],
    "unnamed": [[parse("select pg_backend_pid()"), bind(), execute(), SYNC]],
    "named": [[parse("select pg_backend_pid()", "s"), SYNC], [bind(name="s"), execute(), SYNC]],
    "by-oid": [[FUNCTION_CALL]],
}
COMPARES = {
    "where": ["select count(*) from pg_stat_activity where pid <> pg_backend_pid()"],
    "locks": ["select (select count(*) from pg_locks where pid = pg_backend_pid()) as mine"],
    "join": ["select count(*) from pg_stat_activity a join pg_locks l on l.pid = a.pid and a.pid = pg_backend_pid()"],
    "delete": ["delete from t where n = pg_backend_pid()"],
    "unnamed": [[parse("select 1 from pg_locks where pid = pg_backend_pid()"), bind(), execute(), SYNC]],
    "named": [[parse("select 1 from pg_locks where pid = pg_backend_pid()", "s"), SYNC],
              [bind(name="s"), execute(), SYNC]],
    "sql-prepare": ["prepare p as select 1 from pg_locks where pid = pg_backend_pid()", "execute p"],
    "only-prepared": [[parse("select pg_backend_pid()", "s"), SYNC]],
    "words": ["select 'pg_backend_pid()', 1 as pg_backend_pid -- pg_backend_pid()"],
}


def say(wire, steps):
    for step in steps:
        wire.send(*(step if isinstance(step, list) else [pgwire.query(step)]))
        assert wire.until(b"Z")[-1][0] == b"Z"


@pytest.mark.parametrize("name", TELLS)
def test_who_was_told_keeps_its_server(name, raw, pool, table):
    """Others would get it, being the one used last."""
    owner, other = raw(MAX_SERVERS=2).login(), raw().login()
    say(owner, TELLS[name])
    owner.ask("rollback")
    server = owner.ask(pgwire.PID)
    assert other.ask(pgwire.PID) != server
    assert owner.ask("discard all") == [] and other.ask(pgwire.PID) != server
    assert owner.ask(pgwire.PID) == server
    if pool.pooled:
        assert sorted(c["pins"] for c in pool.status()["clients"]) == ["", "pid"]


def test_status_and_log_say_why(raw, pool):
    owner = raw(MAX_SERVERS=2).login()
    owner.ask("select 1, pg_backend_pid()")
    if pool.pooled:
        client = pool.status()["clients"][0]
        assert (client["pins"], client["pin_cause"]) == ("pid", "SELECT PG_BACKEND_PID(")
        assert "pid (SELECT PG_BACKEND_PID()" in pool.stderr_text()


@pytest.mark.parametrize("name", COMPARES)
def test_who_only_compares_it_keeps_nothing(name, raw, pool, table):
    first, second = raw(MAX_SERVERS=1, WAIT_TIMEOUT="3s").login(), raw().login()
    say(first, COMPARES[name])
    assert second.ask("select 1") == [["1"]]
    if pool.pooled:
        assert not any(c["pins"] for c in pool.status()["clients"])


@pytest.mark.parametrize("how", ["cancel", "terminate"])
def test_who_goes_by_the_pid_meets_its_owner_only(how, raw, postgres_trust):
    owner, other = raw(MAX_SERVERS=2).login(), raw().login()
    pid = owner.ask("select pg_backend_pid()")[0][0]
    other.ask("begin")
    other.send(pgwire.query("select pg_sleep(0.3)"))
    assert postgres_trust.psql(f"select pg_{how}_backend({pid})") == "t"
    assert other.rows() == [[""]] and other.ask("commit") == []
    if how == "cancel":
        assert owner.ask("select 1") == [["1"]]
        return
    with pytest.raises((Refused, ConnectionError)) as lost:
        owner.ask("select 1")
    assert lost.type is ConnectionError or lost.value.sqlstate == "57P01"


@pytest.mark.parametrize("name", ["select", "named", "in-a-transaction"])
def test_when_its_owner_has_left_the_pid_is_nobodys(name, raw, pool, postgres_trust):
    owner = raw(MAX_SERVERS=1).login()
    say(owner, TELLS[name])
    server = owner.ask(pgwire.PID)
    owner.bye()
    pool.settle()
    assert raw().login().ask(pgwire.PID) != server


@pytest.mark.pooled
def test_in_session_mode_the_pid_was_told_at_login(raw, pool):
    owner = raw(MODE="session", MAX_SERVERS=1).login()
    server = owner.ask("select pg_backend_pid()")
    assert [c["pins"] for c in pool.status()["clients"]] == ["session-mode"]
    owner.bye()
    assert raw().login().ask("select pg_backend_pid()") == server
