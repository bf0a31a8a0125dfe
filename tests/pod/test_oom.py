"""The pod's memory is full, and the kernel kills: the broker, whose clients then have lost their server and no more; or the
program, and the broker sees to it that nothing of it stays open on the server."""
import contextlib
import pathlib
import time

import pytest

from container import PYTHON, Container
from support import pg, wait

HERE = pathlib.Path(__file__).parent
LOST = "server closed the connection unexpectedly"  # what a program hears of it without podpool, too
# An executing session looks this often whether anybody is there (the broker asks for 10 s).
LOOKS = "-c client_connection_check_interval=300"
# On a busy machine a victim is slow to go, and the kernel takes another one: these before those that must live.
SPARE = ["/bin/sh", "-c", "for n in 1 2 3 4; do (echo 999 >/proc/self/oom_score_adj; exec sleep 60) & done; exec \"$@\"", "sh"]
pytestmark = pytest.mark.pooled


@pytest.fixture(scope="module")
def guarded_postgres():
    """It asks for a password."""
    with pg.Postgres.start(auth="scram-sha-256") as postgres:
        postgres.psql("create table written (n int)")
        yield postgres


@pytest.fixture
def pod(volume, guarded_postgres, installed):
    with contextlib.ExitStack() as stack:
        yield lambda **how: stack.enter_context(Container(volume, guarded_postgres, installed, "pod", **how))


def sessions(postgres, which="true"):
    return int(postgres.psql("select count(*) from pg_stat_activity where backend_type = 'client backend'"
                             f" and pid <> pg_backend_pid() and {which}"))


def eat_until_killed(pod, victim):
    """The program takes memory by and by, as long as nobody was killed."""
    pathlib.Path(f"/proc/{victim}/oom_score_adj").write_text("1000")
    while not pod.box.oom_kills and pod("eat", 256):
        pass
    assert pod.box.oom_kills
    wait.until(lambda: wait.gone(victim), "it is gone", seconds=10)
    return time.monotonic()


def test_killed_the_broker_is_a_lost_server_and_the_next_connection_has_a_new_one(pod, guarded_postgres):
    a = pod(init=SPARE)
    for name, options in ("executing", LOOKS), ("within", ""), ("idle", ""):
        a.connected(name, options)
    a("ask", "within", "begin; insert into written values (1)")
    a("start", "executing", "select 1 from pg_sleep(60)")
    wait.until(lambda: sessions(guarded_postgres, "query ~ 'pg_sleep'"), "it executes")
    broker = a.broker()
    killed = eat_until_killed(a, broker)
    wait.until(lambda: sessions(guarded_postgres) == 0, "nobody is left on the server", seconds=10)  # of a minute's sleep
    print("gone after", round(time.monotonic() - killed, 2))
    assert a("eat", 0) == 0
    for heard in a("heard", "executing"), a("ask", "within", "commit"), a("ask", "idle", "select 1"):
        assert heard["error"].startswith(LOST) and heard["sqlstate"] is None
    left = {file.name: file.read_bytes() for file in a.dir.iterdir() if file.is_file()}
    assert left and [name for name, text in left.items() if guarded_postgres.password.encode() in text] == []
    a.connected("next")
    assert a.names() == {"next": 1} and a.broker() not in (None, broker)
    assert guarded_postgres.psql("select count(*) from written") == "0"


def test_the_broker_is_no_more_worth_killing_than_the_program_and_no_less(pod):
    """A process may not lower its own score again; and a broker that is killed first has hurt everybody, for the few MiB
    that it gives back."""
    a = pod()
    a.connected("one")
    scores = [pathlib.Path(f"/proc/{pid}/oom_score_adj").read_text() for pid in (a.box.pid, a.broker())]
    assert scores[0] == scores[1]


def test_of_a_killed_program_nothing_stays_open(pod, guarded_postgres):
    a = pod(init=[*SPARE, PYTHON, "-u", HERE / "init.py"])
    for name in ("within", "executing", "idle"):
        a.connected(name)
    for name in ("within", "executing"):
        a("ask", name, "begin; insert into written values (1)")
    a("start", "executing", "select 1 from pg_sleep(60)")
    wait.until(lambda: sessions(guarded_postgres, "query ~ 'pg_sleep'"), "it executes")
    broker, child = a.broker(), int(a.box.output().split("child=")[1].split()[0])
    killed = eat_until_killed(a, a.box.pid_outside(child))
    wait.until(lambda: sessions(guarded_postgres, "(xact_start is not null or state <> 'idle')") == 0,
               "no transaction is open", seconds=10)
    print("over after", round(time.monotonic() - killed, 2))
    wait.until(lambda: a.status()["totals"]["clients"] == 0, "and the broker has nobody", seconds=10)
    assert a.broker() == broker and a.status()["state"] == "run"
    assert guarded_postgres.psql("select count(*) from written") == "0"
    a.box.wait_output("out of memory: the kernel has killed a process", 5)
    assert a.box.output().count("info: client") == 2, "those in a transaction left in the midst of their work"
