"""What a direct and a pooled session may differ in; everything else is compared byte by byte.

A row of TABLE rewrites a message so that both runs say the same; it sees nothing but one run at a time. Timing:
notifications come when they come, so those are compared among themselves; all else in its order.
"""
import struct

from support.pgwire import fields


class Run:
    """What one run must know of itself to be comparable."""

    def __init__(self):
        self.pids = {}  # name of the connection -> pid in its BackendKeyData


def key(run, name, payload):
    return struct.pack("!ii", 0, 0) if len(payload) == 8 else payload


def notifier(run, name, payload):
    """By the pid that one was told at login: the name of its connection."""
    pid = struct.unpack_from("!i", payload)[0]
    return next((who for who, told in run.pids.items() if told == pid), "nobody's").encode() + b" " + payload[4:]


TABLE = {  # letter: (what may differ, how both are made equal)
    b"K": ("pid and key are the broker's own", key),
    b"A": ("each run has its own pids", notifier),
}
ANY_TIME = (b"A",)

# What the broker says where no server can: file, line and routine in PostgreSQL's source it does not know, they change
# with the version. An error that has them is the server's, and compared to the last byte.
BROKER_SAYS = {
    ("57014", "canceling statement due to user request"),  # of who is in line for a server
    ("08P01", "invalid frontend message type 33"), ("08P01", "invalid frontend message type 112"),
    ("08P01", "invalid frontend message type 0"),
    ("28000", "no PostgreSQL user name specified in startup packet"),
}
SOURCE = (b"F", b"L", b"R")


def same(run, name, letter, payload):
    return TABLE[letter][1](run, name, payload) if letter in TABLE else payload


def comparable(run):
    """{name: (messages in their order, notifications in theirs, bytes after the last whole message)}"""
    found = {}
    for name, session in run.sessions.items():
        said = [(step, letter, same(run, name, letter, payload)) for step, letter, payload in session.heard]
        found[name] = ([m for m in said if m[1] not in ANY_TIME], [m[1:] for m in said if m[1] in ANY_TIME],
                       session.rest)
    return found


def as_the_broker_says(direct, pooled):
    """The payload of a direct error, without what the broker leaves out if it is the one who says it pooled."""
    said = fields(pooled)
    if "F" in said or (said["C"], said["M"]) not in BROKER_SAYS:
        return direct
    return b"\0".join(part for part in direct.split(b"\0") if part[:1] not in SOURCE)
