"""podpool drain: what a preStop hook says."""
import subprocess
import threading
import time

import pytest

from support import wait
from support.pool import PODPOOL, direct_env

pytestmark = pytest.mark.pooled
SESSIONS = "select count(*) from pg_stat_activity where usename = 'app'"


def drain(pool, *words):
    return subprocess.run([PODPOOL, "drain", *words, "--dir", pool.dir], capture_output=True, text=True, timeout=60,
                          env=direct_env(PODPOOL_GRACE_SECONDS="20"))


def test_idle_servers_leave_at_once_and_clients_are_served_on(raw, pool):
    wires = [raw(MAX_SERVERS=3).login() for _ in range(3)]
    for wire in wires:
        wire.ask("begin")
    for wire in wires:
        wire.ask("commit")
    assert pool.postgres.psql(SESSIONS) == "3"
    assert drain(pool).returncode == 0
    wait.until(lambda: pool.postgres.psql(SESSIONS) == "0", "idle servers left", 1)
    assert pool.status()["state"] == "drain"
    assert wires[0].ask("select 1") == [["1"]]
    assert raw().login().ask("select 2") == [["2"]]


def test_wait_ends_with_the_last_transaction(raw, pool):
    wire, idle = raw(MAX_SERVERS=3).login(), raw().login()
    wire.ask("begin")
    idle.ask("select 1")
    answers = []
    thread = threading.Thread(target=lambda: answers.append((drain(pool, "--wait"), time.monotonic())))
    thread.start()
    pool.until_status(lambda s: s["state"] == "drain", "it drains")
    time.sleep(0.5)
    assert answers == []
    before = time.monotonic()
    wire.ask("commit")
    thread.join(10)
    (done, ended), = answers
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert before < ended < before + 2
    assert pool.postgres.psql(SESSIONS) == "0"


def test_wait_has_an_end(raw, pool):
    wire = raw().login()
    wire.ask("begin")
    before = time.monotonic()
    done = drain(pool, "--wait=1s")
    assert done.returncode == 1 and "still open" in done.stderr
    assert 1 <= time.monotonic() - before < 3
    assert wire.ask("commit") == []


def test_session_state_of_an_idle_client_is_not_waited_for(raw, pool):
    wire = raw(MODE="session").login()
    wire.ask("select 1")
    assert drain(pool, "--wait").returncode == 0
    assert wire.ask("select 2") == [["2"]]
