"""When a broker that nobody uses ends."""
import os
import subprocess

import pytest

from support import wait
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
