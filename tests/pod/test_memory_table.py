"""The memory table in its short form: each row once, without podpool and with it. The long form, which compares with fixed
pool sizes over ten runs, is `scripts/bench pod`.

Nothing here is judged by time: how many are at work at once is held against what memory allows, and each run goes on until
that has been seen, or until it never will be. A busy machine only makes it longer.
"""
import re
import time
import typing

import pytest

import memory_table
from memory_table import NO_POOL, ROWS

pytestmark = pytest.mark.release  # a sanitizer's shadow memory is not the program's
PATIENCE = 150  # seconds; an idle machine needs five
MORE = 60  # reports, to see that it goes on living

# How many must be at work at once: before the program grows or the limit is lowered, and after that. 5 MiB each and 5 MiB
# for the program, but allocators keep what they like: of fixed sizes 12 at most survive where 17 would fit.
LEAST = {"steady": (8, 8), "grows 20 MiB": (8, 6), "grows 35 MiB": (8, 5), "reads files": (8, 8), "limit lowered": (11, 8),
         "flat-high JVM": (40, 40)}


class Sample(typing.NamedTuple):
    """As the broker logs each look at the cgroup."""
    ms: int
    limit: int
    working_set: int
    open: int
    lent: int
    waiting: int
    returned: int
    cap: int


@pytest.fixture(scope="module")
def bench(build):
    with memory_table.Bench(build) as bench:
        yield bench


def samples(box):
    return [Sample(*map(int, found)) for found in
            re.findall(r"sample (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+): cap (\d+)", box.output())]


def wait(box, what, happened):
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert box.oom_kills == 0 and box.is_running(), f"killed before {what}:\n{box.output()[-3000:]}"
        assert time.monotonic() < deadline, f"{PATIENCE} s without {what}:\n{box.output()[-3000:]}"
        time.sleep(0.1)


def wait_at_work(box, least, since=0):
    """So many at once, seen after the first `since` samples, and some more reports."""
    wait(box, f"{least} at work", lambda: max((s.lent for s in samples(box)[since:]), default=0) >= least)
    before = samples(box)[-1].returned
    wait(box, f"{MORE} more reports", lambda: samples(box)[-1].returned >= before + MORE)


@pytest.mark.parametrize("row", [row for row in ROWS if not row.java], ids=lambda row: row.name)
def test_without_a_pool_the_program_is_killed(bench, row):
    assert bench.run(row, NO_POOL, PATIENCE).kills == 1


@pytest.mark.pooled
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_with_podpool_it_lives_and_works_and_the_cap_recovers(bench, row):
    first, last = LEAST[row.name]
    with bench.box(row, 3 * PATIENCE) as box:
        wait_at_work(box, first)
        if row.grow_mib:
            wait(box, "growth", lambda: "grown" in box.output())
        for limit in row.limits:
            wait(box, f"a limit of {limit}", lambda limit=limit: memory_table.granted(box, limit))
            wait(box, "a look at it", lambda limit=limit: samples(box)[-1].limit == limit)
        wait_at_work(box, last, since=len(samples(box)))
        assert box.oom_kills == 0
        print(f"{row.name}: {max(s.lent for s in samples(box))} at work, peak {box.peak_bytes >> 20} MiB")
