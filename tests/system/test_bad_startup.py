"""What is said before login, if it is not what PostgreSQL wants to hear, gets PostgreSQL's own answer."""
import re
import struct

import pytest

from support import pgwire


def answer(wire, data):
    """Everything the other side says to these bytes; when it has nothing more to say, the stream ends."""
    try:
        wire.send(data)
    except OSError:
        pass  # closed before it had read everything: what it said is still to be read
    wire.listen(seconds=1)
    wire.half_close()
    return pgwire.summary(wire.drain())


def version(major, minor=0):
    body = struct.pack("!hh", major, minor) + pgwire.text("user", "app", "database", "app") + b"\0"
    return struct.pack("!i", len(body) + 4) + body


def length(size, body=b""):
    return struct.pack("!i", size) + body


GARBAGE = {
    "nothing": b"",
    "http": b"GET / HTTP/1.0\r\n\r\n",
    "ssh": b"SSH-2.0-OpenSSH_9.2\r\n",
    "zeros": b"\0" * 64,
    "ones": b"\xff" * 64,
    "negative-length": length(-1, b"x" * 100),
    "length-zero": length(0, b"x" * 100),
    "length-seven": length(7, b"xxx"),
    "length-eight-version-3": length(8, struct.pack("!i", 3 << 16)),
    "length-2-gib": length(0x7fffffff, b"x" * 100),
    "protocol-2": version(2),
    "protocol-4": version(4),
    "protocol-3.99": version(3, 99),
    "no-terminator": length(8 + 9, struct.pack("!i", 3 << 16) + b"user\0app\0"),
    "no-user": length(9, struct.pack("!i", 3 << 16) + b"\0"),
    "name-without-value": length(8 + 6, struct.pack("!i", 3 << 16) + b"user\0\0"),
    "unknown-setting": pgwire.startup(no_such_setting="1"),
    "bad-value": pgwire.startup(DateStyle="nonsense"),
    "extension-option": pgwire.startup(**{"_pq_.podpool": "1"}),
    "no-such-database": pgwire.startup(database="nowhere"),
    "no-such-role": pgwire.startup(user="nobody at all"),
    "cancel-of-nobody": length(16, struct.pack("!iii", 80877102, 12345, 67890)),
    "cancel-too-short": length(12, struct.pack("!ii", 80877102, 12345)),
    "gss-then-garbage": length(8, struct.pack("!i", 80877104)) + b"\xff" * 20,
    "ssl-then-garbage": length(8, struct.pack("!i", 80877103)) + b"\xff" * 20,
    "ssl-twice": length(8, struct.pack("!i", 80877103)) * 2 + pgwire.startup(),
    "first-message-is-a-query": pgwire.query("select 1"),
    "replication": pgwire.startup(replication="database"),
}


def words(said):
    """Without where in its source the server found it, if it left before it had said all."""
    messages, tls, rest = said
    rest = re.sub(rb"E....S(.*?)(F[^\0]*\0L[^\0]*\0R[^\0]*\0)?\0$", rb"E \1", rest, flags=re.S)  # source file and line
    return messages, tls, rest


@pytest.mark.parametrize("name", GARBAGE)
def test_same_answer_as_the_server(name, raw, direct):
    expected = answer(direct(), GARBAGE[name])
    assert words(answer(raw(), GARBAGE[name])) == words(expected)
    assert raw().login().ask("select 1") == [["1"]]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 20, 100, 9999, 10000, 10001, 65536, 1 << 20])
def test_startup_packet_of_any_size(size, raw, direct):
    """A well-formed packet made this long by a setting, or cut to this length when shorter."""
    shortest = len(pgwire.startup(**{"my.padding": ""}))
    packet = pgwire.startup(**{"my.padding": "a" * max(0, size - shortest)})[:size]
    assert len(packet) == size
    assert words(answer(raw(), packet)) == words(answer(direct(), packet))
    assert raw().login().ask("select 1") == [["1"]]


def test_session_said_in_one_breath(raw, direct):
    """A client that does not wait for AuthenticationOk."""
    session = pgwire.startup() + pgwire.query("select 1") + pgwire.TERMINATE
    answers = []
    for wire in (direct(), raw()):
        wire.send(session)
        answers.append(pgwire.summary(wire.drain()))
    assert answers[0][0][-1] == (b"Z", b"I")
    assert answers[1] == answers[0]


def test_startup_byte_by_byte(raw):
    wire = raw()
    for byte in pgwire.startup(application_name="slowly"):
        wire.send(bytes([byte]))
    assert wire.until(b"Z")[-1] == (b"Z", b"I")
    assert wire.ask("show application_name") == [["slowly"]]


def test_half_closed_client_still_gets_its_answer(raw, direct):
    """Whoever says everything, shuts its writing side and then reads."""
    session = pgwire.startup() + pgwire.query("select 1")
    answers = []
    for wire in (direct(), raw()):
        wire.send(session)
        wire.half_close()
        answers.append(pgwire.summary(wire.drain()))
    assert answers[0][0][-1] == (b"Z", b"I")
    assert answers[1] == answers[0]
