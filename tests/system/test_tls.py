"""A server that speaks TLS: what asks for it in vain or not at all is pooled, what insists is tunnelled."""
import signal
import subprocess

import pytest

from shell import psql, said
from support import wait
from support.pool import direct_env

ENCRYPTED = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"


@pytest.fixture
def tls(make_pool, postgres_tls):
    return make_pool(postgres_tls)


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"])
def test_every_sslmode_works(mode, tls, postgres_tls):
    words = f"password=app-secret sslmode={mode} sslrootcert={postgres_tls.root_cert}"
    expected = said(psql(postgres_tls, direct_env(), "select 'works'", words))
    assert expected == (0, "works\n", "")
    assert said(psql(postgres_tls, tls.env(), "select 'works'", words)) == expected


@pytest.mark.parametrize("mode, encrypted", [("disable", "f"), ("allow", "f"), ("prefer", "t"), ("require", "t"),
                                             ("verify-ca", "t"), ("verify-full", "t")])
def test_libpq_programs_are_pooled_and_the_broker_does_as_they_wish(mode, encrypted, tls, postgres_tls):
    words = f"password=app-secret sslmode={mode} sslrootcert={postgres_tls.root_cert}"
    assert said(psql(postgres_tls, tls.env(), ENCRYPTED, words)) == (0, encrypted + "\n", "")
    if tls.pooled:
        assert tls.status()["totals"]["transactions"] == 1


@pytest.mark.pooled
def test_tunnels_are_shown(tls, postgres_tls):
    conninfo = postgres_tls.dsn("app", user="app", password="app-secret", requiressl=1)
    with subprocess.Popen(["psql", "-XAtq", "-d", conninfo], env=tls.env(), text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        process.stdin.write("select 'connected';\n")
        process.stdin.flush()
        assert process.stdout.readline() == "connected\n"
        assert tls.status()["totals"]["tunnels"] == 1
        process.stdin.close()
    tls.until_status(lambda s: s["totals"]["tunnels"] == 0, "the tunnel is closed")


def test_a_tunnelled_session_can_be_cancelled(tls, postgres_tls):
    """The request comes in clear text, on a connection of its own, with the server's own key."""
    conninfo = postgres_tls.dsn("app", user="app", password="app-secret", requiressl=1)
    with subprocess.Popen(["psql", "-XAtq", "-d", conninfo, "-c", "select pg_sleep(30) as cancelled"], env=tls.env(), text=True,
                          stderr=subprocess.PIPE) as process:
        sleeps = "select count(*) from pg_stat_activity where query like '%as cancelled' and wait_event = 'PgSleep'"
        wait.until(lambda: postgres_tls.psql(sleeps) == "1", "it sleeps")
        process.send_signal(signal.SIGINT)
        assert "canceling statement due to user request" in process.communicate(timeout=20)[1]


@pytest.mark.pooled
def test_tunnels_leave_a_place_for_the_pool(tls, postgres_tls):
    conninfo = postgres_tls.dsn("app", user="app", password="app-secret", requiressl=1)
    env = tls.env(MAX_SERVERS=1, WAIT_TIMEOUT="5s")
    with subprocess.Popen(["psql", "-XAtq", "-d", conninfo], env=env, text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        process.stdin.write("select 'connected';\n")
        process.stdin.flush()
        assert process.stdout.readline() == "connected\n"
        assert said(psql(postgres_tls, env, "select 'works'", "password=app-secret")) == (0, "works\n", "")
        process.stdin.close()


def test_wrong_certificate_is_refused_by_the_program_itself(tls, postgres_tls):
    words = "password=app-secret sslmode=verify-full sslrootcert=/etc/ssl/certs/ca-certificates.crt"
    expected = said(psql(postgres_tls, direct_env(), "select 1", words))
    assert expected[0] == 2 and "certificate" in expected[2]
    assert said(psql(postgres_tls, tls.env(), "select 1", words)) == expected


@pytest.mark.parametrize("mode", ["require", "verify-full"])
def test_server_without_tls_refuses_who_insists(mode, pool):
    words = f"sslmode={mode} sslrootcert=/etc/ssl/certs/ca-certificates.crt"
    expected = said(psql(pool.postgres, direct_env(), "select 1", words))
    assert expected[0] == 2 and "does not support SSL" in expected[2]
    assert said(psql(pool.postgres, pool.env(), "select 1", words)) == expected
