"""Ways to reach a throwaway PostgreSQL (pg.Postgres): direct, through pgbouncer, through podpool.

Each has host and port to connect to, env for the program, pid of the pooler (None: there is none), stop().
"""
import json
import os
import pathlib
import signal
import subprocess

import pg
import wait

TOP = pathlib.Path(__file__).resolve().parent.parent.parent


def end_process(pid, seconds=5):
    """SIGTERM, then SIGKILL, to a process that need not be our child."""
    for sig in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, sig)
            wait.until(lambda: wait.gone(pid), f"end of process {pid}", seconds)
            return
        except ProcessLookupError:
            return
        except AssertionError:
            continue


class Direct:
    name = "direct"
    pid = None

    def status(self):
        return None

    def __init__(self, postgres):
        self.host, self.port, self.env = postgres.host, postgres.port, pg.clean_env()

    def stop(self):
        pass


class PgBouncer:
    """Debian's, transaction mode, its per-connection logging off as it costs it CPU."""
    name = "pgbouncer tcp"

    def __init__(self, postgres, servers, clients=2000):
        self.workdir = pg.scratch("podpool-pgbouncer-")
        self.env, self.host, self.port = pg.clean_env(), "127.0.0.1", pg.free_port()
        (self.workdir / "users").write_text('"postgres" ""\n')
        (self.workdir / "ini").write_text(f"""[databases]
* = host={postgres.host} port={postgres.port}
[pgbouncer]
listen_addr = {self.host}
listen_port = {self.port}
unix_socket_dir = {self.workdir}
auth_type = trust
auth_file = {self.workdir}/users
pool_mode = transaction
default_pool_size = {servers}
max_client_conn = {clients}
ignore_startup_parameters = extra_float_digits
log_connections = 0
log_disconnections = 0
""")
        subprocess.run(["chown", "-R", "--reference", postgres.workdir, self.workdir], check=True)
        with open(self.workdir / "log", "ab") as log:
            self.process = subprocess.Popen([*pg.as_user(), "/usr/sbin/pgbouncer", self.workdir / "ini"], stdout=log,
                                            stderr=log, env=self.env, cwd="/", start_new_session=True)
        self.pid = self.process.pid
        wait.until((self.workdir / f".s.PGSQL.{self.port}").exists, "pgbouncer's start")

    def unix(self):
        """The same process, reached over its unix socket."""
        return PgBouncerUnix(self)

    def stop(self):
        self.process.kill()
        self.process.wait()
        subprocess.run(["rm", "-rf", self.workdir], check=True)


class PgBouncerUnix:
    name = "pgbouncer unix"

    def __init__(self, tcp):
        self.env, self.host, self.port, self.pid = tcp.env, str(tcp.workdir), tcp.port, tcp.pid

    def stop(self):
        pass


class Podpool:
    """The program connects to PostgreSQL's own address; env is all that differs from Direct.
    settings are PODPOOL_<NAME>."""
    name = "podpool"

    def __init__(self, postgres, build="build", **settings):
        self.build = TOP / build
        self.workdir = pg.scratch("podpool-run-")
        (self.workdir / "dir").mkdir(mode=0o700)
        self.host, self.port = postgres.host, postgres.port
        self.env = pg.clean_env(
            LD_PRELOAD=str(self.build / "lib/libpodpool.so"), PODPOOL_DIR=str(self.workdir / "dir"),
            PODPOOL_TARGETS=f"{self.host}:{self.port}", **{f"PODPOOL_{k}": str(v) for k, v in settings.items()})

    @classmethod
    def missing(cls, build="build"):
        """Why it cannot be used; empty when it can."""
        absent = [name for name in ("lib/libpodpool.so", "bin/podpool") if not (TOP / build / name).exists()]
        return f"{build} has no {' and no '.join(absent)}" if absent else ""

    def start_broker(self):
        """The first connection starts it; asking early lets its pid be known before anything is measured. stderr goes
        to a file: the broker inherits it and would hold a pipe open."""
        with open(self.workdir / "log", "ab") as log:
            subprocess.run(["psql", "-XAtqc", "select 1", "-h", self.host, "-p", str(self.port), "-U", "postgres",
                            "postgres"], env=self.env, stdout=log, stderr=log, check=True)
        if not self.pid:
            raise RuntimeError(f"no broker answers; it or psql said:\n{self.log_text()}")
        return self

    def status(self):
        """`podpool status --json`; None when no broker answers."""
        done = subprocess.run([self.build / "bin/podpool", "status", "--json"], capture_output=True, text=True,
                              env={k: v for k, v in self.env.items() if k != "LD_PRELOAD"})
        return json.loads(done.stdout) if done.returncode == 0 else None

    @property
    def pid(self):
        status = self.status()
        return status["pid"] if status else None

    def log_text(self):
        log = self.workdir / "log"
        return log.read_text(errors="replace") if log.exists() else ""

    def stop(self):
        pid = self.pid
        if pid:
            end_process(pid)
        subprocess.run(["rm", "-rf", self.workdir], check=True)
