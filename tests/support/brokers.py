"""Which processes are brokers. Asked anew each time: a pid that was noted may be somebody else's by now."""
import os


def of(directory):
    """The pids of those that live and whose directory this is, or one in it."""
    return [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and _serves(pid, os.fsencode(directory))]


def _serves(pid, directory):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as f:  # empty once it has ended
            _, _, words = f.read().partition(b"\0broker\0--dir\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return words.startswith((directory + b"\0", directory + b"/"))
