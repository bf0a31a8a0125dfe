"""A PID 1 that waits for all its children: the broker, an orphan of whoever started it, is one of them."""
import signal

import pytest

from box import Box

NOBODY, PYTHON = 12345, "/usr/bin/python3"
pytestmark = pytest.mark.pooled

START = """import os, signal, sys, time
import psycopg2
dsn, own, how = sys.argv[1:]

def ask():
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    connection.close()

def worker():
    pid = os.fork()
    if not pid:
        ask()
        os._exit(0)
    return pid

def wait_for_all():
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return
"""
JOB = START + """
if own == "itself":
    ask()
workers = [worker(), worker()]
if how == "told":
    def leave(*_):
        wait_for_all()
        print("no child left", flush=True)
        sys.exit(0)
    signal.signal(signal.SIGTERM, leave)
for pid in workers:
    os.waitpid(pid, 0)
print("workers ended", flush=True)
while how == "told":
    time.sleep(1)
wait_for_all()
print("no child left", flush=True)
"""
STAYS = START + """
ask()
if how == "another child":
    pid = os.fork()
    if not pid:
        time.sleep(60)
        os._exit(0)
print("asked", flush=True)
if how == "asleep":
    time.sleep(3)
else:
    signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
    signal.alarm(3)
    os.waitpid(pid, 0)
print("and now", flush=True)
ask()
print("asked again", flush=True)
time.sleep(60)
"""


@pytest.fixture(params=[None, NOBODY], ids=["root", "uid"])
def begin(request, postgres, installed):
    env = {"LD_PRELOAD": str(installed / "lib/libpodpool.so"), "PODPOOL_TARGETS": f"*:{postgres.port}",
           "PODPOOL_LOG": "debug"}

    def begin(program, own, how, **settings):
        return Box([PYTHON, "-u", "-c", program, postgres.dsn(), own, how], uid=request.param,
                   env={**env, **{f"PODPOOL_{k}": str(v) for k, v in settings.items()}})
    return begin


@pytest.mark.parametrize("own", ["itself", "workers only"])
def test_it_ends_when_the_broker_is_the_last_one(own, begin):
    """A Job: it would never complete."""
    with begin(JOB, own, "done", MIN_SERVERS=1) as box:
        box.wait_output("workers ended")
        assert box.exit_code(10) == 0
        assert "no child left" in box.output()


def test_it_ends_when_it_was_told_to(begin):
    """A server that ends its workers on SIGTERM: the kill would have to end it."""
    with begin(JOB, "itself", "told") as box:
        box.wait_output("workers ended")
        box.signal(signal.SIGTERM)
        assert box.exit_code(10) == 0


@pytest.mark.parametrize("how", ["asleep", "another child"])
def test_one_that_does_not_wait_for_the_broker_keeps_it(how, begin):
    with begin(STAYS, "itself", how) as box:
        box.wait_output("asked again")
        assert box.output().count("pooling") == 1 and "the broker ends" not in box.output()
