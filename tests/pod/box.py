"""A pod in a box: a command as PID 1 of its own pid and mount namespaces, in a memory cgroup of its own.

    with Box(["/usr/bin/sleep", "9"], memory_bytes=64 << 20) as box:
        box.signal(signal.SIGTERM)
        assert box.exit_code(timeout=5) == ...
        assert box.oom_kills == 0

Nothing is left behind: the processes of the box are killed by their pids, the cgroup is removed. Where no
memory cgroup or namespace can be made, require_box() skips with the reason; PP_NO_SKIP=1 makes that a failure.
"""
import itertools
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pytest

INIT = pathlib.Path(__file__).with_name("box_init.py")
numbers = itertools.count()


class BoxError(Exception):
    """The box could not be made; the text says why."""


class Cgroup:
    """A fresh memory cgroup below our own, v1 or v2."""

    def __init__(self, memory_bytes):
        self.v2, self.mount, parent = find_memory_cgroup()
        self.path = parent / f"podpool-test-{os.getpid()}-{next(numbers)}"
        try:
            self.path.mkdir()
            self._limit(memory_bytes)
        except OSError as e:
            self.remove()
            raise BoxError(f"no memory cgroup: {e}") from e

    def _limit(self, memory_bytes):
        if self.v2:
            self._write("memory.max", memory_bytes)
            self._write("memory.swap.max", 0, optional=True)
        else:
            self._write("memory.limit_in_bytes", memory_bytes)
            self._write("memory.memsw.limit_in_bytes", memory_bytes, optional=True)

    def _write(self, name, value, optional=False):
        if not optional or (self.path / name).exists():
            (self.path / name).write_text(str(value))

    def set_limit(self, memory_bytes):
        self._write("memory.max" if self.v2 else "memory.limit_in_bytes", memory_bytes)

    @property
    def oom_kills(self):
        text = (self.path / ("memory.events" if self.v2 else "memory.oom_control")).read_text()
        return int(dict(line.split() for line in text.splitlines())["oom_kill"])

    @property
    def peak_bytes(self):
        return int((self.path / ("memory.peak" if self.v2 else "memory.max_usage_in_bytes")).read_text())

    def pids(self):
        try:
            return [int(pid) for pid in (self.path / "cgroup.procs").read_text().split()]
        except FileNotFoundError:
            return []

    def remove(self, seconds=5):
        """Kills what is left in it, by pid; a killed process may take a moment to leave."""
        deadline = time.monotonic() + seconds
        while self.path.exists():
            for pid in self.pids():
                kill(pid, signal.SIGKILL)
            try:
                self.path.rmdir()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)


def kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def find_memory_cgroup():
    """(is v2, mount point, directory of our own cgroup)."""
    own = dict(line.rstrip("\n").split(":", 2)[1:] for line in open("/proc/self/cgroup"))
    mounts = [line.split() for line in open("/proc/self/mountinfo")]
    for words in mounts:
        kind, options = words[words.index("-") + 1], words[-1].split(",")
        point = pathlib.Path(words[4])
        if kind == "cgroup" and "memory" in options:
            path = next(path for names, path in own.items() if "memory" in names.split(","))
            inside = point / path.removeprefix(words[3]).lstrip("/")
            return False, point, inside if inside.is_dir() else point
        if kind == "cgroup2" and "memory" in (point / "cgroup.controllers").read_text().split():
            # a v2 cgroup with processes cannot pass controllers on, so beside ours, not below
            control = point / "cgroup.subtree_control"
            if "memory" not in control.read_text().split():
                try:
                    control.write_text("+memory")
                except OSError as e:
                    raise BoxError(f"{control}: {e}") from e
            return True, point, point
    raise BoxError("no memory controller is mounted")


class Box:
    """`uid` None: root. `net`: a network namespace with nothing but lo, or that of another box, as the containers of a
    pod have it. `env` replaces the environment;
    PODPOOL_DIR, a fresh directory of that uid, is added."""

    def __init__(self, argv, memory_bytes=256 << 20, uid=None, net=False, env=None):
        self.argv, self.memory_bytes, self.uid, self.net = [str(a) for a in argv], memory_bytes, uid, net
        self.env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **(env or {})}
        self.pid = self.status = self.helper = self.cgroup = None

    def __enter__(self):
        self.workdir = pathlib.Path(tempfile.mkdtemp(prefix="podpool-box-"))
        self.workdir.chmod(0o755)
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self):
        self.dir = self.workdir / "run"
        self.dir.mkdir(mode=0o700)
        if self.uid is not None:
            os.chown(self.dir, self.uid, self.uid)
        self.cgroup = Cgroup(self.memory_bytes)
        settings = {"argv": self.argv, "uid": self.uid, "net": self.net is True,
                    "join": self.net.pid if isinstance(self.net, Box) else None, "cgroup": str(self.cgroup.path),
                    "cgroup_mount": str(self.cgroup.mount), "env": {"PODPOOL_DIR": str(self.dir), **self.env}}
        self.report, report_in = os.pipe()
        with open(self.workdir / "output", "wb") as output:
            self.helper = subprocess.Popen([sys.executable, INIT, str(report_in)], stdin=subprocess.PIPE,
                                           stdout=output, stderr=output, pass_fds=[report_in])
        os.close(report_in)
        self.helper.stdin.write(json.dumps(settings).encode())
        self.helper.stdin.close()
        self._unread = b""
        self.pid = self._read_report(20)["pid"]

    def _read_report(self, timeout):
        deadline = time.monotonic() + timeout
        while b"\n" not in self._unread:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.report], [], [], left)[0]:
                raise TimeoutError(f"{self.argv}: still running after {timeout} s; output:\n{self.output()}")
            piece = os.read(self.report, 4096)
            if not piece:
                raise BoxError(f"the helper died: {self.output()}")
            self._unread += piece
        line, self._unread = self._unread.split(b"\n", 1)
        report = json.loads(line)
        if "error" in report:
            raise BoxError(report["error"])
        return report

    def __exit__(self, *_):
        if self.pid and self.status is None:
            kill(self.pid, signal.SIGKILL)  # the kernel ends the whole pid namespace with its PID 1
        if self.helper:
            try:
                self.helper.wait(10)
            finally:
                self.helper.kill()
                os.close(self.report)
        if self.cgroup:
            self.cgroup.remove()
        shutil.rmtree(self.workdir, ignore_errors=True)

    def signal(self, number):
        """To PID 1, as a container runtime does."""
        os.kill(self.pid, number)

    def wait(self, timeout=30):
        """The raw wait status of PID 1. TimeoutError if it still runs."""
        if self.status is None:
            self.status = self._read_report(timeout)["status"]
        return self.status

    def exit_code(self, timeout=30):
        """As subprocess: the exit status, or the negative signal number."""
        return os.waitstatus_to_exitcode(self.wait(timeout))

    def is_running(self):
        try:
            self.wait(timeout=0)
        except TimeoutError:
            return True
        return False

    def output(self):
        """What was written to stdout and stderr so far."""
        return (self.workdir / "output").read_text(errors="replace")

    def wait_output(self, text, timeout=20):
        deadline = time.monotonic() + timeout
        while text not in self.output():
            assert self.is_running() and time.monotonic() < deadline, f"no {text!r} in:\n{self.output()}"
            time.sleep(0.02)

    def pid_outside(self, pid_inside):
        """The host's pid of a process in the box; None when it is gone."""
        for pid in self.cgroup.pids():
            try:
                status = pathlib.Path(f"/proc/{pid}/status").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            nspid = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()
            if int(nspid[-1]) == pid_inside:
                return pid
        return None

    @property
    def oom_kills(self):
        return self.cgroup.oom_kills

    @property
    def peak_bytes(self):
        return self.cgroup.peak_bytes


def why_no_box():
    if os.getuid() != 0:
        return "needs root"
    try:
        with Box(["/bin/true"]) as box:
            box.wait(20)
    except (BoxError, OSError) as e:
        return str(e)
    return None


def require_box():
    reason = why_no_box()
    if reason and os.environ.get("PP_NO_SKIP") == "1":
        pytest.fail(f"no pod in a box: {reason}")
    if reason:
        pytest.skip(f"no pod in a box: {reason}")
