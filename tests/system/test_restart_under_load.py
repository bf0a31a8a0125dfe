"""The database is restarted under 32 busy clients on 4 servers: what was being executed fails, and nothing else."""
import concurrent.futures
import json
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from support import wait
from support.dialer import Dialer
from support.pgwire import Wire
from support.pool import direct_env

CLIENTS, SERVERS = 32, 4
PROGRAM = pathlib.Path(__file__).with_name("restart_clients.py")


def accepts_since(postgres, dialer):
    """When a direct connection got in for the first time."""
    def is_in():
        try:
            Wire(dialer.connect(postgres.host, postgres.port)).login(user="postgres", database="postgres").bye()
        except OSError:
            return None
        return time.monotonic()
    return wait.until(is_in, "the server accepts", seconds=60, pause=0.005)


@pytest.mark.pooled
@pytest.mark.parametrize("soon", [4, pytest.param(1, marks=pytest.mark.release)], ids=["sanitized", "in a second"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["fast", "immediate"])
def test_only_what_is_being_executed_fails(how, soon, make_pool, own_postgres):
    """`soon`: seconds until the pool is back; who only waits gets an error after 30."""
    postgres, pool = own_postgres, make_pool(own_postgres)
    env = pool.env(MAX_SERVERS=SERVERS)
    with Dialer(direct_env()) as dialer, subprocess.Popen(
            [sys.executable, PROGRAM, str(postgres.port), str(CLIENTS)], env=env, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout.readline() == "started\n"
        pool.until_status(lambda s: s["totals"]["transactions"] > 10 * CLIENTS and s["totals"]["waiting"],
                          "all are at work", seconds=30)
        postgres.process.send_signal(how)
        postgres.process.wait(30)
        ended = time.monotonic()
        pool.until_status(lambda s: s["totals"]["waiting"] >= CLIENTS - SERVERS, "those in line wait on")
        looking = concurrent.futures.ThreadPoolExecutor(1).submit(accepts_since, postgres, dialer)
        postgres.restart()
        accepting = looking.result()
        before = pool.status()["totals"]["transactions"]
        pool.until_status(lambda s: s["totals"]["transactions"] > before + 10 * CLIENTS, "work goes on", seconds=30)
        heard = json.loads(program.communicate("")[0])
    failed = [(asked, error) for _, asked, _, error in heard if error and not error.startswith("connect: ")]
    print(len(heard), "queries; failed:", failed)
    assert 0 < len(failed) <= SERVERS
    for asked, error in failed:
        assert asked < ended
        assert "server closed the connection unexpectedly" in error, "what psycopg2 says without podpool, too"
    first = min(answered for _, asked, answered, error in heard if not error and answered > ended) - accepting
    print("the first answer came", round(first, 3), "s after the server accepted again")
    assert first < soon
    assert {client for client, _, answered, error in heard if not error and answered > accepting} == set(range(CLIENTS))
