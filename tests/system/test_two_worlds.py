"""Programs that share the broker's directory but not its idea of the world: other PODPOOL_TARGETS, another network. Their
connections are as without podpool, TLS included."""
import os
import struct
import subprocess

import pytest

from shell import psql, said
from support import wait
from support.pool import PODPOOL, direct_env

pytestmark = pytest.mark.pooled
ENCRYPTED = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"
SSL_REQUEST = struct.pack("!ii", 8, 80877103)

IN_A_NETWORK_OF_ITS_OWN = ["unshare", "-n", "/bin/sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
HEARD = """import socket, subprocess, sys
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
    listener.settimeout(10)
    psql = subprocess.Popen(["psql", "-X", "-w", "-d", f"host=127.0.0.1 port={sys.argv[1]} {sys.argv[2]}"], stderr=subprocess.DEVNULL)
    try:
        print(listener.accept()[0].recv(8).hex())
    except TimeoutError:
        print("nobody came")
    psql.wait()
"""


@pytest.fixture
def begin(pool, tmp_path):
    """begin(targets) -> the settings' file: a broker of its own, started as in a container of its own."""
    def start(targets):
        file = tmp_path / "podpool.ini"
        file.write_text(f"targets = {targets}\n")
        with open(pool.stderr, "ab") as stderr:
            subprocess.Popen([PODPOOL, "broker", "--dir", pool.dir], env=direct_env(PODPOOL_CONFIG=str(file)), stderr=stderr)
        wait.until(pool.is_up, "the broker listens")
        pool.settings = {}
        return file
    return start


def until_plain(pool):
    """The database speaks no TLS, and it is known."""
    psql(pool.postgres, pool.env())
    wait.until(lambda: os.path.lexists(pool.dir / "plain"), "no TLS anywhere")


@pytest.mark.parametrize("plain", [False, True], ids=["asked", "plain"])
@pytest.mark.parametrize("mode", ["prefer", "require"])
def test_what_the_broker_does_not_pool_keeps_its_own_tls(mode, plain, begin, pool, postgres_tls):
    begin(f"*:{pool.postgres.port}")
    if plain:
        until_plain(pool)
    env = pool.program_env() | {"PODPOOL_TARGETS": f"*:{pool.postgres.port},*:{postgres_tls.port}"}
    for _ in range(2):
        done = psql(postgres_tls, env, ENCRYPTED, f"password=app-secret sslmode={mode}")
        assert said(done) == (0, "t\n", "")
    assert pool.stderr_text().count("other PODPOOL_TARGETS") == 1


def test_new_targets_take_back_that_there_is_nothing_to_wish_for(begin, pool):
    port = pool.postgres.port
    file = begin(f"*:{port}")
    until_plain(pool)
    first = os.readlink(pool.dir / "plain")
    for targets in (f"10.0.0.0/8:{port}", f"*:{port}"):
        file.write_text(f"targets = {targets}\n")
        subprocess.run([PODPOOL, "reload", "--dir", pool.dir], check=True, env=direct_env())
        assert (os.readlink(pool.dir / "plain") == first) == (targets == f"*:{port}")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: to be in two networks")
@pytest.mark.parametrize("plain", [False, True], ids=["asked", "plain"])
@pytest.mark.parametrize("mode", ["prefer", "require"])
def test_a_program_in_another_network_connects_by_itself(mode, plain, pool):
    env = pool.env()
    if plain:
        until_plain(pool)
    done = subprocess.run([*IN_A_NETWORK_OF_ITS_OWN, "/usr/bin/python3", "-c", HEARD, str(pool.postgres.port), f"sslmode={mode}"],
                          env=env, capture_output=True, text=True, timeout=60)
    assert said(done) == (0, SSL_REQUEST.hex() + "\n", "")
