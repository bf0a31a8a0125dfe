"""What can fail, one thing at a time, in an order that the seed decides."""
import collections
import contextlib
import os
import random
import resource
import shutil
import signal
import subprocess
import time

from support import wait

QUIET = 1.0, 4.0  # seconds between two faults


class Play:
    def __init__(self, pool, postgres, watcher, chance):
        self.pool, self.postgres, self.watcher, self.chance = pool, postgres, watcher, chance

    def some(self, least, most):
        time.sleep(self.chance.uniform(least, most))

    def sql(self, text):
        """As soon as the server is there again."""
        def said():
            try:
                return [self.postgres.psql(text)]
            except RuntimeError:
                return None
        return wait.until(said, "the server can be asked", seconds=60, pause=0.1)[0]

    def server_restarted_fast(self):
        self._restart(signal.SIGINT)

    def server_restarted_at_once(self):
        self._restart(signal.SIGQUIT)

    def _restart(self, sig):
        self.postgres.process.send_signal(sig)
        self.postgres.process.wait(60)
        self.some(0, 2)
        self.postgres.restart()

    def backend_crashed(self):
        """All others end as well, and the server recovers."""
        for pid in self.sql("select pid from pg_stat_activity where usename = 'app' limit 1").split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)

    def sessions_terminated(self):
        self.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'"
                 f" and random() < {self.chance.random():.3f}")

    def server_accepts_and_says_nothing(self):
        with stopped(self.postgres.pid):
            self.some(0.5, 5)

    def server_full(self):
        self.sql("alter role app connection limit 1")
        self.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app' and random() < 0.7")
        self.some(1, 6)
        self.sql("alter role app connection limit -1")

    def packets_lost(self):
        port = str(self.postgres.port)
        rules = [["-d", "127.0.0.1", "-p", "tcp", "--dport", port], ["-s", "127.0.0.1", "-p", "tcp", "--sport", port]]
        for rule in rules:
            subprocess.run(["iptables", "-I", "INPUT", *rule, "-j", "DROP"], check=True)
        self.some(0.5, 6)
        for rule in rules:
            subprocess.run(["iptables", "-D", "INPUT", *rule, "-j", "DROP"], check=True)

    def broker_frozen(self):
        for pid in self.watcher.brokers():
            with stopped(pid):
                self.some(0.2, 6)

    def broker_killed(self):
        for pid in self.watcher.brokers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def directory_removed(self):
        shutil.rmtree(self.pool.dir, ignore_errors=True)

    def directory_moved(self):
        away = self.pool.dir.with_name("gone")
        shutil.rmtree(away, ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):
            self.pool.dir.rename(away)

    def broker_out_of_descriptors(self):
        for pid in self.watcher.brokers():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                used = max(int(fd) for fd in os.listdir(f"/proc/{pid}/fd"))
                before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
                resource.prlimit(pid, resource.RLIMIT_NOFILE, (used - 2, before[1]))
                self.some(0.5, 5)
                resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


@contextlib.contextmanager
def stopped(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


NAMES = [name for name in vars(Play) if not name.startswith("_") and name not in ("some", "sql")]


def play(pool, postgres, watcher, seconds, seed, only=""):
    """{fault: how often}. In the second half no broker is killed: one that lives long shows whether it grows."""
    begin, chance, done = time.monotonic(), random.Random(seed), collections.Counter()
    stage = Play(pool, postgres, watcher, chance)
    names = only.split(",") if only else NAMES
    while (passed := time.monotonic() - begin) < seconds:
        time.sleep(chance.uniform(*QUIET))
        name = chance.choice([n for n in names if n != "broker_killed" or passed < seconds / 2 or only])
        watcher.say(name)
        getattr(stage, name)()
        done[name] += 1
    time.sleep(2)
    stage.sql("select 1")
    return done
