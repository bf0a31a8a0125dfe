"""PostgreSQL's protocol 3.0 by hand: just enough to say things that no driver says."""
import socket
import struct

# Which server is it? Asked so, the answer gives nobody a claim to it (shim/session/clause.h).
PID = "select pid from pg_stat_activity where pid = pg_backend_pid()"


def msg(letter, payload=b""):
    return letter + struct.pack("!i", len(payload) + 4) + payload


def text(*words):
    return b"".join(w.encode() + b"\0" for w in words)


def startup(user="app", database="app", **settings):
    words = ["user", user, "database", database] + [w for pair in settings.items() for w in pair]
    body = struct.pack("!i", 3 << 16) + text(*words) + b"\0"
    return struct.pack("!i", len(body) + 4) + body


def query(sql):
    return msg(b"Q", text(sql))


def parse(sql, name="", types=()):
    return msg(b"P", text(name, sql) + struct.pack(f"!h{len(types)}I", len(types), *types))


def bind(*values, name="", portal=""):
    words = b"".join(struct.pack("!i", len(v.encode())) + v.encode() for v in values)
    return msg(b"B", text(portal, name) + struct.pack("!hh", 0, len(values)) + words + struct.pack("!h", 0))


def describe(kind=b"P", name=""):
    return msg(b"D", kind + text(name))


def execute(portal="", rows=0):
    return msg(b"E", text(portal) + struct.pack("!i", rows))


def close(kind=b"S", name=""):
    return msg(b"C", kind + text(name))


SYNC, FLUSH, TERMINATE, COPY_DONE = msg(b"S"), msg(b"H"), msg(b"X"), msg(b"c")


def copy_data(data):
    return msg(b"d", data)


def copy_fail(why="no reason"):
    return msg(b"f", text(why))


def fields(payload):
    """Of an ErrorResponse or NoticeResponse: {"S": "ERROR", "C": "42601", "M": ...}."""
    return {f[:1].decode(): f[1:].decode() for f in payload.rstrip(b"\0").split(b"\0") if f}


def columns(payload):
    """Of a DataRow: a list of text or None."""
    count, at, values = struct.unpack_from("!h", payload)[0], 2, []
    for _ in range(count):
        (size,) = struct.unpack_from("!i", payload, at)
        at += 4
        values.append(None if size < 0 else payload[at:at + size].decode())
        at += max(size, 0)
    return values


def split(data):
    """(whole messages [(letter, payload)], rest)."""
    found = []
    while len(data) >= 5:
        size = struct.unpack("!i", data[1:5])[0] + 1
        if size < 5 or len(data) < size:
            break
        found.append((data[:1], data[5:size]))
        data = data[size:]
    return found, data


def summary(data):
    """What a server's answer says, without what differs between sessions (backend key, order of settings)."""
    messages, rest = split(data)
    settings = sorted(p for letter, p in messages if letter == b"S")
    said = [(letter, fields(p)["C"], fields(p)["M"]) if letter == b"E" else (letter, p)
            for letter, p in messages if letter not in b"KS"]
    return said, settings, rest


class Wire:
    """One session on a connected socket."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = bytearray()
        self.settings = {}
        self.key = None

    def send(self, *messages):
        self.sock.sendall(b"".join(messages))

    def recv(self):
        """The next (letter, payload); (b"", b"") when the other side has closed."""
        self._fill(5)
        if len(self.buffer) < 5:
            return b"", b""
        size = struct.unpack_from("!i", self.buffer, 1)[0] + 1
        self._fill(size)
        if len(self.buffer) < size:
            return b"", b""
        letter, payload = bytes(self.buffer[:1]), bytes(self.buffer[5:size])
        del self.buffer[:size]
        return letter, payload

    def _fill(self, size):
        while len(self.buffer) < size and (more := self.read_some()):
            self.buffer += more

    def read_some(self, size=65536):
        try:
            return self.sock.recv(size)
        except ConnectionResetError:
            return b""

    def until(self, *letters):
        """Messages up to and including the first of these letters, or up to the end of the connection."""
        got = []
        while True:
            letter, payload = self.recv()
            if not letter:
                return got
            got.append((letter, payload))
            if letter in letters:
                return got

    def login(self, user="app", database="app", password=None, **settings):
        self.send(startup(user, database, **settings))
        while True:
            letter, payload = self.recv()
            if letter == b"R" and payload == struct.pack("!i", 3):
                self.send(msg(b"p", text(password)))
            elif letter == b"S":
                name, value = payload[:-1].decode().split("\0")
                self.settings[name] = value
            elif letter == b"K":
                self.key = payload
            elif letter in (b"E", b""):
                raise ConnectionError(fields(payload))
            elif letter == b"Z":
                return self

    def ask(self, sql):
        """Rows of a simple query as lists of text; an ErrorResponse raises Refused."""
        self.send(query(sql))
        return self.rows()

    def rows(self):
        got = self.until(b"Z")
        for letter, payload in got:
            if letter == b"E":
                raise Refused(fields(payload))
        if not got or got[-1][0] != b"Z":
            raise ConnectionError("closed in the middle of an answer")
        self.status = got[-1][1].decode()
        return [columns(p) for letter, p in got if letter == b"D"]

    def drain(self):
        """Everything up to the end of the connection."""
        while more := self.read_some():
            self.buffer += more
        data, self.buffer = bytes(self.buffer), bytearray()
        return data

    def listen(self, seconds):
        """Reads until a ReadyForQuery, a FATAL error or the end, or until nothing comes for so long."""
        self.sock.settimeout(seconds)
        try:
            while more := self.read_some():
                self.buffer += more
                last = (split(bytes(self.buffer))[0] or [(b"", b"")])[-1]
                if last[0] == b"Z" or last[0] == b"E" and fields(last[1])["S"] == "FATAL":
                    break
        except TimeoutError:
            pass
        self.sock.settimeout(20)

    def half_close(self):
        """Nothing more will be said, but the answer is wanted."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def reset(self):
        """Leaves without a word, as a killed process on a lost host does."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def bye(self):
        try:
            self.send(TERMINATE)
        except OSError:
            pass
        self.sock.close()


class Refused(Exception):
    @property
    def sqlstate(self):
        return self.args[0]["C"]
