"""What the broker's debug log says of each look at the cgroup, and what that shows."""
import itertools
import math
import re
import statistics
import typing

MIB = 1 << 20
REPORT = 5 * MIB  # what one costs the program while it is at work (reports.c)
RESERVE = 12 * MIB  # the governor's, of 96 MiB, on a slow machine


class Sample(typing.NamedTuple):
    ms: int
    limit: int
    working_set: int
    open: int
    lent: int
    waiting: int
    returned: int
    cap: int


def samples(output):
    return [Sample(*map(int, found)) for found in
            re.findall(r"sample (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+): cap (\d+)", output)]


def allowed(seen, least):
    """How many may be at work: `least`, or fewer where the program's allocator keeps what earlier work had. (glibc's arenas
    give back from their tops only. After eleven at work one alone had 29 MiB of its own in one run of eight, 10 to 17 in the
    others; with 35 MiB of growth and one at work 85 of 96 MiB stayed in use.) What it keeps is what most seconds had beside
    the work at its highest, so that a pool which holds the cap low for nothing is not excused."""
    kept = []
    for _, second in itertools.groupby(seen, lambda sample: sample.ms // 1000):
        looks = list(second)
        kept.append(max(look.working_set for look in looks) - REPORT * max(look.lent for look in looks))
    return max(1, min(least, (seen[-1].limit - RESERVE - statistics.median(kept)) // REPORT))


def recovery(output, least):
    """For how many seconds at most there were fewer than `least`, or what is allowed, at work after the program had grown.
    Infinite: in all of the second half of that time."""
    seen = samples(output.partition("\ngrown\n")[2])
    if not seen:
        return math.inf
    least = allowed(seen, least)
    if max((sample.lent for sample in seen[len(seen) // 2:]), default=0) < least:
        return math.inf
    longest, began = 0, None
    for sample in seen:
        if began is not None:
            longest = max(longest, sample.ms - began)
        if sample.lent >= least:
            began = None
        elif began is None:
            began = sample.ms
    return longest / 1000
