"""PODPOOL_DIR is taken away under a living broker: it stays the pod's only one."""
import os
import shutil
import signal

import pytest

from shell import psql
from support import wait

pytestmark = pytest.mark.pooled


def take_away(pool, how):
    if how == "moved":
        pool.dir.rename(pool.dir.with_name("elsewhere"))
    elif how == "removed":
        shutil.rmtree(pool.dir, ignore_errors=True)  # the broker may be quicker than its last step
    else:
        (pool.dir / how).unlink()


@pytest.mark.parametrize("how", ["moved", "removed", "sock", "routes", "tell", "lock"])
def test_the_broker_makes_it_again(how, raw, pool, postgres_trust):
    wire = raw(MAX_SERVERS=2).login()
    assert wire.ask("select 1") == [["1"]]
    pid = pool.broker_pid
    take_away(pool, how)
    wait.until(pool.is_up, "it can be asked again")
    done = psql(postgres_trust, pool.program_env())
    assert (done.returncode, done.stdout, done.stderr) == (0, "answer\n", "")
    assert wire.ask("select 2") == [["2"]]
    status = pool.status()
    assert (status["pid"], status["totals"]["transactions"]) == (pid, 3)


def test_a_broker_that_comes_too_late_serves_its_own_and_leaves_the_place_to_the_other(raw, pool, postgres_trust):
    wire = raw(MAX_SERVERS=2).login()
    assert wire.ask("select 1") == [["1"]]
    first = pool.broker_pid
    os.kill(first, signal.SIGSTOP)
    try:
        take_away(pool, "moved")
        other = raw().login()  # starts another one
        second = pool.broker_pid
    finally:
        os.kill(first, signal.SIGCONT)
    assert second != first
    assert wire.ask("select 2") == [["2"]] and other.ask("select 3") == [["3"]]
    wire.bye()
    os.kill(first, signal.SIGTERM)
    wait.until(lambda: wait.gone(first), "the first one ended")
    assert pool.broker_pid == second, "it did not take the other's socket along"
    assert raw().login().ask("select 4") == [["4"]]
    assert pool.broker_pid == second
