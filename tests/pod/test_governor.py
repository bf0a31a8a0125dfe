"""The governor against the real kernel: 60 threads with 4 MiB results in 96 MiB, the program growing beside them.

Without it the same program is OOM-killed. The synthetic stories are in tests/unit/cgroup/test_governor_sim.c.
"""
import pathlib
import re
import signal
import subprocess

import pytest

from box import Box
from container import Container
from samples import samples
from support import wait
from support.pool import BUILD

MIB = 1 << 20
ROOT = pathlib.Path(__file__).resolve().parents[2]
TRANSACTIONS = 1000  # ten seconds on an idle machine
pytestmark = pytest.mark.release  # a sanitizer's shadow memory is not the program's


@pytest.fixture(scope="module")
def governed(tmp_path_factory):
    libraries = [BUILD / "libpp_cgroup.a", BUILD / "libpp_base.a"]
    if not all(library.exists() for library in libraries):
        pytest.skip(f"not built: {libraries}")
    program = tmp_path_factory.mktemp("governed") / "governed"
    sanitized = "PP_SANITIZE:BOOL=ON" in (BUILD / "CMakeCache.txt").read_text()
    flags = ["-fsanitize=address,undefined"] if sanitized else []
    compiler = re.search(r"CMAKE_C_COMPILER:\w+=(.*)", (BUILD / "CMakeCache.txt").read_text())[1]
    subprocess.run([compiler, "-std=gnu17", "-O1", *flags, "-I", ROOT / "shim", "-o", program, ROOT / "tests/pod/governed.c",
                    *libraries, "-pthread"], check=True)
    return program


def run(governed, cap, growth_mib, **settings):
    """(exit code, oom kills, output)"""
    with Box([governed, cap, growth_mib, TRANSACTIONS], memory_bytes=96 * MIB,
             env={"MALLOC_ARENA_MAX": "2", **settings}) as box:
        return box.exit_code(180), box.oom_kills, box.output()


def test_without_a_governor_the_program_is_killed(governed):
    code, kills, _ = run(governed, 60, 0)
    assert (code, kills) == (-signal.SIGKILL, 1)


# 4 MiB each: some 17, 13 and 10 would fit; the reserve is for what nobody knows.
@pytest.mark.parametrize("growth_mib, least", [(0, 9), (20, 5), (35, 3)])
def test_with_the_governor_it_lives_and_works(governed, growth_mib, least):
    code, kills, output = run(governed, 0, growth_mib)
    assert (code, kills) == (0, 0), output[-2000:]
    caps = [int(cap) for cap in re.findall(r": cap (\d+):", output)]
    print(f"growth {growth_mib} MiB: cap up to {max(caps)}, in the end {caps[-1]}")
    used = [int(bytes) // MIB for bytes in re.findall(r"sample \d+ \d+ (\d+) ", output)]
    late = len(caps) * 3 // 4
    # two arenas for 60 threads: now and then they keep so much that there is nothing left to allow
    assert max(caps[late:]) >= least or min(used[late:]) > 82, output[-2000:]


@pytest.mark.parametrize("hold", ["listen news", "begin", "select pg_advisory_lock(1)"])
def test_a_server_that_is_only_held_does_not_keep_the_next_client_out(volume, postgres, installed, hold):
    """In so little memory that the cap is one. Whoever holds a transaction open may need a second connection to end it."""
    with Container(volume, postgres, installed, "pod", MEMORY_LIMIT=64 * MIB, WAIT_TIMEOUT="15s") as pod:
        pod("eat", 24 << 10)
        pod.connected("one")
        pod("ask", "one", hold)
        held = samples(pod.box.output())[-1].ms
        wait.until(lambda: samples(pod.box.output())[-1].ms > held + 1500, "what ended before is judged")
        assert pod.status()["cap"]["servers"] == 1
        pod.connected("two")
        print(pod.status()["cap"]["reason"])
