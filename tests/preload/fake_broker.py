#!/usr/bin/python3 -SE
"""A broker that only speaks include/podpool/ipc.h: `podpool broker --dir DIR`.

Answers ROUTE with a listener of its own on 127.66/16 that greets with "pooled". Its behaviour comes
from PODPOOL_FAKE (the shim hands every PODPOOL_* variable on): comma separated words, see `moods`.
Everything asked is appended to DIR/asked, one JSON object a line.
"""
import json
import os
import selectors
import signal
import socket
import struct
import sys
import time

MAGIC, VERSION = 0x4C4F4F50, 1
ROUTE, PEER, TERM, WISH = 1, 2, 3, 5
ROUTED, DIRECT, OK, WAIT, NOW, REFUSE = 64, 65, 66, 67, 68, 69
MESSAGE = struct.Struct("=IHHQII20s4x")
LOCK_FD, READY_FD = 3, 4


def address(raw):
    family, port = raw[0], struct.unpack(">H", raw[2:4])[0]
    kind = socket.AF_INET if family == 4 else socket.AF_INET6
    return socket.inet_ntop(kind, raw[4 : 8 if family == 4 else 20]), port


def pulse(netns):
    return struct.pack("=24xQq", netns, time.monotonic_ns() // 1000000)


class Broker:
    def __init__(self, where, moods):
        self.where, self.moods = where, moods
        self.netns = 1 if "elsewhere" in moods else os.stat("/proc/self/ns/net").st_ino
        self.routes = {}  # original raw address -> our raw address
        self.back = {}
        self.selector = selectors.DefaultSelector()
        self.kept = []
        self.asked = open(os.path.join(where, "asked"), "a", buffering=1)

    def listen(self):
        path = os.path.join(self.where, "sock")
        if os.path.exists(path):
            os.unlink(path)
        server = socket.socket(socket.AF_UNIX)
        server.bind(path + ".new")  # under its name it listens from the first moment
        if "stranger" in self.moods:  # SO_PEERCRED is of the time of listen()
            os.seteuid(54321)
        server.listen(4096)
        os.seteuid(os.getuid())
        os.rename(path + ".new", path)
        self.selector.register(server, selectors.EVENT_READ, self.on_question)
        path = os.path.join(self.where, "tell")
        if os.path.exists(path):
            os.unlink(path)
        told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        told.bind(path)
        if "deaf" not in self.moods:
            self.selector.register(told, selectors.EVENT_READ, self.on_told)

    def publish(self):
        with open(os.path.join(self.where, "routes.new"), "wb") as f:
            f.write(pulse(self.netns))
            for original, ours in self.routes.items():
                f.write(original + ours)
        os.rename(os.path.join(self.where, "routes.new"), os.path.join(self.where, "routes"))

    def beat(self):
        with open(os.path.join(self.where, "routes"), "r+b") as f:
            f.write(pulse(self.netns))

    def on_told(self, sock):
        magic, version, op, cookie, length, flags, addr = MESSAGE.unpack(sock.recv(1000))
        assert (magic, version, op) == (MAGIC, VERSION, ROUTE)
        self.note(op="told", cookie=cookie, flags=flags, addr=address(addr))

    def note(self, **what):
        self.asked.write(json.dumps(what) + "\n")

    def on_question(self, server):
        sock, _ = server.accept()
        raw = sock.recv(MESSAGE.size + 4000)
        if len(raw) < MESSAGE.size:
            return
        magic, version, op, cookie, length, flags, addr = MESSAGE.unpack(raw[:MESSAGE.size])
        text = raw[MESSAGE.size:]
        assert (magic, version, length) == (MAGIC, VERSION, len(text))
        pid = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        words = {ROUTE: "route", PEER: "peer", TERM: "term", WISH: "wish"}
        self.note(op=words.get(op, op), cookie=cookie, flags=flags, pid=pid, text=text.decode(),
                  addr=address(addr) if op in (ROUTE, PEER) else None)
        answer, raw_addr = self.answer(op, addr, pid)
        if answer == "hang":
            self.kept.append(sock)
        elif answer == "exit":
            os._exit(1)
        elif answer == "garbage":
            sock.send(b"x" * MESSAGE.size)
        elif answer:
            try:
                netns = self.netns if op == ROUTE and answer == ROUTED else 0
                sock.send(MESSAGE.pack(MAGIC, VERSION, answer, netns, 0, 0, raw_addr))
            except OSError:
                pass  # told, not asked

    def answer(self, op, addr, pid):
        nothing = bytes(20)
        if op == WISH:
            return (DIRECT if "no_wishes" in self.moods else OK), nothing
        if op == PEER:
            return (ROUTED, self.back[addr]) if addr in self.back else (DIRECT, nothing)
        if op == TERM:
            if "term_wait" in self.moods:
                return WAIT, nothing
            return (NOW if "term_now" in self.moods else OK), nothing
        for mood in ("hang", "exit", "garbage"):
            if mood in self.moods:
                return mood, nothing
        for mood, code in (("direct", DIRECT), ("refuse", REFUSE)):
            if mood in self.moods:
                return code, nothing
        if "nowhere" in self.moods:  # one of ours, but nobody listens
            return ROUTED, struct.pack("BB2s4B12x", 4, 0, addr[2:4], 127, 66, 99, 99)
        return ROUTED, self.route(addr)

    def route(self, addr):
        if addr in self.routes:
            return self.routes[addr]
        port = address(addr)[1]
        server = socket.socket()
        index = int.from_bytes(os.urandom(2), "big")
        host = "127.66.%d.%d" % (index >> 8, index & 255)
        server.bind((host, port))
        server.listen(4096)
        self.selector.register(server, selectors.EVENT_READ, self.on_client)
        ours = struct.pack("BB2s4s12x", 4, 0, addr[2:4], socket.inet_aton(host))
        self.routes[addr], self.back[ours] = ours, addr
        if "publish" in self.moods:
            self.publish()
        return ours

    def on_client(self, server):
        sock, _ = server.accept()
        sock.send(b"pooled\n")
        self.kept.append(sock)

    def run(self):
        while True:
            if self.routes and "publish" in self.moods and "still" not in self.moods:
                self.beat()
            for key, _ in self.selector.select(0.5):
                key.data(key.fileobj)


def main():
    where = sys.argv[sys.argv.index("--dir") + 1]
    moods = os.environ.get("PODPOOL_FAKE", "").split(",")
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with open(os.path.join(where, "pids"), "a") as f:
        f.write("%d\n" % os.getpid())
    if "fail" in moods:
        sys.exit(1)
    if "never_ready" in moods:
        signal.pause()
    broker = Broker(where, moods)
    broker.note(op="start", env=sorted(os.environ), pid=os.getpid(), sid=os.getsid(0),
                fds=sorted(int(fd) for fd in os.listdir("/proc/self/fd")), args=sys.argv[1:])
    broker.listen()
    if "--started-by-test" not in sys.argv:
        os.write(READY_FD, b"!")
        os.close(READY_FD)
    broker.run()


main()
