"""Looks at the brokers from outside, several times a second.

What a connection of theirs to the database is, the kernel says: a cancel request is sixteen bytes that nobody answers;
whatever else it is takes a place under the cap, from its first moment.
"""
import collections
import os
import re
import statistics
import subprocess
import threading
import time

from support import brokers

PAUSE = 0.2
SPARE = 3  # descriptors: a visitor, another route
CANCEL_REQUEST = 16  # bytes (docs 55.7)


class Life:
    """What was seen of one broker; fds: its descriptors but those of clients that are there (a client that has gone and
    is not let go is among them: its connection is no longer established)."""

    def __init__(self):
        self.servers, self.clients, self.fds, self.kilobytes = [], [], [], []
        self.first = self.last = time.monotonic()

    @property
    def seconds(self):
        return self.last - self.first


class Watcher(threading.Thread):
    def __init__(self, pool, postgres, cap):
        super().__init__(daemon=True)
        self.pool, self.postgres, self.cap = pool, postgres, cap
        self.lives = collections.defaultdict(Life)
        self.events, self.wrong, self.unpooled = [], [], []
        self.over = threading.Event()
        self.most_cancels = 0
        self.at_first = max(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.brokers())

    def say(self, event):
        self.events.append((time.monotonic(), event))

    def brokers(self):
        return brokers.of(self.pool.dir)

    def run(self):
        while not self.over.wait(PAUSE):
            theirs = set()
            for pid in self.brokers():
                try:
                    theirs |= self.look_at(pid)
                except (FileNotFoundError, ProcessLookupError, StopIteration):
                    continue  # it has just ended
            self.unpooled.append(len(sockets_to(self.postgres.port).keys() - theirs))

    def look_at(self, pid):
        names = descriptors(pid)
        inodes = set(names)
        clients = len(inodes & visitors())
        sockets = {name: said for name, said in sockets_to(self.postgres.port).items() if name in inodes}
        cancels = self.cancels_among(sockets) if len(sockets) > self.cap else set()
        servers = len(sockets.keys() - cancels)
        life = self.lives[pid]
        life.last = time.monotonic()
        life.servers.append(servers)
        life.clients.append(clients)
        life.fds.append(len(names) - clients)
        life.kilobytes.append(resident_kb(pid))
        if servers > self.cap:
            last = [name for _, name in self.events[-3:]]
            self.wrong.append(f"broker {pid} had {servers} server connections, cap {self.cap}, after {last};"
                              f" bytes said and heard: {sorted(sockets.values())}")
        self.most_cancels = max(self.most_cancels, len(cancels))
        return inodes

    def cancels_among(self, sockets):
        """One that has not said anything yet is looked at again."""
        seen = dict(sockets)
        while silent := [name for name, said in seen.items() if said == (0, 0)]:
            time.sleep(0.02)
            now = sockets_to(self.postgres.port)
            seen |= {name: now.get(name, (0, 1)) for name in silent}  # it has gone without a word: no cancel request
            if self.over.is_set():
                break
        return {name for name, said in seen.items() if said == (CANCEL_REQUEST, 0)}

    def finish(self):
        """When all clients have left: what is wrong."""
        wrong, left = [], None
        if not self.is_alive() or not self.lives:
            wrong.append(f"the watcher has ended, or never saw a broker; it has looked at {len(self.lives)}")
        deadline = time.monotonic() + 10
        pids = self.brokers()
        while pids and time.monotonic() < deadline:
            left = {pid: len(os.listdir(f"/proc/{pid}/fd")) for pid in pids}
            if max(left.values()) <= self.at_first + self.cap + SPARE:
                break
            time.sleep(0.1)
        else:
            if pids:
                wrong.append(f"all clients have left, and brokers keep so many descriptors: {left}; {self.at_first} at first")
        self.left = left
        self.over.set()
        self.join()
        for pid, life in self.lives.items():
            if life.seconds < 60:
                continue
            before, after = quarters(life.kilobytes)
            if after > before * 1.2 + 1024:
                wrong.append(f"broker {pid} grew from {before:.0f} to {after:.0f} KB")
            before, after = quarters(life.fds)
            if after > before + self.cap + SPARE:
                wrong.append(f"broker {pid} grew from {before:.0f} to {after:.0f} descriptors that are no clients'")
        return wrong + self.wrong

    def report(self):
        if not self.lives:
            return []
        samples = sum(len(life.servers) for life in self.lives.values())
        peak = max(max(life.servers) for life in self.lives.values())
        lines = [f"{len(self.lives)} brokers, {samples} samples, at most {peak} server connections of one (cap"
                 f" {self.cap}), and {self.most_cancels} cancel requests above it"]
        pid, life = max(self.lives.items(), key=lambda item: item[1].seconds)
        kb, clients, fds = quarters(life.kilobytes), quarters(life.clients), quarters(life.fds)
        lines.append(f"longest life {life.seconds:.0f} s: memory {kb[0]:.0f} -> {kb[1]:.0f} KB, clients {clients[0]:.0f} ->"
                     f" {clients[1]:.0f}, other descriptors {fds[0]:.0f} -> {fds[1]:.0f}; all after the clients {self.left}")
        lines.append(f"programs that had connected directly, as a broker was frozen or dead: {statistics.mean(self.unpooled):.1f}"
                     f" connections on average, {max(self.unpooled)} at most, {self.unpooled[-1]} at the end")
        return lines


def quarters(values):
    """Medians of the second quarter (the first is warming up) and of the last."""
    n = max(len(values) // 4, 1)
    return statistics.median(values[n:2 * n] or values), statistics.median(values[-n:])


def descriptors(pid):
    found = []
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
        except FileNotFoundError:
            continue
    return found


def established(options, *where):
    return subprocess.run(["ss", options, "state", "established", *where], check=True, text=True,
                          capture_output=True).stdout.splitlines()


def visitors():
    """As descriptors name them: a broker's ends of the established connections to its routes."""
    return {f"socket:[{number('ino', line)}]" for line in established("-tneOH", "src", "127.66.0.0/16")}


def sockets_to(port):
    """{as descriptors name it: (bytes it has said, heard)} of the established TCP connections to the database itself (not
    to a route of the broker)."""
    return {f"socket:[{number('ino', line)}]": (number("bytes_sent", line) - number("bytes_retrans", line),
                                                number("bytes_received", line))
            for line in established("-tineOH", "dst", f"127.0.0.1:{port}")}


def number(word, line):
    found = re.search(rf"\b{word}:(\d+)", line)
    return int(found[1]) if found else 0


def resident_kb(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))
