"""Waiting for an event instead of sleeping."""
import time


def until(condition, what, seconds=10, pause=0.02):
    """The first true answer of condition(); AssertionError that says `what` and the last answer otherwise."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s still not: {what} (last answer: {answer!r})")
        time.sleep(pause)


def gone(pid):
    """Has this process ended? A zombie that nobody reaps counts as ended."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
