"""What preload tests share: an installation with a stand-in broker, ports, and four ways to run a victim.

The law under test: without shim == shim without broker == shim with a broker that dies mid-question,
errno included; with a broker only the destination differs.
"""
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
if os.path.dirname(HERE) not in sys.path:
    sys.path.insert(0, os.path.dirname(HERE))

from support import brokers, wait  # noqa: E402

BUILD = os.path.abspath(os.environ.get("PP_BUILD", os.path.join(HERE, "../../build")))
VICTIMS = os.path.join(BUILD, "tests/victims")
CLEAN_ENV = {"PATH": "/usr/bin:/bin:/usr/sbin", "HOME": "/nonexistent", "LC_ALL": "C"}


def victim(name):
    path = os.path.join(VICTIMS, name)
    if not os.path.exists(path):
        pytest.skip(f"{name} was not built (no compiler for it)")
    return path


class Install:
    """A tree lib/libpodpool.so, bin/podpool (unless has_broker=False) and its PODPOOL_DIR."""

    def __init__(self, root, has_broker=True):
        self.root, self.dir = root, os.path.join(root, "run")
        self.shim = os.path.join(root, "lib/libpodpool.so")
        for folder in ("lib", "bin"):
            os.makedirs(os.path.join(root, folder))
        shutil.copy(os.path.join(BUILD, "lib/libpodpool.so"), self.shim)
        if has_broker:
            shutil.copy(os.path.join(HERE, "fake_broker.py"), os.path.join(root, "bin/podpool"))

    def env(self, port=None, **more):
        env = dict(CLEAN_ENV, LD_PRELOAD=self.shim, PODPOOL_DIR=self.dir)
        if port:
            env["PODPOOL_TARGETS"] = f"*:{port}"
        env.update(more)
        return env

    def asked(self, op=None):
        try:
            with open(os.path.join(self.dir, "asked")) as f:
                all_lines = [json.loads(line) for line in f if line.endswith("\n")]
        except (FileNotFoundError, NotADirectoryError):
            all_lines = []
        return [line for line in all_lines if op in (None, line["op"])]

    def start_broker(self, *moods):
        os.makedirs(self.dir, mode=0o700, exist_ok=True)
        broker = os.path.join(self.root, "bin/podpool")
        subprocess.Popen([broker, "broker", "--dir", self.dir, "--started-by-test"],
                         env=dict(CLEAN_ENV, PODPOOL_FAKE=",".join(moods)))
        wait.until(lambda: os.path.exists(os.path.join(self.dir, "sock")), "it listens")

    def pids(self):
        """Of every broker that was started."""
        try:
            with open(os.path.join(self.dir, "pids")) as f:
                return [int(line) for line in f]
        except (FileNotFoundError, NotADirectoryError):
            return []

    def stop(self):
        for pid in brokers.of(self.dir):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def install(tmp_path):
    made = Install(str(tmp_path / "i"))
    yield made
    made.stop()


@pytest.fixture
def no_broker(tmp_path):
    return Install(str(tmp_path / "n"), has_broker=False)


class Listener:
    """The real destination: greets with "direct" on 127.0.0.1 and, same port, ::1."""

    def __init__(self):
        while not self.bind():
            pass  # the port was free for v4 only
        for sock in (self.four, self.six):
            sock.listen(512)
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def bind(self):
        self.four, self.six = socket.socket(), socket.socket(socket.AF_INET6)
        self.six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self.four.bind(("127.0.0.1", 0))
        self.port = self.four.getsockname()[1]
        try:
            self.six.bind(("::1", self.port))
        except OSError:
            self.four.close()
            self.six.close()
            return False
        return True

    def serve(self, sock):
        kept = []
        while True:
            try:
                kept.append(sock.accept()[0])
                kept[-1].send(b"direct\n")
            except OSError:
                return

    def stop(self):
        for sock in (self.four, self.six):
            sock.shutdown(socket.SHUT_RDWR)
            sock.close()


@pytest.fixture
def listener():
    made = Listener()
    yield made
    made.stop()


@pytest.fixture
def closed_port():
    """A port nobody listens on: bound, so that nobody takes it meanwhile."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


STRANGER = 54321  # a user without a name


def require_root():
    if os.geteuid() != 0:
        pytest.skip("needs root: to be two users")


def root_chown(path, uid=STRANGER):
    require_root()
    os.chown(path, uid, uid)


def run(args, env, **more):
    done = subprocess.run([str(a) for a in args], env=env, stdin=subprocess.PIPE if "input" in more else
                          subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30,
                          **more)
    return done.returncode, done.stdout, done.stderr
