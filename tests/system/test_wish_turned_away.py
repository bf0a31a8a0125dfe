"""A libpq program speaks to the broker in clear text, for the broker was going to encrypt. When that one then says
DIRECT (it cannot reach the database just now), nothing goes to the database in clear text, which one that demands TLS
refuses (28000, "no encryption"): a blocking connect is made again as the program wanted it, any other is refused."""
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

import pytest

from databases import database
from deaf import DeafAtFirst
from shell import psql, said
from support import pg, wait
from support.pool import SHIM, direct_env

pytestmark = pytest.mark.pooled
ENCRYPTED = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"
HBA = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n"
BLOCKING = """import psycopg2, sys
cursor = psycopg2.connect(sys.argv[1]).cursor()
cursor.execute(sys.argv[2])
print(cursor.fetchone()[0])
"""
ASYNC = """import psycopg2, psycopg2.extras, sys
connection = psycopg2.connect(sys.argv[1], async_=1)
psycopg2.extras.wait_select(connection)
print("connected")
"""
MESSAGE = struct.Struct("=IHHQII20s4x")  # include/podpool/ipc.h
ROUTE, WISH, DIRECT, OK = 1, 5, 65, 66


@pytest.fixture(scope="module")
def strict():
    """A database that lets nobody in without TLS."""
    with database("scram-sha-256", ssl=True) as postgres:
        (postgres.datadir / "pg_hba.conf").write_text(HBA)
        postgres.psql("select pg_reload_conf()")
        clear = "password=app-secret sslmode=disable"
        wait.until(lambda: "no encryption" in psql(postgres, direct_env(), words=clear).stderr, "it demands TLS")
        yield postgres


class TurnsAway:
    """A broker that keeps every wish, and then cannot reach the database."""

    def __init__(self, folder):
        self.asked = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / "sock"))
        self.listener.listen(100)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with sock:
                question = sock.recv(MESSAGE.size + 4000)
                if len(question) < MESSAGE.size:
                    continue  # only whether somebody is there
                magic, version, op, _, length, flags, _ = MESSAGE.unpack(question[:MESSAGE.size])
                self.asked.append((op, length > 0, flags))
                answer = OK if op == WISH and length else DIRECT
                sock.send(MESSAGE.pack(magic, version, answer, 0, 0, 0, bytes(20)))

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.fixture
def turned_away(strict):
    """turned_away(program, its arguments...) -> CompletedProcess of one that asks such a broker."""
    folder = pg.scratch("podpool-away-")
    folder.chmod(0o700)
    broker = TurnsAway(folder)
    env = direct_env(LD_PRELOAD=str(SHIM), PODPOOL_DIR=str(folder), PODPOOL_TARGETS=f"*:{strict.port}")

    def run(*command):
        done = subprocess.run(command, env=env, text=True, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
        mark = broker.asked[0][2]
        assert broker.asked[0] == (WISH, True, mark) and (ROUTE, False, mark) in broker.asked
        return done
    yield run
    broker.close()
    shutil.rmtree(folder)


def conninfo(strict, mode):
    return strict.dsn("app", user="app", password="app-secret", sslmode=mode, connect_timeout=20)


@pytest.mark.parametrize("program", ["psycopg2", "psql"])
@pytest.mark.parametrize("mode", ["allow", "prefer", "require"])
def test_a_blocking_connect_is_made_again_and_encrypted(mode, program, turned_away, strict):
    dsn = conninfo(strict, mode)
    done = turned_away(*([sys.executable, "-c", BLOCKING, dsn, ENCRYPTED] if program == "psycopg2" else
                         ["psql", "-XAtqw", "-d", dsn, "-c", ENCRYPTED]))
    assert (done.returncode, done.stderr) == (0, "") and done.stdout in ("t\n", "True\n")


@pytest.mark.parametrize("mode", ["allow", "prefer"])
def test_a_connect_that_does_not_block_is_refused_and_not_made_in_clear_text(mode, turned_away, strict):
    before = len(strict.log_text())
    done = turned_away(sys.executable, "-c", ASYNC, conninfo(strict, mode))
    assert done.returncode == 1 and "Connection refused" in done.stderr and "no encryption" not in done.stderr
    assert "no encryption" not in strict.log_text()[before:]


@pytest.fixture
def deaf(strict):
    with DeafAtFirst(strict.port) as made:
        yield made


def knocks(pid, port):
    """This process waits for an answer to its SYN."""
    listing = subprocess.check_output(["ss", "-tnpH", "state", "syn-sent", f"dst 127.0.0.1:{port}"], text=True)
    return f"pid={pid}," in listing


def test_an_address_that_answers_late_is_not_spoken_to_in_clear_text(make_pool, strict, deaf):
    """The broker has given it up after a second; the program, without the broker, would have waited."""
    env = make_pool(strict).env(TARGETS=f"*:{strict.port},*:{deaf.port}")
    words = strict.dsn("app", user="app", password="app-secret", port=deaf.port, connect_timeout=20)
    with subprocess.Popen(["psql", "-XAtqw", "-d", words, "-c", ENCRYPTED], env=env, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        wait.until(lambda: knocks(program.pid, deaf.port), "the program knocks by itself")
        deaf.hear()
        assert (*program.communicate(timeout=20), program.returncode) == ("t\n", "", 0)


@pytest.mark.parametrize("mode", ["prefer", "require"])
def test_a_database_that_is_down_is_refused_like_direct_and_quickly(mode, make_pool, strict):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        pool, words = make_pool(strict), f"sslmode={mode} port={port}"
        env, took = pool.env(TARGETS=f"*:{strict.port},*:{port}"), []
        expected = said(psql(strict, direct_env(), words=words))
        assert expected[0] == 2 and "Connection refused" in expected[2]
        for _ in range(3):  # the quickest: this machine may pause
            begin = time.monotonic()
            assert said(psql(strict, env, words=words)) == expected
            took.append(time.monotonic() - begin)
        assert min(took) < 1.5  # who waits for a broker waits two seconds


def test_a_login_that_the_next_host_refuses_is_not_made_again(make_pool, strict):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        env, failures = make_pool(strict).env(TARGETS=f"*:{strict.port},*:{port}"), []
        for each in (direct_env(), env):
            before = len(strict.log_text())
            words = f"host=127.0.0.1,127.0.0.1 port={port},{strict.port} password=wrong sslmode=require"
            assert psql(strict, each, words=words).returncode == 2
            failures.append(strict.log_text()[before:].count("password authentication failed"))
        assert failures == [1, 1]
