"""A pod in a box: a command as PID 1 of its own pid and mount namespaces, in a memory cgroup of its own.

    with Box(["/usr/bin/sleep", "9"], memory_bytes=64 << 20) as box:
        box.signal(signal.SIGTERM)
        assert box.exit_code(timeout=5) == ...
        assert box.oom_kills == 0

Nothing is left behind: the processes of the box are killed by their pids, the cgroup is removed. Where no
memory cgroup or namespace can be made, require_box() skips with the reason; PP_NO_SKIP=1 makes that a failure.
"""
import json
import os
import pathlib
import reprlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pytest

from support.cgroup import memory_group, mounted

INIT = pathlib.Path(__file__).with_name("box_init.py")


class BoxError(Exception):
    """The box could not be made; the text says why."""


def kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


class Box:
    """`uid` None: root. `net`: a network namespace with nothing but lo, or that of another box, as the containers of a
    pod have it. `env` replaces the environment;
    PODPOOL_DIR, a fresh directory of that uid, is added. `cgroup`: one made by the test, instead of memory_bytes; the box
    removes it. `sees`: the group that is seen from inside with all below it; the own one, as containers have it."""

    def __init__(self, argv, memory_bytes=256 << 20, uid=None, net=False, env=None, cgroup=None, sees=None):
        self.argv, self.memory_bytes, self.uid, self.net = [str(a) for a in argv], memory_bytes, uid, net
        self.env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **(env or {})}
        self.cgroup, self.sees = cgroup, sees
        self.pid = self.status = self.helper = None

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
        try:
            self.cgroup = self.cgroup or memory_group(self.memory_bytes)
        except OSError as e:
            raise BoxError(f"no memory cgroup: {e}") from e
        mount = mounted("memory")
        settings = {"argv": self.argv, "uid": self.uid, "net": self.net is True,
                    "join": self.net.pid if isinstance(self.net, Box) else None, "cgroup": str(self.cgroup.path),
                    "cgroup_mount": str(mount.point), "cgroup_seen": str((self.sees or self.cgroup).path),
                    "cgroup_namespace": mount.version == 2 and not self.sees,
                    "env": {"PODPOOL_DIR": str(self.dir), **self.env}}
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
            left = max(deadline - time.monotonic(), 0)  # at least one look
            if not select.select([self.report], [], [], left)[0]:
                raise TimeoutError(f"{reprlib.repr(self.argv)}: still running after {timeout} s; output:\n{self.output()}")
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

    def wait_output(self, text, timeout=20, times=1):
        deadline = time.monotonic() + timeout
        while True:
            is_running = self.is_running()  # before the output is read: its last words count
            if self.output().count(text) >= times:
                return
            assert is_running and time.monotonic() < deadline, f"not {times} x {text!r} in:\n{self.output()}"
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
        return self.cgroup.kills()

    @property
    def peak_bytes(self):
        return self.cgroup.peak_bytes()


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
