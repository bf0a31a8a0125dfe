"""What the broker's debug log says of each look at the cgroup, and what that shows."""
import math
import re
import typing


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


def recovery(output, least):
    """For how many seconds at most there were fewer than `least` at work after the program had grown. Infinite: in all of the
    second half of that time."""
    seen = samples(output.partition("\ngrown\n")[2])
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
