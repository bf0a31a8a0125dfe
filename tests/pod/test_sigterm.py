"""SIGTERM in a pod: a program with its own handler, one with the default action, and PID 1.

Whatever the program does about the signal without podpool it does with it, with the same wait status; the
open transaction commits; the server hears Terminate; and soon after the last process is gone nothing of
the pod is left in pg_stat_activity (test_drain_matrix.py: within a second). PP_DIRECT=1 runs what must hold without podpool, too.
"""
import contextlib
import os
import re
import pathlib
import signal
import subprocess
import time

import pytest

from box import Box

# given as text: the user of a box may not be able to enter the tree
PROGRAM, INIT = (pathlib.Path(__file__).with_name(name).read_text() for name in ("program.py", "init.py"))
PYTHON = "/usr/bin/python3"
DIRECT = os.environ.get("PP_DIRECT") == "1"
TERM = signal.SIGTERM
NOBODY = 12345  # a uid without name, as OpenShift gives
pooled = pytest.mark.pooled

SESSIONS = ("select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
            " and application_name <> 'watcher'")
IDLE = SESSIONS + " and state = 'idle'"
RUDE = "unexpected EOF on client connection"


class Pod:
    """Makes boxes that lead to one database, and looks at that database."""

    def __init__(self, postgres, installed, uid):
        self.postgres, self.installed, self.uid = postgres, installed, uid
        self.log_from = len(postgres.log_text())
        self.boxes = []

    def box(self, *command, **settings):
        env = {"PODPOOL_" + name: str(value) for name, value in settings.items()}
        if not DIRECT:
            env.update(LD_PRELOAD=str(self.installed / "lib/libpodpool.so"), PODPOOL_TARGETS=f"*:{self.postgres.port}",
                       PODPOOL_LOG="debug")
        return Box(command, uid=self.uid, env=env)

    def program(self, handler, *steps):
        return [PYTHON, "-u", "-c", PROGRAM, self.postgres.dsn(), handler, *steps]

    def under_init(self, handler, *steps, **settings):
        return self.box(PYTHON, "-u", "-c", INIT, *self.program(handler, *steps), **settings)

    def as_pid_1(self, handler, *steps, **settings):
        return self.box(*self.program(handler, *steps), **settings)

    def rows(self):
        return self.postgres.psql("select coalesce(string_agg(n::text, ',' order by n), '') from t")

    def count(self, sql=SESSIONS):
        return int(self.postgres.psql(sql))

    def until_count(self, wanted, seconds, sql=SESSIONS):
        deadline = time.monotonic() + seconds
        while (seen := self.count(sql)) != wanted:
            assert time.monotonic() < deadline, f"{seen} sessions, not {wanted}:\n" + self.postgres.psql(
                "select pid, state, application_name, query from pg_stat_activity where backend_type = 'client backend'")
            time.sleep(0.02)

    def log(self):
        return self.postgres.log_text()[self.log_from:]


@pytest.fixture(params=[None, NOBODY], ids=["root", "uid"])
def pod(request, postgres, installed):
    postgres.psql("drop table if exists t; create table t (n int)")
    pod = Pod(postgres, installed, request.param)
    yield pod
    pod.until_count(0, 10)


def term_child(box):
    """SIGTERM to the program below init.py; its pid inside."""
    inside = int(box.output().split("child=")[1].split()[0])
    os.kill(box.pid_outside(inside), TERM)


def child_end(box, timeout):
    box.wait_output("child ended with", timeout)
    return int(re.search(r"child ended with (-?\d+)", box.output())[1])  # the broker's log may follow on the line


# --- the program's own handler

def test_own_handler_runs_at_once_and_its_transaction_commits(pod):
    with pod.as_pid_1("own", "insert:1", "begin:2", "say:ready", "await_term", "insert:3", "commit", "close",
                      "exit:7") as box:
        box.wait_output("done say:ready")
        before = time.monotonic()
        box.signal(TERM)
        assert box.exit_code(10) == 7, box.output()
        assert time.monotonic() - before < 5
        pod.until_count(0, 5)
        assert pod.rows() == "1,2,3"
    assert RUDE not in pod.log()


def test_own_handler_may_still_connect(pod):
    """An application that shuts down still needs its database: accept while draining."""
    with pod.as_pid_1("own", "insert:1", "say:ready", "await_term", "connect", "insert:2", "sleep:0.3", "connect",
                      "begin:3", "work:0.3", "commit", "close", "exit:0") as box:
        box.wait_output("done say:ready")
        box.signal(TERM)
        assert box.exit_code(10) == 0, box.output()
        pod.until_count(0, 5)
        assert pod.rows() == "1,2,3"
    assert RUDE not in pod.log()


def test_own_handler_below_an_init_leaves_nothing(pod):
    with pod.under_init("own", "insert:1", "begin:2", "say:ready", "await_term", "work:0.5", "commit", "close",
                        "exit:9") as box:
        box.wait_output("done say:ready")
        term_child(box)
        assert child_end(box, 10) == 9, box.output()
        pod.until_count(0, 5)
        assert pod.rows() == "1,2"
    assert RUDE not in pod.log()


def test_own_handler_that_means_something_else_is_no_end(pod):
    """Only the program got SIGTERM, and nobody kills the pod: past the grace it works on."""
    with pod.under_init("own", "insert:1", "begin:2", "say:ready", "await_term", "sleep:2", "insert:3", "commit", "sleep:3",
                        "insert:4", "close", "exit:0", GRACE_SECONDS=2) as box:
        box.wait_output("done say:ready")
        term_child(box)
        assert child_end(box, 10) == 0, box.output()
        assert pod.rows() == "1,2,3,4"


def test_sigterm_again_and_again_is_now(pod):
    """`while kill $p; do :; done`: each is a copy of the one before it, but not of the first."""
    with pod.under_init("default", "begin:1", "say:ready", "sleep:60") as box:
        box.wait_output("done say:ready")
        child = box.pid_outside(int(box.output().split("child=")[1].split()[0]))
        deadline = time.monotonic() + 5
        with contextlib.suppress(ProcessLookupError):
            while time.monotonic() < deadline:
                os.kill(child, TERM)
                time.sleep(0.02)
        assert time.monotonic() < deadline
        assert child_end(box, 10) == -TERM
        assert pod.rows() == ""


def test_a_second_sigterm_finds_the_default_action_and_is_now(pod):
    with pod.under_init("once", "begin:1", "say:ready", "await_term", "say:handled", "sleep:60") as box:
        box.wait_output("done say:ready")
        term_child(box)
        box.wait_output("done say:handled")
        time.sleep(0.2)  # within 0.1 s it would be the first one come twice
        before = time.monotonic()
        term_child(box)
        assert child_end(box, 10) == -TERM
        assert time.monotonic() - before < 3
        pod.until_count(0, 5)
        assert pod.rows() == ""


def test_a_program_that_ends_itself_by_sigterm_ends_there(pod):
    """What follows the signal is not run, open transaction or not."""
    with pod.under_init("default", "begin:1", "say:ready", "raise", "exit:3") as box:
        assert child_end(box, 10) == -TERM, box.output()
        pod.until_count(0, 5)
        assert pod.rows() == ""


# --- the default action

@pooled
def test_default_action_waits_for_the_open_transaction(pod):
    with pod.under_init("default", "begin:1", "say:ready", "work:1", "commit", "sleep:60") as box:
        box.wait_output("done say:ready")
        term_child(box)
        assert child_end(box, 10) == -TERM, box.output()
        pod.until_count(0, 5)
        assert pod.rows() == "1"
    assert RUDE not in pod.log()


@pooled
def test_default_action_waits_between_the_statements_of_a_transaction(pod):
    with pod.under_init("default", "begin:1", "say:ready", "sleep:0.7", "insert:2", "sleep:0.3", "commit",
                        "sleep:60") as box:
        box.wait_output("done say:ready")
        term_child(box)
        assert child_end(box, 10) == -TERM, box.output()
        pod.until_count(0, 5)
        assert pod.rows() == "1,2"


def test_default_action_without_a_transaction_is_death_at_once(pod):
    with pod.under_init("default", "insert:1", "say:ready", "sleep:60") as box:
        box.wait_output("done say:ready")
        before = time.monotonic()
        term_child(box)
        assert child_end(box, 10) == -TERM
        assert time.monotonic() - before < 3
        pod.until_count(0, 5)
        assert pod.rows() == "1"
    if not DIRECT:  # alone, such a program leaves without a word
        assert RUDE not in pod.log()


@pooled
def test_default_action_has_a_deadline(pod):
    """A transaction that never ends dies before the kubelet kills the pod: 12 s of grace, finish at 10.5 s."""
    with pod.under_init("default", "begin:1", "say:ready", "sleep:60", GRACE_SECONDS=12) as box:
        box.wait_output("done say:ready")
        before = time.monotonic()
        term_child(box)
        assert child_end(box, 16) == -TERM
        assert 1 < time.monotonic() - before < 12
        pod.until_count(0, 5)
        assert pod.rows() == ""


@pooled
def test_default_action_a_second_sigterm_is_now(pod):
    with pod.under_init("default", "begin:1", "say:ready", "sleep:60") as box:
        box.wait_output("done say:ready")
        term_child(box)
        time.sleep(0.3)
        assert "child ended" not in box.output()
        before = time.monotonic()
        term_child(box)
        assert child_end(box, 10) == -TERM
        assert time.monotonic() - before < 3
        pod.until_count(0, 5)
        assert pod.rows() == ""


@pooled
def test_the_broker_leaves_after_the_last_process(pod):
    with pod.under_init("default", "insert:1", "say:ready", "sleep:60") as box:
        box.wait_output("done say:ready")
        assert len(box.cgroup.pids()) == 3  # init, program, broker
        term_child(box)
        child_end(box, 10)
        deadline = time.monotonic() + 10  # it lingers a minute where it does not know
        while len(box.cgroup.pids()) > 1:
            assert time.monotonic() < deadline, "the broker stays"
            time.sleep(0.02)


# --- PID 1 without a handler: the kernel ignores the signal

def test_pid_1_ignores_it_and_works_on(pod):
    with pod.as_pid_1("default", "begin:1", "say:ready", "work:0.5", "commit", "insert:2", "abandon", "insert:3",
                      "close", "exit:5") as box:
        box.wait_output("done say:ready")
        box.signal(TERM)
        assert box.exit_code(10) == 5, box.output()
        pod.until_count(0, 5)
        assert pod.rows() == "1,2,3"


@pooled
def test_pid_1_that_ignores_it_has_its_idle_servers_closed(pod):
    """The broker learns of it even where the program is never told: what is idle leaves politely and early."""
    with pod.as_pid_1("default", "insert:1", "abandon", "begin:2", "abandon", "insert:3", "say:ready", "sleep:6",
                      "insert:4", "exit:0") as box:
        box.wait_output("done say:ready")
        box.signal(TERM)
        pod.until_count(0, 4, IDLE)
        assert pod.count() == 1  # the open transaction
        assert box.exit_code(20) == 0, box.output()
        assert pod.rows() == "1,3,4"


@pooled
@pytest.mark.parametrize("exits", ["off", "on"])
def test_what_the_pod_sends_to_its_pid_1_is_not_its_end(exits, pod):
    """`kill 1` in a script: the kernel drops it, where PID 1 has no handler. The kubelet's SIGTERM is still another."""
    inner = pod.program("default", "insert:1", "say:ready", "sleep:1", "insert:2", "say:on", "sleep:60")
    with pod.box("/bin/bash", "-c", '"$@"; exit $?', "bash", *inner, PID1_EXIT=exits) as box:
        box.wait_output("done say:ready")
        subprocess.run(["nsenter", "-t", str(box.pid), "-p", "kill", "-TERM", "1"], check=True)
        box.wait_output("done say:on")
        assert "draining" not in box.output()
        box.signal(TERM)
        box.wait_output("process 1 got SIGTERM: draining")
        if exits == "on":
            assert box.exit_code(5) == 143
    assert pod.rows() == "1,2"


@pooled
def test_a_handler_of_pid_1_that_hears_from_inside_is_no_end(pod):
    """Nobody kills the pod after the grace, however long the program takes."""
    with pod.as_pid_1("own", "insert:1", "begin:2", "say:ready", "await_term", "sleep:2.5", "insert:3", "commit", "close",
                      "exit:4", GRACE_SECONDS=2) as box:
        box.wait_output("done say:ready")
        subprocess.run(["nsenter", "-t", str(box.pid), "-p", "kill", "-TERM", "1"], check=True)
        assert box.exit_code(10) == 4, box.output()
        assert pod.rows() == "1,2,3"


@pooled
def test_pid_1_exits_143_when_asked_to(pod):
    with pod.as_pid_1("default", "begin:1", "say:ready", "work:0.7", "commit", "sleep:60", PID1_EXIT="on") as box:
        box.wait_output("done say:ready")
        box.signal(TERM)
        assert box.exit_code(10) == 143, box.output()
        pod.until_count(0, 5)
        assert pod.rows() == "1"
    assert RUDE not in pod.log()


# --- no chance to say anything

def test_a_killed_pod_leaves_nothing_idle_behind(pod):
    with pod.as_pid_1("default", "insert:1", "abandon", "begin:2", "say:ready", "sleep:60") as box:
        box.wait_output("done say:ready")
        box.signal(signal.SIGKILL)
        assert box.exit_code(10) == -signal.SIGKILL
        pod.until_count(0, 5)
        assert pod.rows() == "1"
