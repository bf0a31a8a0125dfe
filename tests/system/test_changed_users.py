"""Programs that change their user on the way (a daemon that is root does its database work as somebody else): who they are
is their effective user at connect()."""
import os
import subprocess

import pytest

pytestmark = [pytest.mark.pooled,
              pytest.mark.skipif(os.geteuid() != 0, reason="needs root: to be two users")]
STRANGER = 54321

TWO_USERS = """import os, sys, psycopg2
os.setresuid(int(sys.argv[1]), 0, 0)
kept = [psycopg2.connect(sys.argv[2]) for _ in range(3)]
print("connected", flush=True)
sys.stdin.read()
"""

OLD_SOCKET = """import os, socket, sys
sys.path[:0] = sys.argv[4:]
from support.pgwire import Wire
os.seteuid(int(sys.argv[1]))
sock = socket.socket()
os.seteuid(0)
sock.connect((sys.argv[2], int(sys.argv[3])))
wire = Wire(sock).login(application_name="old socket")
print(wire.ask("select 1"), flush=True)
sys.stdin.read()
"""


def program(text, env, *words):
    return subprocess.Popen(["/usr/bin/python3", "-c", text, str(STRANGER), *map(str, words)], env=env, text=True, cwd="/",
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_a_program_with_another_real_user_is_known_by_its_effective_one(make_pool, postgres_tls):
    """A datagram says the real one: what it tells would not be heard, and its wish be missed."""
    pool = make_pool(postgres_tls)
    words = (f"host={postgres_tls.host} port={postgres_tls.port} user=app dbname=app password=app-secret sslmode=require "
             "application_name=twofold")
    daemon = program(TWO_USERS, pool.env(), words)
    assert daemon.stdout.readline() == "connected\n", daemon.communicate()
    assert [c["pid"] for c in pool.status()["clients"] if c["application_name"] == "twofold"] == [daemon.pid] * 3
    assert daemon.communicate(timeout=20) == ("", "")


@pytest.mark.parametrize("known", [True, False], ids=["told", "asked"])
def test_a_socket_made_under_another_user_is_the_announcers(known, raw, pool):
    raw().login().ask("select 1")
    if not known:
        (pool.dir / "routes").unlink()
    daemon = program(OLD_SOCKET, pool.env(), pool.postgres.host, pool.postgres.port, os.path.dirname(os.path.dirname(__file__)))
    assert daemon.stdout.readline() == "[['1']]\n", daemon.communicate()
    assert pool.client_of("old socket")["pid"] == daemon.pid
    assert pool.status()["totals"]["refused"] == 0
    assert daemon.communicate(timeout=20) == ("", "")
