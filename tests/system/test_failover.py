"""The database moves: its name leads to another server. A session that was idle meanwhile goes on there."""
import os
import subprocess
import sys

import pytest

from databases import ROLES, database
from support import pg

PROGRAM = """
import sys, psycopg2
db = psycopg2.connect(sys.argv[1])
db.autocommit = True
cursor = db.cursor()
cursor.execute("set app.who = 'me'")
print("ready", flush=True)
for _ in sys.stdin:
    try:
        cursor.execute("select host(inet_server_addr()), current_setting('app.who')")
        print(*cursor.fetchone(), flush=True)
    except psycopg2.Error as e:
        print("error", " ".join(str(e).split()), flush=True)
"""
IN_ITS_OWN_WORLD = ["unshare", "-m", "/bin/sh", "-c", 'mount --bind "$HOSTS" /etc/hosts && exec "$@"', "sh"]


class Standby(pg.Postgres):
    host = "127.0.0.2"


@pytest.fixture
def pair():
    """A server at 127.0.0.1, and one that can be at 127.0.0.2, same port."""
    with database("scram-sha-256", ssl=True) as primary, Standby.start(auth="scram-sha-256", ssl=True) as standby:
        standby.psql(ROLES.replace(";\n", ";\n\n"))
        standby._halt()
        standby.port = primary.port
        yield primary, standby


class Program:
    """An idle session in a mount namespace with a hosts file of its own."""

    def __init__(self, pool, hosts, conninfo):
        with open(pool.stderr, "ab") as stderr:
            self.process = subprocess.Popen([*IN_ITS_OWN_WORLD, sys.executable, "-c", PROGRAM, conninfo], text=True,
                                            env=pool.program_env(HOSTS=str(hosts)), stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=stderr)
        assert self.process.stdout.readline() == "ready\n"

    def ask(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.mark.pooled
def test_an_idle_session_follows_the_name_but_not_away_from_an_address_it_asked_for(pair, make_pool, tmp_path):
    if os.getuid() != 0:
        pytest.skip("needs root for a hosts file of its own")
    primary, standby = pair
    pool = make_pool(primary)
    pool.settings = {"WAIT_TIMEOUT": "8s"}
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 db.test\n")
    conninfo = f"host=db.test port={primary.port} dbname=app user=app password=app-secret sslmode=require"
    with Program(pool, hosts, conninfo) as named, Program(pool, hosts, f"{conninfo} hostaddr=127.0.0.1") as addressed:
        assert named.ask() == addressed.ask() == "127.0.0.1 me"
        primary._halt()
        assert standby._launch()
        hosts.write_text("127.0.0.2 db.test\n")
        assert named.ask() == "127.0.0.2 me"
        assert addressed.ask().startswith("error")
        assert pool.status()["totals"]["tunnels"] == 0
