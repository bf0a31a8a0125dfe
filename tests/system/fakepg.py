"""A server that logs everybody in and then says what a test wants: whole, half, or nonsense.

FakePg(answers={sql: bytes}, login=...): a query it has no answer for is acknowledged.
`login` replaces the answer to the startup packet. `refuse(startup packet)` may answer it with a last word; `judge(password)`
too, once it has asked for one in clear text.
"""
import socket
import struct
import threading

from support import pgwire

SETTINGS = {"server_version": "15.0", "server_encoding": "UTF8", "client_encoding": "UTF8", "DateStyle": "ISO, MDY",
            "standard_conforming_strings": "on", "integer_datetimes": "on", "TimeZone": "UTC", "IntervalStyle":
            "postgres", "application_name": "", "is_superuser": "off", "session_authorization": "app",
            "default_transaction_read_only": "off", "in_hot_standby": "off"}
READY = pgwire.msg(b"Z", b"I")


def fatal(sqlstate, message):
    return pgwire.msg(b"E", f"SFATAL\0VFATAL\0C{sqlstate}\0M{message}\0\0".encode())


LOGGED_IN = (pgwire.msg(b"R", struct.pack("!i", 0)) +
             b"".join(pgwire.msg(b"S", pgwire.text(k, v)) for k, v in SETTINGS.items()) +
             pgwire.msg(b"K", struct.pack("!ii", 4711, 815)) + READY)
ROW_DESCRIPTION = pgwire.msg(b"T", struct.pack("!h", 1) + b"a\0" + struct.pack("!ihihih", 0, 0, 25, -1, -1, 0))
ROW = pgwire.msg(b"D", struct.pack("!hi", 1, 3) + b"yes")
ANSWER = ROW_DESCRIPTION + ROW + pgwire.msg(b"C", b"SELECT 1\0") + READY
DONE = pgwire.msg(b"C", b"SET\0") + READY


class FakePg:
    host = "127.0.0.1"

    def __init__(self, answers=None, login=LOGGED_IN, hang_up_after=(), refuse=None, judge=None):
        self.answers = {"select 'good'": ANSWER, **(answers or {})}
        self.login = login
        self.hang_up_after = set(hang_up_after)  # queries whose answer ends with a close
        self.refuse = refuse
        self.judge = judge
        self.encryption = {80877103: b"N", 80877104: b"N"}  # what is said to who asks for TLS, for GSS
        self.startups = []  # the packets, without length and version
        self.heard = []  # the letters of what sessions say
        self.cancels = 0
        self.take_cancels = threading.Event()  # cancel requests end
        self.take_cancels.set()
        self.connections = []
        self.listener = socket.create_server((self.host, 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.take_cancels.set()
        if self.listener.fileno() >= 0:  # a test may have ended it
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
        for conn in self.connections:
            try:
                conn.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(conn)
            threading.Thread(target=self._serve, args=(conn,), daemon=True).start()

    def _serve(self, conn):
        try:
            with conn:
                self._session(conn)
        except (OSError, EOFError):
            pass

    def _session(self, conn):
        while True:
            size, code = struct.unpack("!ii", exactly(conn, 8))
            packet = exactly(conn, size - 8)
            if code in self.encryption:
                conn.sendall(self.encryption[code])
                if self.encryption[code] != b"N":
                    return
            elif code == 80877102:
                self.cancels += 1
                self.take_cancels.wait()
                return
            else:
                break
        self.startups.append(packet)
        last_word = self.refuse(packet) if self.refuse else None
        if self.judge:
            conn.sendall(pgwire.msg(b"R", struct.pack("!i", 3)))
            last_word = self.judge(self._message(conn)[1][:-1].decode())
        if last_word is not None:
            conn.sendall(last_word)
            return
        if self.login is None:
            conn.recv(1)  # says nothing for ever
            return
        conn.sendall(self.login)
        if b"Z" not in self.login[-6:]:
            return
        while True:
            letter, payload = self._message(conn)
            self.heard.append(letter)
            if letter == b"X":
                return
            if letter == b"Q":
                self.answer(conn, payload[:-1].decode())
            elif letter == b"S":
                conn.sendall(READY)

    @staticmethod
    def _message(conn):
        letter = exactly(conn, 1)
        return letter, exactly(conn, struct.unpack("!i", exactly(conn, 4))[0] - 4)

    def answer(self, conn, sql):
        conn.sendall(self.answers.get(sql, DONE))
        if sql in self.hang_up_after:
            raise EOFError


def exactly(conn, size):
    data = b""
    while len(data) < size:
        more = conn.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data
