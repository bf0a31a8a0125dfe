"""What a direct and a pooled session may differ in, one row each; everything else is compared byte by byte.

A row rewrites a message so that both runs say the same; it sees nothing but one run at a time.
"""
import re
import struct

FIRST_USER_OID = 16384


class Run:
    """What one run must know of itself to be comparable: the pids it was told, the OIDs it made."""

    def __init__(self):
        self.pids = {}  # name of the connection -> pid in its BackendKeyData
        self.oids = {}  # OID -> its number in order of appearance


def key(run, name, payload):
    return struct.pack("!ii", 0, 0) if len(payload) == 8 else payload


def notifier(run, name, payload):
    """Its own pid it must recognise; another's is that of the server the other was lent at that moment."""
    pid = struct.unpack_from("!i", payload)[0]
    return (b"own " if pid == run.pids.get(name) else b"else") + payload[4:]


def oid(run, number):
    return number if number < FIRST_USER_OID else FIRST_USER_OID + run.oids.setdefault(number, len(run.oids))


def row_description(run, name, payload):
    count, at, out = struct.unpack_from("!h", payload)[0], 2, [payload[:2]]
    for _ in range(count):
        end = payload.index(b"\0", at) + 1
        table, column, kind, *rest = struct.unpack_from("!ihihih", payload, end)
        out += [payload[at:end], struct.pack("!ihihih", oid(run, table), column, oid(run, kind), *rest)]
        at = end + 18
    return b"".join(out)


def parameter_description(run, name, payload):
    kinds = struct.unpack_from(f"!{struct.unpack_from('!h', payload)[0]}i", payload, 2)
    return payload[:2] + b"".join(struct.pack("!i", oid(run, kind)) for kind in kinds)


def error(run, name, payload):
    """Source file, line and routine of errors that the broker may have to say in the server's place: what ends a
    connection or a login, and a cancel. Internal errors name what they miss by OID: "type 16397"."""
    parts = payload.split(b"\0")
    if b"SFATAL" in parts or b"C57014" in parts:
        return b"\0".join(part for part in parts if part[:1] not in (b"F", b"L", b"R"))
    if b"CXX000" in parts:
        return re.sub(rb"\b\d{5,9}\b", lambda m: b"%d" % oid(run, int(m[0])), payload)
    return payload


TABLE = {  # letter: (what may differ, how both are made equal)
    b"K": ("pid and key are the broker's own", key),
    b"A": ("the pid of another session that notified", notifier),
    b"T": ("OIDs of tables and types that the script itself made", row_description),
    b"E": ("where in the server's source an error is from, where the broker must say it; OIDs in internal errors", error),
    b"t": ("OIDs of types that the script itself made", parameter_description),
}
# The server says AuthenticationOk (trust) before it looks whether role and database exist; the broker knows already.
REFUSAL = [b"R", b"E"]
# Timing: a notification comes when it comes, so those are compared among themselves; all else in its order.
ANY_TIME = (b"A",)


def same(run, name, letter, payload):
    return TABLE[letter][1](run, name, payload) if letter in TABLE else payload


def comparable(run):
    """{name: (messages in their order, notifications in theirs, bytes after the last whole message)}"""
    found = {}
    for name, session in run.sessions.items():
        said = [(step, letter, same(run, name, letter, payload)) for step, letter, payload in session.heard]
        if [m[1] for m in said[:2]] == REFUSAL:
            del said[0]
        found[name] = ([m for m in said if m[1] not in ANY_TIME], [m[1:] for m in said if m[1] in ANY_TIME],
                       session.rest)
    return found
