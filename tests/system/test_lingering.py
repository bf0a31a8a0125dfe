"""When a broker that nobody uses ends."""
import os
import subprocess
import time

import pytest

from support import wait
from support.pgwire import Wire
from support.pool import PODPOOL, direct_env

pytestmark = pytest.mark.pooled


def test_a_broker_ends_after_a_minute_unless_it_was_begun_by_hand(make_pool, postgres_trust):
    """In a container of its own it would only be started again, and programs begin another one meanwhile."""
    lingering, staying = make_pool(postgres_trust), make_pool(postgres_trust)
    staying.settings = {}
    with open(staying.stderr, "ab") as stderr:
        broker = subprocess.Popen([PODPOOL, "broker", "--dir", staying.dir], env=direct_env(), stderr=stderr)
    try:
        wait.until(staying.is_up, "it listens")
        pid = lingering.knock()
        wait.until(lambda: wait.gone(pid), "the one that a program has begun has ended", seconds=90)
        assert not os.path.exists(lingering.dir / "sock") and staying.is_up()
    finally:
        broker.terminate()
        assert broker.wait(10) == 0


def test_who_connects_in_the_moment_of_its_end_is_served(make_pool, postgres_trust):
    """`while :; do job; sleep 60; done`: the minutes are the same. A connection that has not spoken yet is not seen for a
    second, only its announcement."""
    pool = make_pool(postgres_trust)
    with pool.dialer() as dialer:
        began = time.monotonic()
        pid = pool.knock()
        time.sleep(began + 59.9 - time.monotonic())  # no event: what is awaited is that nothing happens
        wire = Wire(dialer.connect(postgres_trust.host, postgres_trust.port))
        time.sleep(1.2)
        assert wire.login("app", "app").ask("select 'answer'") == [["answer"]]
        assert pool.broker_pid == pid
        wire.bye()
