"""The memory table in its short form: each row once, for a few seconds, without podpool and with it. The long form, which
compares with fixed pool sizes over ten runs, is `scripts/bench pod`.
"""
import re

import pytest

import memory_table
from memory_table import NO_POOL, PODPOOL, ROWS

pytestmark = pytest.mark.release  # a sanitizer's shadow memory is not the program's
SECONDS = 9
# A limit lowered below what the work in flight is about to need kills now and then, whoever admitted it: only in the long
# form. That the cap follows is in tests/unit/cgroup/test_governor.c.
SURE = [row for row in ROWS if not row.lower_from]


@pytest.fixture(scope="module")
def bench(build):
    with memory_table.Bench(build) as bench:
        yield bench


@pytest.mark.parametrize("row", [row for row in ROWS if not row.java], ids=lambda row: row.name)
def test_without_a_pool_the_program_is_killed(bench, row):
    assert bench.run(row, NO_POOL, 3).kills == 1


@pytest.mark.pooled
@pytest.mark.parametrize("row", SURE, ids=lambda row: row.name)
def test_with_podpool_it_lives_and_works(bench, row):
    run = bench.run(row, PODPOOL, SECONDS)
    print(f"{row.name}: {run.reports} reports, peak {run.peak_mib} MiB")
    assert run.survived, run.output[-3000:]
    assert run.reports > 20, run.output[-3000:]


@pytest.mark.pooled
def test_the_cap_recovers_after_the_program_has_grown(bench):
    """Within 30 s it is what a program of that size gets: 35 MiB are gone, 96 - 10 - 45 are left for 5 MiB each."""
    row = next(row for row in ROWS if row.name == "grows 35 MiB")
    run = bench.run(row, PODPOOL, 18, LOG="debug")
    assert run.survived, run.output[-3000:]
    samples = [(int(ms), int(lent)) for ms, lent in
               re.findall(r"sample (\d+) \d+ \d+ \d+ (\d+) \d+ \d+: cap", run.output)]
    late = [lent for ms, lent in samples if ms > samples[-1][0] - 5000]
    assert max(late) >= 6, run.output[-3000:]
