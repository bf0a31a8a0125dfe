"""The memory table in its short form: each row once, without podpool and with it. The long form, which compares with fixed
pool sizes over ten runs, is `scripts/bench pod`.

Nothing here is judged by time: how many are at work at once is held against what memory allows, and each run goes on until
that has been seen, or until it never will be. A busy machine only makes it longer.
"""
import math
import time

import pytest

import memory_table
from memory_table import NO_POOL, ROWS
from samples import MIB, allowed, recovery, samples
from support.pool import BUILD

pytestmark = pytest.mark.release  # a sanitizer's shadow memory is not the program's
PATIENCE = 150  # seconds; an idle machine needs five
MORE = 60  # reports, to see that it goes on living


@pytest.fixture(scope="module")
def bench():
    with memory_table.Bench(BUILD) as bench:
        yield bench


def looks(box):
    return samples(box.output())


def wait(box, what, happened):
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert box.oom_kills == 0 and box.is_running(), f"killed before {what}:\n{box.output()[-3000:]}"
        assert time.monotonic() < deadline, f"{PATIENCE} s without {what}:\n{box.output()[-3000:]}"
        time.sleep(0.1)


def wait_at_work(box, row, least, since=0):
    """So many at once, or what memory allows, seen after the first `since` samples, and some more reports."""
    def happened():
        seen = looks(box)[since:]
        most = max((s.lent for s in seen), default=0)
        if most >= least or row.java or not seen or seen[-1].returned < seen[0].returned + MORE:
            return most >= least
        return most >= allowed(seen, least)

    wait(box, f"{least} at work", happened)
    before = looks(box)[-1].returned
    wait(box, f"{MORE} more reports", lambda: looks(box)[-1].returned >= before + MORE)


@pytest.mark.parametrize("row", [row for row in ROWS if not row.java], ids=lambda row: row.name)
def test_without_a_pool_the_program_is_killed(bench, row):
    assert bench.run(row, NO_POOL, PATIENCE).kills == 1


@pytest.mark.pooled
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_with_podpool_it_lives_and_works_and_the_cap_recovers(bench, row):
    first, last = row.least
    with bench.box(row, 3 * PATIENCE) as box:
        wait_at_work(box, row, first)
        if row.grow_mib:
            wait(box, "growth", lambda: "grown" in box.output())
        for limit in row.limits:
            wait(box, f"a limit of {limit}", lambda limit=limit: memory_table.granted(box, limit))
            wait(box, "a look at it", lambda limit=limit: looks(box)[-1].limit == limit)
        wait_at_work(box, row, last, since=len(looks(box)))
        assert box.oom_kills == 0
        print(f"{row.name}: {max(s.lent for s in looks(box))} at work, peak {box.peak_bytes >> 20} MiB")


def log(*at_work, kept=40):
    """Looks of (ms, lent), in 96 MiB of which so many are the program's own."""
    return "".join(f"podpool[9]: sample {ms} {96 * MIB} {(kept + 5 * lent) * MIB} {lent} {lent} 9 0: cap {lent}\n"
                   for ms, lent in at_work)


def test_recovery_is_the_longest_time_below_what_memory_allows():
    grew = log((0, 1), (9000, 9)) + "grown\n"
    assert recovery(grew + log((9500, 9), (10000, 4), (12000, 4), (12500, 5), (13000, 4), (13500, 6)), 5) == 2.5
    assert recovery(grew + log((9500, 9), (10000, 5), (12000, 5)), 5) == 0
    assert recovery(grew + log((9500, 9), (10000, 9), (10500, 4), (11000, 4)), 5) == math.inf
    assert recovery(grew, 5) == math.inf


def test_memory_that_the_program_keeps_allows_fewer():
    grew = log((0, 1), (9000, 9)) + "grown\n"
    assert recovery(grew + log((9500, 1), (10000, 2), (11000, 3), kept=70), 5) == 0.5  # two fit
    assert recovery(grew + log((9500, 1), (10000, 1), (10500, 1), kept=70), 5) == math.inf
    assert recovery(grew + log((9500, 1), (10000, 1), (10500, 1), kept=95), 5) == 0  # never none
    gave_back = log((9500, 1), (10000, 1), kept=70) + log((10500, 1), kept=40)
    assert recovery(grew + gave_back, 5) == math.inf
