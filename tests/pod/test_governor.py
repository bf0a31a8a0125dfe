"""The governor against the real kernel: 60 threads with 4 MiB results in 96 MiB, the program growing beside them.

Without it the same program is OOM-killed. The synthetic stories are in tests/unit/cgroup/test_governor_sim.c.
"""
import pathlib
import re
import signal
import subprocess

import pytest

from box import Box

MIB = 1 << 20
ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS = 12
pytestmark = pytest.mark.release  # a sanitizer's shadow memory is not the program's


@pytest.fixture(scope="module")
def governed(build, tmp_path_factory):
    libraries = [build / "libpp_cgroup.a", build / "libpp_base.a"]
    if not all(library.exists() for library in libraries):
        pytest.skip(f"not built: {libraries}")
    program = tmp_path_factory.mktemp("governed") / "governed"
    sanitized = "PP_SANITIZE:BOOL=ON" in (build / "CMakeCache.txt").read_text()
    flags = ["-fsanitize=address,undefined"] if sanitized else []
    compiler = re.search(r"CMAKE_C_COMPILER:\w+=(.*)", (build / "CMakeCache.txt").read_text())[1]
    subprocess.run([compiler, "-std=gnu17", "-O1", *flags, "-I", ROOT / "shim", "-o", program, ROOT / "tests/pod/governed.c",
                    *libraries, "-pthread"], check=True)
    return program


def run(governed, cap, growth_mib, **settings):
    """(exit code, oom kills, transactions, peak in MiB, output)"""
    with Box([governed, cap, growth_mib, SECONDS], memory_bytes=96 * MIB,
             env={"MALLOC_ARENA_MAX": "2", **settings}) as box:
        code = box.exit_code(SECONDS + 30)
        found = re.search(r"transactions (\d+)", box.output())
        return code, box.oom_kills, int(found[1]) if found else 0, box.peak_bytes // MIB, box.output()


def test_without_a_governor_the_program_is_killed(governed):
    code, kills, *_ = run(governed, 60, 0)
    assert (code, kills) == (-signal.SIGKILL, 1)


@pytest.mark.parametrize("growth_mib", [0, 20, 35])
def test_with_the_governor_it_lives_and_works(governed, growth_mib):
    code, kills, transactions, peak, output = run(governed, 0, growth_mib)
    print(f"growth {growth_mib} MiB: {transactions} transactions, peak {peak} MiB")
    assert (code, kills) == (0, 0), output[-2000:]
    assert transactions > 200, output[-2000:]
