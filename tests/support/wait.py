"""Waiting for an event instead of sleeping."""
import os
import select
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


def unchanged(look, seconds, limit=10):
    """What look() says when it has said the same for so long."""
    deadline, since, answer = time.monotonic() + limit, time.monotonic(), look()
    while time.monotonic() - since < seconds:
        assert time.monotonic() < deadline, f"after {limit} s still changing: {answer!r}"
        time.sleep(0.02)
        before, answer = answer, look()
        if answer != before:
            since = time.monotonic()
    return answer


def gone(pid):
    """Has this process ended, its sockets closed? A zombie that nobody reaps counts as ended, but not while other
    threads of it still live: they hold its descriptors."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            is_zombie = stat.read().rpartition(")")[2].split()[0] == "Z"
        return is_zombie and len(os.listdir(f"/proc/{pid}/task")) == 1
    except (FileNotFoundError, ProcessLookupError):
        return True


def is_readable(stream):
    """Something, or the end, can be read right now."""
    return bool(select.select([stream], [], [], 0)[0])
