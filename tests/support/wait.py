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
