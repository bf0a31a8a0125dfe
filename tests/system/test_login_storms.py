"""A login that nobody waits for, to reach MIN_SERVERS again, and that the server refuses or that serves nobody, is not
repeated as fast as the server answers."""
import subprocess
import time

import pytest

from support import wait
from support.pool import PODPOOL, direct_env
from support.pgwire import Wire
from support.serverlog import ServerLog

pytestmark = pytest.mark.pooled


def count_attempts(log):
    """Logins over TCP, however they end. The superuser of the tests comes by the unix socket."""
    return log.text().count("connection received: host=127.0.0.1")


def lose_one(postgres, user):
    """MIN_SERVERS are there no more."""
    assert postgres.psql("select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                         f" where usename = '{user}' and state = 'idle' limit 1") == "t"


def assert_rarely(log):
    """With a pause after each (backoff.h), soon a quarter of a second and more; each may be two connections (guards.h).
    Without one it is eighty and more."""
    time.sleep(2)
    assert count_attempts(log) <= 16


@pytest.fixture
def scram(make_pool, postgres_scram):
    """(pool, login(user, password, database) -> a client)"""
    pool, wires = make_pool(postgres_scram), []
    with pool.dialer(MIN_SERVERS=2) as dialer:
        def login(user, password, database="app"):
            wires.append(Wire(dialer.connect(postgres_scram.host, postgres_scram.port)).login(user, database, password))
            return wires[-1]
        yield pool, login
        for wire in wires:
            wire.bye()


def until_two(pool):
    pool.until_status(lambda s: s["totals"]["idle"] == 2, "two servers are there")


@pytest.fixture
def changing(postgres_scram):
    """A role whose password is "old"."""
    postgres_scram.psql("create role changing login password 'old'")
    yield "changing"
    postgres_scram.psql("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'changing'")
    postgres_scram.psql("drop role changing")


@pytest.fixture
def closed(postgres_scram):
    """A database, whose owner is not `other`."""
    postgres_scram.psql("create database closed")
    yield "closed"
    postgres_scram.psql("drop database closed with (force)")


def test_password_changed_behind_the_pool(scram, changing, postgres_scram):
    pool, login = scram
    wire = login(changing, "old")
    until_two(pool)
    postgres_scram.psql("alter role changing password 'new'")
    log = ServerLog(postgres_scram)
    lose_one(postgres_scram, changing)
    assert_rarely(log)
    assert wire.ask("select 1") == [["1"]], "its session lives"
    assert login(changing, "new").ask("select 1") == [["1"]]
    until_two(pool)


def test_right_to_connect_taken_away(scram, closed, postgres_scram):
    pool, login = scram
    wire = login("other", "other-secret", closed)
    until_two(pool)
    postgres_scram.psql("revoke connect on database closed from public")
    log = ServerLog(postgres_scram)
    lose_one(postgres_scram, "other")
    assert_rarely(log)
    assert wire.ask("select 1") == [["1"]], "its session lives"
    postgres_scram.psql("grant connect on database closed to public")
    until_two(pool)


def test_while_the_pod_leaves_no_server_is_opened_to_be_idle(raw, pool, postgres_trust):
    wire = raw(MIN_SERVERS=2, GRACE_SECONDS=20).login()
    wire.ask("begin")
    pool.until_status(lambda s: s["totals"]["servers"] == 2, "both are there")
    log = ServerLog(postgres_trust)
    assert subprocess.run([PODPOOL, "drain", "--dir", pool.dir], timeout=60,
                          env=direct_env(PODPOOL_GRACE_SECONDS="20")).returncode == 0
    pool.until_status(lambda s: s["totals"]["servers"] == 1, "the idle one has left")
    wait.unchanged(lambda: log.total, 1.5, limit=4)  # four a second, one a look of the janitor
    assert log.total == 0
    assert wire.ask("select 1") == [["1"]]
    wire.ask("commit")
