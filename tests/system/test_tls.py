"""A server that speaks TLS: what asks for it in vain or not at all is pooled, what insists is tunnelled."""
import signal
import struct
import subprocess

import pytest

import fakepg
from shell import psql, said
from support import pgwire, wait
from support.dialer import Dialer
from support.pgwire import Wire
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


OUT_OF_MEMORY = b"Ecould not fork new process for connection: Cannot allocate memory\n\0"
NOT_KNOWN = pgwire.msg(b"E", b"SFATAL\0C0A000\0Munsupported frontend protocol 1234.5680: server supports 2.0 to 3.0\0\0")
TLS, GSS = 80877103, 80877104


@pytest.fixture
def asked(make_pool, postgres_trust):
    """(fake, ask): what is heard of a server by who asks it for TLS or GSS, and by the same program's startup then."""
    with fakepg.FakePg() as fake:
        pool = make_pool(postgres_trust)
        with Dialer(pool.env(TARGETS=f"*:{postgres_trust.port},*:{fake.port}")) as dialer:
            def ask(code):
                wire = Wire(dialer.connect(fake.host, fake.port))
                wire.send(struct.pack("!ii", 8, code))
                heard = wire.sock.recv(1)
                if heard == b"N":
                    assert wire.login().ask("select 'good'") == [["yes"]]
                wire.sock.close()
                return heard
            yield fake, ask, lambda: pool.status()["totals"]["transactions"]


@pytest.mark.pooled
@pytest.mark.parametrize("code, yes", [(TLS, b"S"), (GSS, b"G")])
def test_a_server_in_need_has_not_said_that_it_does_not_encrypt(asked, code, yes):
    fake, ask, _ = asked
    fake.encryption[code] = OUT_OF_MEMORY
    assert ask(code) == b"E"
    fake.encryption[code] = yes
    assert ask(code) == yes


@pytest.mark.pooled
def test_a_server_that_was_in_need_is_asked_again(asked):
    fake, ask, pooled = asked
    fake.encryption[TLS] = OUT_OF_MEMORY
    assert ask(TLS) == b"E"
    fake.encryption[TLS] = b"N"
    wait.until(lambda: ask(TLS) == b"N" and pooled() == 1, "it is pooled", pause=0.2)


@pytest.mark.pooled
def test_a_server_that_does_not_know_of_gss_is_pooled(asked):
    fake, ask, pooled = asked
    fake.encryption[GSS] = NOT_KNOWN
    assert ask(GSS) == b"N" and pooled() == 1
