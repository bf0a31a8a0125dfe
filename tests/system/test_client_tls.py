"""PODPOOL_CLIENT_TLS: what becomes of drivers that speak TLS themselves. tunnel is the default (test_tls.py)."""
import json
import os
import pathlib
import socket
import ssl
import struct
import subprocess

import pytest

from shell import psql
from support.pool import direct_env

DRIVERS = pathlib.Path(__file__).parent / "drivers"
NODE_PATH = f"{DRIVERS.parents[2]}/.cache/nodejs/usr/share/nodejs:/usr/share/nodejs"
SSL_REQUEST = struct.pack("!ii", 8, 80877103)


@pytest.fixture
def server(postgres_tls):
    return postgres_tls


@pytest.fixture
def pool(make_pool, server):
    return make_pool(server)


def files(server):
    return {"CLIENT_TLS": "terminate", "CLIENT_TLS_CERT": server.root_cert, "CLIENT_TLS_KEY": server.workdir / "server.key"}


def jdbc(server, env, words):
    url = f"jdbc:postgresql://127.0.0.1:{server.port}/app?user=app&password=app-secret&{words}"
    done = subprocess.run(["java", "-cp", "/usr/share/java/postgresql.jar", DRIVERS / "JdbcTls.java", url], env=env, text=True,
                          capture_output=True, timeout=120)
    return done.returncode, done.stdout


def node(server, env, tls):
    done = subprocess.run(["node", DRIVERS / "node_tls.js", "localhost", str(server.port), "app", "app-secret", "app", json.dumps(tls)],
                          env={**env, "NODE_PATH": NODE_PATH}, text=True, capture_output=True, timeout=60)
    return done.returncode, done.stdout


def of_both(pool, run, words, settings):
    """Direct and pooled are the same; how many transactions the pool saw (None without one)."""
    expected = run(pool.postgres, direct_env(), words)
    assert run(pool.postgres, pool.env(**settings), words) == expected
    return expected[1], pool.status()["totals"]["transactions"] if pool.pooled else None


JDBC = [("sslmode=prefer", True), ("sslmode=require", True), ("sslmode=verify-full&sslrootcert={root}", True),
        ("sslmode=verify-ca&sslrootcert={stranger}", False), ("sslmode=disable", True)]
NODE = [(False, True), ({"rejectUnauthorized": False}, True), ({"ca": "{root}"}, True), (True, False)]


@pytest.mark.parametrize("words, works", JDBC, ids=["prefer", "require", "verify-full", "stranger", "disable"])
def test_pgjdbc_is_pooled_when_the_broker_ends_its_tls(words, works, pool, server):
    words = words.format(root=server.root_cert, stranger="/etc/ssl/certs/ca-certificates.crt")
    if words == "sslmode=disable":  # as documented: the broker encrypts by itself then
        assert "encrypted to the server t" in jdbc(server, pool.env(**files(server)), words)[1] or not pool.pooled
        return
    said, transactions = of_both(pool, jdbc, words, files(server))
    assert ("encrypted to the server t\na large result 3000000\nerror 22012\n" == said) == works
    assert transactions is None or (transactions >= 3) == works


@pytest.mark.parametrize("tls, works", NODE, ids=["none", "no-verify", "verify", "unknown-root"])
def test_node_is_pooled_when_the_broker_ends_its_tls(tls, works, pool, server):
    if isinstance(tls, dict) and "ca" in tls:
        tls = {"ca": server.root_cert.read_text()}
    if tls is False:
        assert "encrypted to the server true" in node(server, pool.env(**files(server)), tls)[1] or not pool.pooled
        return
    said, transactions = of_both(pool, node, tls, files(server))
    assert ("encrypted to the server true\na large result 3000000\nerror 22012\n" == said) == works
    assert transactions is None or (transactions >= 3) == works


FINE = "a large result 3000000\nerror 22012\n"
ASKED = [(jdbc, "sslmode=prefer"), (jdbc, "sslmode=require"), (jdbc, "sslmode=verify-full&sslrootcert={root}"),
         (node, "sslmode=prefer&sslrootcert={root}"), (node, "sslmode=require&sslrootcert={root}"), (node, "sslmode=no-verify"),
         (node, "sslmode=verify-full&sslrootcert={root}")]


@pytest.mark.parametrize("driver, words", ASKED, ids=lambda v: v if isinstance(v, str) else v.__name__)
@pytest.mark.parametrize("mode", ["tunnel", "terminate", "refuse"])
def test_what_becomes_of_who_asks_for_tls(mode, driver, words, pool, server, postgres_trust):
    words = words.format(root=server.root_cert)
    settings = files(server) if mode == "terminate" else {"CLIENT_TLS": mode}
    if mode != "refuse" or not pool.pooled:
        said, transactions = of_both(pool, driver, words, settings)
        assert said.startswith("encrypted to the server t") and said.endswith(FINE)
        assert transactions is None or (transactions >= 3 if mode == "terminate" else transactions == 0)
        return
    said = driver(server, pool.env(**settings), words)
    if (driver, words) == (jdbc, "sslmode=prefer"):  # in clear text to the broker, which encrypts by itself
        assert said == (0, "encrypted to the server t\n" + FINE) and pool.status()["totals"]["transactions"] >= 3
    else:  # as a server that speaks no TLS
        assert said == driver(postgres_trust, direct_env(), words) and "no connection" in said[1]
    assert pool.status()["totals"]["tunnels"] == 0


@pytest.mark.parametrize("words", ["sslmode=prefer", "sslmode=require"])
def test_a_certificate_of_the_brokers_own_is_enough_for_those_who_do_not_look(words, pool):
    said, transactions = of_both(pool, jdbc, words, {"CLIENT_TLS": "terminate"})
    assert "a large result 3000000" in said and (transactions is None or transactions >= 3)


@pytest.mark.pooled
def test_refuse_says_no_and_prefer_goes_on_in_clear_text(pool, server):
    env = pool.env(CLIENT_TLS="refuse")
    assert "encrypted to the server t" in jdbc(server, env, "sslmode=prefer")[1]
    assert "no connection" in jdbc(server, env, "sslmode=require")[1]
    assert pool.status()["totals"]["tunnels"] == 0


@pytest.mark.pooled
@pytest.mark.parametrize("cert, key", [("/nonexistent", "/nonexistent"), ("{cert}", "/nonexistent"), ("{cert}", "{cert}"), ("", "{key}")])
def test_a_bad_certificate_means_tunnel_and_a_word_in_the_log(cert, key, pool, server):
    paths = {"cert": server.root_cert, "key": server.workdir / "server.key"}
    env = pool.env(CLIENT_TLS="terminate", CLIENT_TLS_CERT=cert.format(**paths), CLIENT_TLS_KEY=key.format(**paths))
    words = f"password=app-secret requiressl=1 sslrootcert={server.root_cert}"
    assert psql(server, env, words=words).stdout == "answer\n"
    assert pool.status()["totals"]["transactions"] == 0
    assert "CLIENT_TLS_" in pool.stderr_text()


@pytest.mark.pooled
def test_a_key_that_is_locked_with_a_password_is_asked_for_at_no_terminal(pool, server, tmp_path):
    """The broker's terminal is that of the program that started it."""
    locked = tmp_path / "locked.key"
    subprocess.run(["openssl", "pkey", "-aes128", "-passout", "pass:open", "-in", server.workdir / "server.key", "-out",
                    locked], check=True)
    env = pool.env(CLIENT_TLS="terminate", CLIENT_TLS_CERT=server.root_cert, CLIENT_TLS_KEY=locked)
    assert psql(server, env, words=f"password=app-secret requiressl=1 sslrootcert={server.root_cert}").returncode == 0
    assert f"CLIENT_TLS_KEY is locked with a password, give one without: {locked}" in pool.stderr_text()


def hello(pool, server, **settings):
    """A raw connection that has heard S."""
    dialer = pool.dialer(**settings)
    sock = dialer.connect(server.host, server.port, 20)
    sock.sendall(SSL_REQUEST)
    assert sock.recv(1) == b"S"
    return dialer, sock


def context():
    c = ssl.create_default_context()
    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    return c


@pytest.mark.pooled
def test_nonsense_instead_of_a_handshake_harms_nobody(pool, server):
    for nonsense in (b"", b"x" * 5000, SSL_REQUEST, os.urandom(3000), b"\x16\x03\x01\xff\xff" + b"y" * 70000):
        dialer, sock = hello(pool, server, CLIENT_TLS="terminate")
        with dialer, sock:
            try:
                sock.sendall(nonsense)
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(65536):
                    pass
            except OSError:
                pass
    assert "a large result 3000000" in jdbc(server, pool.env(CLIENT_TLS="terminate"), "sslmode=require")[1]


@pytest.mark.pooled
def test_replication_through_ended_tls_is_refused_and_not_sent_in_clear_text(pool, server):
    dialer, sock = hello(pool, server, CLIENT_TLS="terminate")
    with dialer, context().wrap_socket(sock) as tls:
        body = struct.pack("!i", 196608) + b"user\0app\0replication\0true\0\0"
        tls.sendall(struct.pack("!i", len(body) + 4) + body)
        assert b"0A000" in tls.recv(1000)


@pytest.mark.pooled
def test_a_second_request_for_tls_is_refused(pool, server):
    dialer, sock = hello(pool, server, CLIENT_TLS="terminate")
    with dialer, context().wrap_socket(sock) as tls:
        tls.sendall(SSL_REQUEST)
        assert tls.recv(1000)[:1] == b"E"


@pytest.mark.pooled
def test_clear_text_behind_the_request_is_refused(pool, server):
    with pool.dialer(CLIENT_TLS="terminate") as dialer, dialer.connect(server.host, server.port, 20) as sock:
        sock.sendall(SSL_REQUEST + b"more")
        data = b""
        while chunk := sock.recv(1000):
            data += chunk
        assert data[:2] == b"SE" and b"unencrypted data after SSL request" in data
