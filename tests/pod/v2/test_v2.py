"""What only cgroup v2 has, or has differently: memory.high, a limit one level up, no limit at all, memory.oom.group. Each
pod has the program of the memory table in it. Run by tests/pod/v2/run in a machine of its own where there is no v2.
"""
import json
import signal
import subprocess
import time

import pytest

import memory_table
from box import Box
from memory_table import MIB, NO_POOL, PODPOOL
from samples import samples
from support.cgroup import memory_group
from support.pool import BUILD

pytestmark = pytest.mark.release
STEADY = memory_table.ROWS[0]
PATIENCE = 600  # seconds, emulated
MORE = 60  # reports, to see that it goes on living


@pytest.fixture(scope="module")
def bench():
    with memory_table.Bench(BUILD) as bench:
        yield bench


def pod(bench, way, group, sees=None, before=()):
    return Box([*before, *bench.argv(STEADY, way, 3 * PATIENCE)], cgroup=group, sees=sees, env=bench.env(way, LOG="debug"))


def wait(box, what, happened):
    deadline = time.monotonic() + PATIENCE
    while not happened(samples(box.output())):
        assert box.is_running(), f"it died before {what}:\n{box.output()[-3000:]}"
        assert time.monotonic() < deadline, f"{PATIENCE} s without {what}:\n{box.output()[-3000:]}"
        time.sleep(0.2)


def wait_at_work(box, least):
    """So many at once, and some more reports."""
    wait(box, f"{least} at work", lambda seen: max((s.lent for s in seen), default=0) >= least)
    before = samples(box.output())[-1].returned
    wait(box, f"{MORE} more reports", lambda seen: seen[-1].returned >= before + MORE)


def status(box):
    done = subprocess.run([BUILD / "bin/podpool", "status", "--json", "--dir", box.dir], capture_output=True, text=True,
                          check=True, timeout=60)
    return json.loads(done.stdout)["cap"]


def test_memory_high_is_what_podpool_plans_with(bench):
    group = memory_group(256 * MIB)
    group.write("memory.high", 96 * MIB)
    with pod(bench, PODPOOL, group) as box:
        wait_at_work(box, 8)
        cap = status(box)
        assert (cap["limit_bytes"], cap["limit_from"]) == (96 * MIB, "memory.high")
        assert max(sample.working_set for sample in samples(box.output())) < 96 * MIB
        assert box.oom_kills == 0


def test_without_a_pool_memory_high_is_exceeded(bench):
    group = memory_group(256 * MIB)
    group.write("memory.high", 96 * MIB)
    with pod(bench, NO_POOL, group) as box:
        deadline = time.monotonic() + PATIENCE
        while box.is_running() and group.peak_bytes() <= 96 * MIB:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert group.count("memory.events", "high") > 0


@pytest.fixture
def outer():
    """A pod's group of 96 MiB, in which the container's has more."""
    group = memory_group(96 * MIB)
    yield group
    group.remove()


def test_without_a_pool_the_level_above_kills(bench, outer):
    with pod(bench, NO_POOL, memory_group(256 * MIB, inside=outer), sees=outer) as box:
        assert box.exit_code(PATIENCE) == -signal.SIGKILL
        assert outer.kills() == 1


def test_the_limit_of_the_level_above_is_what_podpool_plans_with(bench, outer):
    with pod(bench, PODPOOL, memory_group(256 * MIB, inside=outer), sees=outer) as box:
        wait_at_work(box, 8)
        cap = status(box)
        assert (cap["limit_bytes"], cap["limit_from"]) == (96 * MIB, "memory.max, 1 level up")
        assert outer.kills() == 0


def test_without_any_limit_podpool_says_so_and_works(bench):
    with pod(bench, PODPOOL, memory_group("max")) as box:
        wait_at_work(box, 10)
        cap = status(box)
        assert (cap["limit_bytes"], cap["limit_from"]) == (0, "")
        assert "no memory limit visible" in cap["reason"]
        assert box.oom_kills == 0


GUARDIAN = ["/bin/sh", "-c", '"$@"; echo "the program has ended with $?"; sleep 600', "sh"]


@pytest.mark.parametrize("together", [0, 1], ids=["alone", "together"])
def test_without_a_pool_the_kernel_kills_the_program_or_the_whole_pod(bench, together):
    group = memory_group(96 * MIB)
    group.write("memory.oom.group", together)
    with pod(bench, NO_POOL, group, before=GUARDIAN) as box:
        if together:
            assert box.exit_code(PATIENCE) == -signal.SIGKILL
            assert box.oom_kills >= 2 and group.count("memory.events", "oom_group_kill") == 1
        else:
            box.wait_output("the program has ended with 137", PATIENCE)
            assert box.oom_kills == 1


def test_a_pod_that_would_be_killed_whole_lives(bench):
    group = memory_group(96 * MIB)
    group.write("memory.oom.group", 1)
    with pod(bench, PODPOOL, group, before=GUARDIAN) as box:
        wait_at_work(box, 8)
        assert box.oom_kills == 0
