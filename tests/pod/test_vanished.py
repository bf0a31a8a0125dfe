"""A pod that ends without a word: every session of it is gone from the database in good time (facts: guards).

Each test runs two pods side by side, one without guards: what its sessions do is what the guards are for.
"""
import pathlib
import signal
import time

import pytest

from box import Box
from network import Wire, wait_for_wire

HERE = pathlib.Path(__file__).parent
PYTHON = "/usr/bin/python3"
STATES = ["executing", "idle", "sending", "stalled", "within"]
LIMIT = 75  # seconds, at default settings
pytestmark = pytest.mark.pooled


class Pod:
    def __init__(self, postgres, installed, guards):
        env = {"LD_PRELOAD": str(installed / "lib/libpodpool.so"), "PODPOOL_TARGETS": f"*:{postgres.port}",
               "PODPOOL_LOG": "debug", "PODPOOL_GUARDS": guards, "MALLOC_ARENA_MAX": "2"}
        self.postgres = postgres
        self.box = Box(wait_for_wire(PYTHON, "-u", HERE / "busy.py", f"port={postgres.port} user=postgres"
                                     " dbname=postgres"), net=True, env=env)

    def __enter__(self):
        self.box.__enter__()
        self.wire = Wire(self.box)
        try:
            self.wire.__enter__()
        except BaseException:
            self.box.__exit__()
            raise
        self.at = self.wire.pod
        return self

    def __exit__(self, *_):
        self.box.__exit__()
        self.wire.__exit__()
        self.postgres.psql(f"select pg_terminate_backend(pid) from pg_stat_activity where client_addr = '{self.at}'")

    def sessions(self):
        return self.postgres.psql("select application_name from pg_stat_activity"
                                  f" where client_addr = '{self.at}' order by 1").split()

    def until_busy(self):
        self.box.wait_output("all are busy")
        deadline = time.monotonic() + 10
        while self.sessions() != STATES:
            assert time.monotonic() < deadline, f"{self.sessions()}\n{self.box.output()[-3000:]}"
            time.sleep(0.1)
        time.sleep(1)  # the endless ones have filled what there is to fill


def vanish(postgres, installed, how):
    """({state: seconds until its session was gone}, those that a pod without guards had, those that it still has then)."""
    with Pod(postgres, installed, "on") as guarded, Pod(postgres, installed, "off") as bare:
        for pod in (guarded, bare):
            pod.until_busy()
        there = bare.sessions()
        began = time.monotonic()
        for pod in (guarded, bare):
            how(pod)
        gone = {}
        while len(gone) < len(STATES) and (now := time.monotonic() - began) < LIMIT:
            for state in set(STATES) - set(guarded.sessions()) - set(gone):
                gone[state] = round(now, 1)
            time.sleep(0.2)
        print(bare.box.output()[-6000:])  # shown when something is wrong
        return gone, there, bare.sessions()


def test_a_killed_pod_leaves_nothing(far_postgres, installed):
    gone, there, left = vanish(far_postgres, installed, lambda pod: pod.box.signal(signal.SIGKILL))
    print("gone after", gone, "left without guards", left)
    assert sorted(gone) == STATES
    assert max(gone.values()) < 15
    assert left == ["executing"]


def test_a_pod_whose_packets_are_lost_leaves_nothing(far_postgres, installed):
    gone, there, left = vanish(far_postgres, installed, lambda pod: pod.wire.cut())
    print("gone after", gone, "left without guards", left)
    assert sorted(gone) == STATES
    assert left == there  # all five; but its broker may have closed the idle one before, as it may at any time
    assert set(there) >= set(STATES) - {"idle"}
