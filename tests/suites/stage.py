"""A scratch database and, unless direct, a podpool beside it, for programs that run as the database's own user."""
import contextlib
import json
import os
import shutil
import signal
import subprocess

from support import pg, wait
from support.pool import direct_env, install


class Stage:
    def __init__(self, options, settings=None, programs=lambda directory: None):
        """programs(directory): where the database's programs are, put there if need be; None for the installed ones."""
        self.options = options
        self.dir = pg.scratch("podpool-suite-")
        self.postgres = pg.Postgres.start(settings=settings, bindir=programs(self.dir / "postgresql"))
        self.pool_dir = self.dir / "pool"
        self.pool_dir.mkdir(mode=0o700)
        install(self.dir)
        self.give(self.pool_dir)

    def __enter__(self):
        try:
            self.start_broker()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start_broker(self):
        """It inherits the stderr of whoever connects first: its log is not to stand among a suite's results."""
        with open(self.dir / "broker.log", "w") as log:
            subprocess.run(self.command("psql", "-Xqo", "/dev/null", "-c", "select 1", "-h", self.postgres.host, "-p", self.postgres.port, "postgres"),
                           env=self.env(), check=True, stdin=subprocess.DEVNULL, stderr=log, timeout=60)

    def __exit__(self, *_):
        if not self.options.direct:
            with contextlib.suppress(Exception):
                pid = self.status()["pid"]
                os.kill(pid, signal.SIGTERM)
                wait.until(lambda: wait.gone(pid), "the broker ended", seconds=10)
        self.postgres.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def give(self, path):
        if os.getuid() == 0:
            shutil.chown(path, "postgres", "postgres")

    def copy(self, source, name):
        """A directory `name` with nothing but a copy of `source` in it, the other user's."""
        home = self.dir / name
        home.mkdir()
        shutil.copytree(source, home / source.name)
        subprocess.run(["chmod", "-R", "a+rX", home], check=True)
        self.give(home)
        return home

    def env(self, **extra):
        env = direct_env(**{k: str(v) for k, v in extra.items()})
        if self.options.direct:
            return env
        mine = {"DIR": self.pool_dir, "TARGETS": f"*:{self.postgres.port}", **self.options.settings}
        return {**env, "LD_PRELOAD": str(self.dir / "lib/libpodpool.so"),
                **{f"PODPOOL_{name}": str(value) for name, value in mine.items()}}

    def command(self, *words):
        return [*pg.as_user(), *map(str, words)]

    def status(self):
        done = subprocess.run(self.command(self.dir / "bin/podpool", "status", "--json", "--dir", self.pool_dir),
                              env=direct_env(), capture_output=True, text=True, timeout=30)
        return json.loads(done.stdout)

    def words(self):
        """How this run was made, and what the pool did in it."""
        if self.options.direct:
            return "direct"
        totals = self.status()["totals"]
        return (f"pooled {' '.join(f'{k}={v}' for k, v in self.options.settings.items()) or 'with default settings'}: "
                f"{totals['transactions']} transactions, pins {totals['pins']}")
