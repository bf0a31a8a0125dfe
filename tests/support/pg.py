"""A throwaway PostgreSQL: the one place that starts one for demo, bench and tests.

It lives in a scratch directory, runs as an unprivileged user (PostgreSQL refuses root), listens on
127.0.0.1 and on a unix socket in that directory, and leaves nothing behind. The system's own cluster,
if there is one, is never touched.
"""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

FAST = {  # a database whose data nobody needs after the run
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "512MB",
    "max_connections": "100",
    "log_connections": "on",
    "log_disconnections": "on",
    "log_line_prefix": "%m [%p] %q%u@%d/%a ",
}
PASSWORD = "throwaway"  # of the superuser postgres, where auth asks for one


def as_user():
    """Command prefix that drops root; also ends the child when its parent dies, however that happens."""
    if os.getuid() != 0:
        return ["setpriv", "--pdeathsig", "QUIT"]
    return ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--pdeathsig", "QUIT"]


def scratch(prefix="podpool-"):
    """A new directory that the unprivileged user can enter (pytest's tmp_path is 0700 to others)."""
    path = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
    path.chmod(0o755)
    return path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_env(**extra):
    """The environment without podpool and without libpq's defaults, in the C locale."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PODPOOL", "PG", "LC_")) and k != "LD_PRELOAD"}
    return {**env, "LC_ALL": "C", **extra}


class Postgres:
    host = "127.0.0.1"
    user = "postgres"
    password = PASSWORD

    @classmethod
    def start(cls, workdir=None, settings=None, auth="trust", ssl=False, bindir=None):
        """Ready to accept when it returns. auth is that of TCP connections; the unix socket trusts.
        Without workdir: a scratch directory, removed by stop(). Without bindir: the installed programs."""
        return cls(workdir, {**FAST, **(settings or {})}, auth, ssl, bindir)

    def __init__(self, workdir, settings, auth, ssl, bindir=None):
        self.own_workdir = workdir is None
        self.workdir = pathlib.Path(workdir) if workdir else scratch("podpool-pg-")
        self.datadir = self.workdir / "data"
        self.log = self.workdir / "postgres.log"
        self.root_cert = self.workdir / "server.crt"  # self-signed: with ssl=True it is its own root
        self.bindir = pathlib.Path(bindir or subprocess.check_output(["pg_config", "--bindir"], text=True).strip())
        self.process = None
        try:
            self._begin(settings, auth, ssl)
        except BaseException:
            self.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        """The postmaster."""
        return self.process.pid

    def dsn(self, db="postgres", **extra):
        words = {"host": self.host, "port": self.port, "user": self.user, "password": self.password, "dbname": db}
        return " ".join(f"{k}={v}" for k, v in {**words, **extra}.items())

    def psql(self, sql, db="postgres"):
        """Runs sql as superuser over the unix socket, never through podpool; rows as text, columns split by |."""
        command = [self.bindir / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.workdir, "-p", str(self.port),
                   "-U", self.user, "-d", db, "-f", "-"]
        done = subprocess.run(command, input=sql, text=True, capture_output=True, env=clean_env())
        if done.returncode:
            raise RuntimeError(f"psql: {done.stderr.strip()} in: {sql}")
        return done.stdout.strip()

    def init_pgbench(self, scale):
        subprocess.run([self.bindir / "pgbench", "-h", self.workdir, "-p", str(self.port), "-U", self.user, "-i", "-q",
                        "-s", str(scale), "postgres"], check=True, capture_output=True, env=clean_env())

    def log_text(self):
        return self.log.read_text(errors="replace")

    def stop(self):
        self._halt()
        if self.own_workdir:
            shutil.rmtree(self.workdir, ignore_errors=True)

    def restart(self):
        """A fast shutdown (clients get 57P01) and a start on the same port."""
        self._halt()
        deadline = time.monotonic() + 10  # somebody's outgoing connection may hold the port for a moment
        while not self._launch():
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start again:\n{self.log_text()[-2000:]}")

    def _begin(self, settings, auth, ssl):
        self._give_workdir_away()
        self._initdb(auth)
        if ssl:
            self._make_certificate()
            settings = {**settings, "ssl": "on", "ssl_cert_file": self.root_cert,
                        "ssl_key_file": self.workdir / "server.key"}
        self._start_on_free_port(settings)

    def _give_workdir_away(self):
        self.workdir.mkdir(parents=True, exist_ok=True)
        if os.getuid() == 0:
            shutil.chown(self.workdir, "postgres", "postgres")
        if subprocess.run([*as_user(), "test", "-w", self.workdir]).returncode:
            raise ValueError(f"{self.workdir}: the database's user cannot enter it; use pg.scratch()")

    def _initdb(self, auth):
        password_file = self.workdir / "password"
        password_file.write_text(PASSWORD)
        password_file.chmod(0o644)
        subprocess.run([*as_user(), self.bindir / "initdb", "-N", "-E", "UTF8", "--no-instructions", "-U", self.user,
                        "--pwfile", password_file, "--auth-local", "trust", "--auth-host", auth, "-D", self.datadir],
                       check=True, stdout=subprocess.DEVNULL, env=clean_env(), cwd="/")

    def _make_certificate(self):
        subprocess.run([*as_user(), "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-keyout", self.workdir / "server.key", "-out", self.root_cert],
                       check=True, stderr=subprocess.DEVNULL)

    def _start_on_free_port(self, settings):
        with open(self.datadir / "postgresql.conf", "a") as conf:
            conf.write(f"listen_addresses = '{self.host}'\nunix_socket_directories = '{self.workdir}'\n")
            conf.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        for _ in range(5):  # between the kernel's choice and our bind somebody may take the port
            self.port = free_port()
            if self._launch():
                return
        raise RuntimeError(f"PostgreSQL does not start:\n{self.log_text()[-2000:]}")

    def _launch(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*as_user(), self.bindir / "postgres", "-D", self.datadir, "-p",
                                             str(self.port)], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            env=clean_env(), cwd="/", start_new_session=True)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return False
            # by the socket in workdir, which is nobody else's: at the port another server may answer that took it first
            if subprocess.run([self.bindir / "pg_isready", "-q", "-h", self.workdir, "-p", str(self.port)],
                              env=clean_env()).returncode == 0:
                return True
            time.sleep(0.1)
        return False

    def _halt(self):
        for sig, seconds in ((signal.SIGINT, 15), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
            if not self.process or self.process.poll() is not None:
                return
            self.process.send_signal(sig)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
