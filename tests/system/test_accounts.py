"""Users, passwords and databases: the database stays the only judge, and pools never mix."""
import threading

import pytest

from driver_table import PASSWORD
from shell import psql, said
from support.pgwire import Wire
from support.pool import direct_env
from support.serverlog import ServerLog

WHO = "select session_user, current_user, current_database()"


def same(pool, words, sql=WHO, **env):
    """What psql says pooled must be what it says directly. Server logs differ, programs do not see those."""
    expected = said(psql(pool.postgres, direct_env(**env), sql, words))
    assert said(psql(pool.postgres, pool.env() | env, sql, words)) == expected
    return expected


@pytest.fixture
def scram(make_pool, postgres_scram):
    return make_pool(postgres_scram)


def test_right_password(scram):
    assert same(scram, f"password={PASSWORD}")[1] == "app|app|app\n"
    if scram.pooled:
        assert scram.status()["totals"]["transactions"] == 1


def test_password_from_environment_and_file(scram, tmp_path):
    assert same(scram, "", PGPASSWORD=PASSWORD)[0] == 0
    passfile = tmp_path / "pgpass"
    passfile.write_text(f"*:*:app:app:{PASSWORD}\n")
    passfile.chmod(0o600)
    assert same(scram, "", PGPASSFILE=str(passfile))[0] == 0


@pytest.mark.parametrize("first_right", [False, True])
def test_wrong_password_is_the_servers_own_refusal(scram, first_right):
    """Also when the pool already has servers that know the right one."""
    if first_right:
        assert psql(scram.postgres, scram.env(), words=f"password={PASSWORD}").returncode == 0
    status, out, err = same(scram, "password=wrong")
    assert (status, out) == (2, "") and 'password authentication failed for user "app"' in err
    assert psql(scram.postgres, scram.env(), words=f"password={PASSWORD}").returncode == 0


@pytest.mark.pooled
def test_wrong_password_sqlstate(scram):
    """As drivers see it that speak the protocol themselves."""
    with scram.dialer() as dialer:
        with pytest.raises(ConnectionError) as refused:
            Wire(dialer.connect(scram.postgres.host, scram.postgres.port)).login(password="wrong")
    error = refused.value.args[0]
    assert (error["S"], error["C"]) == ("FATAL", "28P01")
    assert error["M"] == 'password authentication failed for user "app"'


def test_no_password_where_one_is_needed(scram):
    status, _, err = same(scram, "")
    assert status == 2 and "no password supplied" in err


@pytest.mark.pooled
def test_an_empty_password_is_refused_at_once_and_costs_no_login(scram, postgres_scram):
    """Drivers send it where they have none. In PostgreSQL's words for who is asked for clear text."""
    with scram.dialer() as dialer:
        def connect():
            return Wire(dialer.connect(postgres_scram.host, postgres_scram.port))
        neighbour = connect().login(password=PASSWORD)
        before = len(postgres_scram.log_text())
        for _ in range(3):
            with pytest.raises(ConnectionError) as refused:
                connect().login(password="")
            error = refused.value.args[0]
            assert (error["S"], error["C"], error["M"]) == ("FATAL", "28P01", "empty password returned by client")
        assert neighbour.ask("select 1") == [["1"]]
        neighbour.bye()
    assert postgres_scram.log_text()[before:].count("connection received") == 0


def test_no_such_user_and_no_such_database(pool):
    assert 'role "nobody" does not exist' in same(pool, "user=nobody")[2]
    assert 'database "nowhere" does not exist' in same(pool, "dbname=nowhere")[2]


def test_user_without_the_right_to_connect(pool, postgres_trust):
    postgres_trust.psql("revoke connect on database second from public; revoke connect on database second from other")
    assert "permission denied for database" in same(pool, "user=other dbname=second")[2]


def test_two_users_and_two_databases_never_mix(pool):
    for words, who in (("user=app dbname=app", "app|app|app"), ("user=other dbname=app", "other|other|app"),
                       ("user=app dbname=second", "app|app|second")) * 2:
        assert same(pool, words)[1] == who + "\n"


@pytest.mark.pooled
def test_role_limit_of_connections_is_waited_out(pool, postgres_trust):
    """53300 of the server is back-pressure: one connection for the role, four clients, all served."""
    postgres_trust.psql("alter role other connection limit 1")
    env = pool.env(WAIT_TIMEOUT="20s")
    answers = []

    def ask():
        answers.append(psql(pool.postgres, env, "select pg_sleep(0.2)", "user=other").returncode)

    try:
        threads = [threading.Thread(target=ask) for _ in range(4)]
        [t.start() for t in threads]
        [t.join() for t in threads]
    finally:
        postgres_trust.psql("alter role other connection limit -1")
    assert answers == [0] * 4


def test_password_is_proved_once_for_many(scram, postgres_scram):
    """Programs that come one after the other with the known password cause one login together."""
    log = ServerLog(postgres_scram)
    for _ in range(10):
        assert psql(postgres_scram, scram.env(), words=f"password={PASSWORD}").returncode == 0
    if scram.pooled:
        assert log.total == 1
        assert scram.status()["totals"]["transactions"] == 10


def test_changed_password(scram, postgres_scram):
    """The old one is good for sessions that are open; a server asked anew judges anew."""
    postgres_scram.psql("create role changing login password 'old'")
    try:
        assert psql(postgres_scram, scram.env(), words="user=changing password=old").returncode == 0
        postgres_scram.psql("alter role changing password 'new'")
        assert psql(postgres_scram, scram.env(), words="user=changing password=new").returncode == 0
        for _ in range(2):
            assert 'password authentication failed for user "changing"' in same(scram, "user=changing password=old")[2]
            assert same(scram, "user=changing password=new")[0] == 0
    finally:
        postgres_scram.psql("select pg_terminate_backend(pid, 3000) from pg_stat_activity where usename = 'changing'")
        postgres_scram.psql("drop role changing")


def test_conninfo_as_uri_and_several_hosts(pool):
    port = pool.postgres.port
    for words in (f"hostaddr=127.0.0.1 host=somewhere port={port}", f"host=127.0.0.1,127.0.0.1 port=1,{port}"):
        assert same(pool, words)[1] == "app|app|app\n"
