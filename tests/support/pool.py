"""One broker for one test: the environment that leads programs into it, its status, its orderly end.

With PP_DIRECT=1 there is no podpool in the environment and the same tests run straight against the
database: that is how a test proves that it asks for PostgreSQL's behaviour and not for ours.
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

from support import brokers, dialer, pg, wait

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("PP_BUILD", "build")  # an absolute PP_BUILD stays what it is
DIRECT = os.environ.get("PP_DIRECT") == "1"
SHIM = BUILD / "lib/libpodpool.so"
PODPOOL = BUILD / "bin/podpool"
NOT_BUILT = f"not built: {BUILD} (scripts/build)"
REPORTS = ("AddressSanitizer", "runtime error", "LeakSanitizer")
KNOCK = "import socket,sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 20).close()"


def direct_env(**extra):
    return pg.clean_env(LC_ALL="C.UTF-8", **extra)


def install(directory):
    """lib and bin as an image has them, where every user can read them: a clone below /root is closed to all but root."""
    assert SHIM.exists() and PODPOOL.exists(), NOT_BUILT
    for room in ("lib", "bin"):
        shutil.copytree(BUILD / room, directory / room)
        subprocess.run(["chmod", "-R", "a+rX", directory / room], check=True)


@contextlib.contextmanager
def installation():
    """A directory of its own for that."""
    directory = pg.scratch("podpool-installed-")
    try:
        install(directory)
        yield directory
    finally:
        shutil.rmtree(directory)


class Pool:
    def __init__(self, workdir, postgres):
        self.postgres = postgres
        self.dir = pathlib.Path(workdir) / "pool"
        self.dir.mkdir(mode=0o700)
        self.stderr = pathlib.Path(workdir) / "broker.stderr"
        self.pooled = not DIRECT
        self.settings = None
        self.first_pid = None  # of the broker that env() started

    def env(self, **settings):
        """Environment for a program of this test. The first call starts the broker, with these settings
        (names without PODPOOL_), by a knock whose stderr is the file that becomes the broker's."""
        if self.settings is None:
            self.settings = settings
            if self.pooled:
                self.first_pid = self.knock()
        assert not settings or settings == self.settings, "a running broker keeps its settings"
        return self.program_env()

    def program_env(self, **extra):
        """The same without starting a broker."""
        if not self.pooled:
            return direct_env(**extra)
        mine = {"DIR": self.dir, "TARGETS": f"*:{self.postgres.port}", "MAX_SERVERS": 4, "LOG": "debug",
                **(self.settings or {})}
        return direct_env(LD_PRELOAD=str(SHIM), **{f"PODPOOL_{k}": str(v) for k, v in mine.items()}, **extra)

    def dialer(self, **settings):
        """Raw pooled sockets for the test itself: with pool.dialer() as dialer: dialer.connect(host, port)."""
        return dialer.Dialer(self.env(**settings))

    def knock(self):
        assert SHIM.exists() and PODPOOL.exists(), NOT_BUILT
        with open(self.stderr, "ab") as stderr:
            subprocess.run([sys.executable, "-c", KNOCK, self.postgres.host, str(self.postgres.port)], check=True,
                           env=self.program_env(), stdin=subprocess.DEVNULL, stderr=stderr, timeout=60)
        wait.until(self.is_up, "the broker answers", seconds=30)  # a knock goes without it after two seconds
        return self.broker_pid

    def status(self):
        done = subprocess.run([PODPOOL, "status", "--json", "--dir", self.dir], capture_output=True, text=True,
                              env=direct_env(), timeout=30)
        assert done.returncode == 0, f"podpool status: {done.returncode}: {done.stderr}"
        return json.loads(done.stdout)

    def is_up(self):
        return subprocess.run([PODPOOL, "status", "--json", "--dir", self.dir], capture_output=True,
                              env=direct_env(), timeout=30).returncode == 0

    @property
    def broker_pid(self):
        return self.status()["pid"]

    def until_status(self, condition, what, seconds=10):
        """The first status for which condition(status) holds. One that cannot be had is asked for again."""
        def look():
            try:
                status = self.status()
            except AssertionError:
                return None
            return status if condition(status) else None
        return wait.until(look, what, seconds)

    def client_of(self, application_name):
        """The status row of one client, found by its application_name; None when it is not there."""
        return next((c for c in self.status()["clients"] if c["application_name"] == application_name), None)

    def settle(self):
        """Waits until nothing is lent, waiting or logging in and no client is left."""
        if not self.pooled:
            sessions = "select count(*) from pg_stat_activity where usename in ('app', 'other')"
            return wait.until(lambda: self.postgres.psql(sessions) == "0", "everybody left")
        return self.until_status(lambda s: not any(s["totals"][k] for k in (
            "clients", "lent", "waiting", "logging_in", "tunnels")), "everybody left and all servers came back")

    def resident_kb(self, what="VmRSS"):
        with open(f"/proc/{self.broker_pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(what))

    def forget_peak(self):
        """From here on resident_kb("VmHWM") is the most there was."""
        pathlib.Path(f"/proc/{self.broker_pid}/clear_refs").write_text("5")

    def stderr_text(self):
        return self.stderr.read_text(errors="replace") if self.stderr.exists() else ""

    def stop(self):
        """SIGTERM must end its brokers within seconds; returns what was wrong, "" when nothing."""
        if not self.pooled:
            return ""
        wrong = [text for text in map(self._end, brokers.of(self.dir)) if text]
        wrong += [line for line in self.stderr_text().splitlines() if any(r in line for r in REPORTS)]
        return "\n".join(wrong)

    def _end(self, pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
            try:
                wait.until(lambda: wait.gone(pid), f"broker {pid} ended by SIGTERM", seconds=12)  # grace: 15 s and more
            except AssertionError as e:
                os.kill(pid, signal.SIGKILL)
                return f"{e}\n{self.stderr_text()[-3000:]}"
        return ""
