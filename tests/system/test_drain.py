"""Draining: what a preStop hook says (podpool drain), and what SIGTERM to all programs may mean."""
import subprocess
import sys
import threading
import time

import pytest

from support import wait
from support.pool import PODPOOL, ROOT, direct_env

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
    wait.until(lambda: pool.postgres.psql(SESSIONS) == "0", "idle servers left", 10)  # the grace is 20 s
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
    assert before < ended < before + 8
    assert pool.postgres.psql(SESSIONS) == "0"


def test_wait_has_an_end(raw, pool):
    wire = raw().login()
    wire.ask("begin")
    before = time.monotonic()
    done = drain(pool, "--wait=1s")
    assert done.returncode == 1 and "still open" in done.stderr
    assert 1 <= time.monotonic() - before < 8  # not the grace
    assert wire.ask("commit") == []


def test_session_state_of_an_idle_client_is_not_waited_for(raw, pool):
    wire = raw(MODE="session").login()
    wire.ask("select 1")
    assert drain(pool, "--wait").returncode == 0
    assert wire.ask("select 2") == [["2"]]


def test_a_value_just_taken_from_a_sequence_can_be_asked_for(raw, pool):
    """A server that stays with its client is not told goodbye, whatever keeps it."""
    pool.postgres.psql("drop table if exists serials; create table serials (id serial); alter table serials owner to app",
                       db="app")
    raw().login().ask("select nextval('serials_id_seq'), lastval()")
    assert drain(pool).returncode == 0
    pool.until_status(lambda s: s["state"] == "drain", "it drains")
    wire = raw().login()
    wire.ask("insert into serials default values")
    assert wire.ask("select lastval()") == [["2"]]


# --- every program got SIGTERM, but nobody said that the pod ends

WORKER = f"""import signal, socket, sys
signal.signal(signal.SIGTERM, lambda *_: None)  # finishes its work; or it means something else
sys.path.insert(0, {str(ROOT / "tests")!r})
from support.pgwire import Wire
wire = Wire(socket.create_connection((sys.argv[1], int(sys.argv[2])), 20)).login()
print("ready", flush=True)
for line in sys.stdin:
    print(wire.ask(line), flush=True)"""


class Worker:
    def __init__(self, pool):
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER, pool.postgres.host, str(pool.postgres.port)], env=pool.program_env(),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def terminate(self):
        self.process.terminate()

    def ask(self, sql):
        self.process.stdin.write(sql + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture
def worker(pool):
    """worker() -> a program of its own with one connection; it survives SIGTERM and ends with end()."""
    workers = []

    def start(**settings):
        if not workers:
            pool.env(**settings)
        workers.append(Worker(pool))
        return workers[-1]

    yield start
    for one in workers:
        one.end()


def until_state(pool, state, seconds=10):
    pool.until_status(lambda s: s["state"] == state, state, seconds)
    assert (pool.dir / "routes").exists() == (state == "run"), "who connects asks only while the pod leaves"


def test_workers_that_are_replaced_are_not_the_end(worker, pool):
    """As gunicorn does on HUP: all old workers are told to go, and the new ones come a moment later."""
    old = worker(GRACE_SECONDS=2)
    assert old.ask("begin") == "[]"
    old.terminate()
    until_state(pool, "drain")
    new = worker()
    until_state(pool, "run")
    over = time.monotonic() + 2.5  # the grace, had it been the end
    while time.monotonic() < over:
        assert new.ask("select 1") == "[['1']]"
    assert old.ask("commit") == "[]"
    assert pool.status()["state"] == "run"


def test_a_drain_that_was_given_up_begins_anew_when_all_leave_again(worker, pool):
    old = worker(GRACE_SECONDS=20)
    old.terminate()
    until_state(pool, "drain")
    for ends in (Worker.terminate, Worker.end):  # it is told to go; it goes by itself
        new = worker()
        until_state(pool, "run")
        ends(new)
        until_state(pool, "drain")
        new.process.kill()
        new.process.wait()
    old.end()
    wait.until(lambda: wait.gone(pool.first_pid), "the broker leaves after the last process")


def test_sigterm_that_means_something_else_to_a_program_is_no_end(worker, pool):
    one, other = worker(GRACE_SECONDS=2), worker()
    for each in (one, other):
        assert each.ask("begin") == "[]"
        each.terminate()
    until_state(pool, "drain")
    until_state(pool, "run", seconds=8)
    for each in (one, other):
        assert each.ask("commit") == "[]"
        assert each.ask("select 1") == "[['1']]"


def test_a_drain_that_was_asked_for_is_not_given_up(worker, pool):
    old = worker(GRACE_SECONDS=20)
    old.terminate()
    until_state(pool, "drain")
    assert drain(pool).returncode == 0
    worker()
    time.sleep(1)  # several looks of the janitor
    until_state(pool, "drain")
