"""Runs one driver's program, or its requests to PHP-FPM, in one environment."""
import os
import pathlib
import signal
import subprocess
import urllib.parse

from support import pool, wait

NODE_PATH = ":".join(map(str, (pool.ROOT / ".cache/nodejs/usr/share/nodejs", "/usr/share/nodejs")))
FPM_CONF = """
[global]
error_log = {dir}/fpm.log
daemonize = no
[www]
listen = {dir}/fpm.sock
user = root
group = root
pm = static
pm.max_children = {workers}
catch_workers_output = yes
clear_env = yes
"""
NAMES = ("host", "port", "user", "password", "dbname", "scenario", "variant", "clients", "transactions")


class Programs:
    """with Programs(driver, env, postgres, java, workdir) as programs: process = programs.start("basic")."""

    def __init__(self, driver, env, postgres, java, workdir, fpm_workers=2):
        self.driver, self.postgres, self.java = driver, postgres, java
        self.env = {**env, "NODE_PATH": NODE_PATH}
        self.workdir = pathlib.Path(workdir)
        self.fpm_workers = fpm_workers
        self.go_file = self.workdir / "go"
        self.fpm = None
        self.started = []

    def __enter__(self):
        self.workdir.mkdir(exist_ok=True)
        if self.driver.fpm:
            self._start_fpm()
        return self

    def __exit__(self, *_):
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)  # it leads a session: what it started ends as well
                process.wait()
        if self.fpm:
            self.fpm.terminate()
            try:
                self.fpm.wait(10)
            finally:
                self.fpm.kill()

    def _start_fpm(self):
        conf = self.workdir / "fpm.conf"
        conf.write_text(FPM_CONF.format(dir=self.workdir, workers=self.fpm_workers))
        allow_root = ["-R"] if os.getuid() == 0 else []
        with open(self.workdir / "fpm.out", "wb") as out:
            self.fpm = subprocess.Popen(["/usr/sbin/php-fpm8.2", "-F", *allow_root, "-y", conf], env=self.env,
                                        stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        wait.until((self.workdir / "fpm.sock").exists, "php-fpm listens")

    def start(self, scenario, clients=1, transactions=1):
        words = self.driver.arguments(self.postgres, scenario, clients, transactions)
        env = self.env
        if self.driver.fpm:
            command = ["cgi-fcgi", "-bind", "-connect", str(self.workdir / "fpm.sock")]
            env = {**env, "REQUEST_METHOD": "GET", "SCRIPT_FILENAME": self.driver.command[0],
                   "QUERY_STRING": urllib.parse.urlencode({**dict(zip(NAMES, words)), "go": self.go_file})}
            env.pop("LD_PRELOAD", None)  # the web server is not the program; FPM is
        else:
            command = [word.format(java=self.java) for word in self.driver.command] + words
        self.started.append(subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                             stderr=subprocess.PIPE, cwd="/", start_new_session=True))
        return self.started[-1]

    def finish(self, process, seconds=60):
        """(exit status, stdout, stderr); an FPM answer without its headers."""
        out, err = (b.decode() for b in process.communicate(timeout=seconds))
        if self.driver.fpm:
            out = out.partition("\r\n\r\n")[2]
        return process.returncode, out, err

    def run(self, scenario, clients=1, transactions=1, seconds=60):
        return self.finish(self.start(scenario, clients, transactions), seconds)

    def cancel_now(self, process):
        """Tells the program, in the way it can hear, to cancel its query."""
        if self.driver.cancel == "sigint":
            os.killpg(process.pid, signal.SIGINT)
        elif self.driver.cancel == "file":
            self.go_file.touch()
        else:
            process.stdin.write(b"go\n")
            process.stdin.flush()
