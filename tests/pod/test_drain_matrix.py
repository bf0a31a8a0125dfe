"""Leaving, for every usual way a container is started: PID 1 x program.

Each row runs twice, without and with podpool: SIGTERM to PID 1 while one connection is idle and one transaction has
0.7 s of work left; at the end of a grace of 5 s SIGKILL, where it still runs. The exit status is the same, the end comes
no later than the transaction's; with podpool the transaction commits, a second after the end nothing is left in
pg_stat_activity (some rows are measured so, on the plain build), and no session was cut off.
"""
import os
import pathlib
import signal
import socket
import subprocess
import time
import zlib

import pytest

from box import Box

HERE = pathlib.Path(__file__).parent
PROGRAMS = HERE / "programs"
PYTHON = "/usr/bin/python3"
TERM, KILL = signal.SIGTERM, signal.SIGKILL
GRACE = 5  # seconds
pytestmark = pytest.mark.pooled

RUDE = "unexpected EOF on client connection"
NODE_PATH = f"{HERE.parents[1]}/.cache/nodejs/usr/share/nodejs:/usr/share/nodejs"

INITS = {
    "bare": [],
    "sh-exec": ["/bin/sh", "-c", 'exec "$@"', "sh"],
    "dash": ["/bin/dash", "-c", '"$@"; exit $?', "sh"],  # stays: there is something to do afterwards
    "bash": ["/bin/bash", "-c", '"$@"; exit $?', "bash"],
    "tini": ["/usr/bin/tini", "--"],
    "tini-g": ["/usr/bin/tini", "-g", "--"],
    "dumb-init": ["/usr/bin/dumb-init", "--"],
    # both signal the program: it gets each SIGTERM twice, within milliseconds. (Of a child that was there no more for the
    # trap's kill, a second wait says 255.)
    "dumb-init-trap": ["/usr/bin/dumb-init", "--", "/bin/bash", "-c",
                       """trap 'kill -TERM $p' TERM; "$@" & p=$!; wait $p; s=$?
                       if kill -0 $p; then wait $p; s=$?; fi; exit $s""", "bash"],
}
# (program, PID 1): the exit status without podpool, which must stay; KILL: it never leaves by itself
ROWS = {
    **{("python-handler", init): 7 for init in INITS},
    **{("python-sigwait", init): 7 for init in INITS},
    ("python-plain", "tini"): 128 + TERM, ("python-plain", "tini-g"): 128 + TERM, ("python-plain", "dumb-init"): 128 + TERM,
    ("python-plain", "dumb-init-trap"): 128 + TERM, ("node-plain", "dumb-init-trap"): 128 + TERM,
    **{("python-plain", init): -KILL for init in ("bare", "sh-exec", "dash", "bash")},
    **{(program, init): -KILL for program in ("python-handler", "python-sigwait") for init in ("dash", "bash")},
    ("java-hook", "bare"): 128 + TERM, ("java-hook", "tini"): 128 + TERM,
    ("java-xrs", "bare"): -KILL, ("java-xrs", "dumb-init"): 128 + TERM,
    ("node-handler", "bare"): 7, ("node-handler", "dumb-init"): 7,
    ("node-plain", "bare"): -KILL, ("node-plain", "tini"): 128 + TERM,
    ("php-fpm", "bare"): 0, ("php-fpm", "tini"): 0, ("php-quit", "bare"): 0,
    ("gunicorn", "bare"): 0, ("gunicorn", "dumb-init"): 0, ("uwsgi", "bare"): 0, ("uwsgi", "tini"): 0,
}
MEASURED = ("python-plain", "bare"), ("python-handler", "tini"), ("php-fpm", "bare")  # within a second: on the plain build


@pytest.fixture(scope="session")
def leaver_java(tmp_path_factory):
    classes = tmp_path_factory.mktemp("java")
    classes.parent.chmod(0o755)
    subprocess.run(["javac", "-cp", "/usr/share/java/postgresql.jar", "-d", classes, PROGRAMS / "Leaver.java"], check=True)
    return classes


class Database:
    """One database of its own per row: rows run in parallel."""

    def __init__(self, postgres, name):
        self.postgres, self.name = postgres, name
        postgres.psql(f"create database {name}")
        postgres.psql("create table t (n int)", db=name)

    def empty(self):
        self.postgres.psql("truncate t", db=self.name)
        self.log_from = len(self.postgres.log_text())

    def rows(self):
        return self.postgres.psql("select coalesce(string_agg(n::text, ',' order by n), '') from t", db=self.name)

    def until_nobody(self, seconds=5):
        """PostgreSQL itself would look after 10 s whether who asked it to work is there."""
        began = time.monotonic()
        while seen := self.postgres.psql(f"select state, query from pg_stat_activity where datname = '{self.name}'"):
            assert time.monotonic() - began < seconds, f"left: {seen}"
            time.sleep(0.02)
        print("nobody is left after", round(time.monotonic() - began, 2), "s")

    def cut_off(self):
        return [line for line in self.postgres.log_text()[self.log_from:].splitlines()
                if RUDE in line and f"@{self.name}/" in line]


@pytest.fixture
def database(postgres, request):
    number = zlib.crc32(request.node.name.encode())
    yield Database(postgres, f"leave{number}")
    postgres.psql(f"drop database leave{number} with (force)")


def command_of(program, database, classes, workdir):
    """(argv, environment, what sends the request once it is ready or None: its socket, how many
    workers say so, the command and its environment)"""
    at = database.postgres
    dsn = f"host={at.host} port={at.port} user=postgres dbname={database.name} sslmode=disable"
    name, _, kind = program.partition("-")
    if name == "python":
        return [PYTHON, "-u", PROGRAMS / "leaver.py", dsn, kind], {}, None
    if name == "java":
        url = f"jdbc:postgresql://{at.host}:{at.port}/{database.name}?user=postgres&sslmode=disable"
        options = ["-Xrs"] if kind == "xrs" else []
        return ["/usr/bin/java", *options, "-Xmx64m", "-cp", f"{classes}:/usr/share/java/postgresql.jar", "Leaver", url,
                kind], {}, None
    if name == "node":
        url = f"postgres://postgres@{at.host}:{at.port}/{database.name}"
        return ["/usr/bin/node", PROGRAMS / "leaver.js", url, kind], {"NODE_PATH": NODE_PATH}, None
    if name == "php":
        conf = workdir / "fpm.conf"
        conf.write_text(f"[global]\nerror_log = /dev/stderr\ndaemonize = no\n"
                        f"process_control_timeout = 4\n[www]\nlisten = {workdir}/fpm.sock\n"
                        "user = root\ngroup = root\npm = static\npm.max_children = 2\ncatch_workers_output = yes\n")
        asking = {"REQUEST_METHOD": "GET", "SCRIPT_FILENAME": str(PROGRAMS / "leaver.php"),
                  "QUERY_STRING": "dsn=" + dsn.replace(" ", "%20")}
        return (["/usr/sbin/php-fpm8.2", "-F", "-R", "-y", conf], {},
                (workdir / "fpm.sock", 0, ["cgi-fcgi", "-bind", "-connect", workdir / "fpm.sock"], asking))
    if name == "uwsgi":  # whose SIGTERM means "reload" unless told otherwise
        return (["/usr/bin/uwsgi-core", "--plugin", "python3", "--master", "-p", "2", "--chdir", PROGRAMS, "--http-socket",
                 workdir / "web.sock", "--module", "leaver_wsgi", "--hook-master-start",
                 "unix_signal:15 gracefully_kill_them_all"], {"LEAVER_DSN": dsn},
                (workdir / "web.sock", 0, ["curl", "-s", "--unix-socket", workdir / "web.sock", "http://x/"], {}))
    # of two: a worker that is forked while the master hears SIGTERM never does, and is killed with the grace
    return (["/usr/bin/gunicorn", "--chdir", PROGRAMS, "-b", f"unix:{workdir}/web.sock", "-w", "2", "leaver_wsgi"],
            {"LEAVER_DSN": dsn},
            (workdir / "web.sock", 2, ["curl", "-s", "--unix-socket", workdir / "web.sock", "http://x/"], {}))


def until_listening(box, path):
    """The file is there with bind(), who listens is there a moment later."""
    deadline = time.monotonic() + 20
    while True:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(path)) == 0:
                return
        assert box.is_running() and time.monotonic() < deadline, box.output()
        time.sleep(0.02)


def leave(argv, env, ask, stop=TERM, grace=GRACE):
    """(exit code, seconds from SIGTERM to the end, output); SIGKILL when the grace is over, as the kubelet does."""
    asker = None
    with Box(argv, env=env) as box:
        try:
            if ask:
                path, workers, command, asking = ask
                until_listening(box, path)
                box.wait_output("application loaded", times=workers)
                asker = subprocess.Popen([str(w) for w in command], env={"PATH": "/usr/bin:/bin", **asking},
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            box.wait_output("is busy")
            began = time.monotonic()
            box.signal(stop)
            try:
                code = box.exit_code(grace)
            except TimeoutError:
                box.signal(KILL)
                code = box.exit_code(5)
            return code, time.monotonic() - began, box.output()
        finally:
            if asker:
                asker.kill()
                asker.wait()


@pytest.mark.parametrize("program, init, late", [*((*row, 5) for row in ROWS), *(
    pytest.param(*row, 1, marks=pytest.mark.release) for row in MEASURED)], ids=str)
def test_row(program, init, late, database, installed, leaver_java, tmp_path):
    """late: seconds by which the end may be, and by which the sessions' end may be behind it."""
    status = ROWS[program, init]
    stop = signal.SIGQUIT if program == "php-quit" else TERM  # the STOPSIGNAL of php's own images
    argv, env, ask = command_of(program, database, leaver_java, tmp_path)
    argv = [str(word) for word in INITS[init] + argv]
    database.empty()
    code, direct, output = leave(argv, env, ask, stop)
    assert code == status, output
    database.until_nobody()
    database.empty()
    for leftover in tmp_path.glob("*.sock"):
        leftover.unlink()
    # Who leaves by itself does so before anything is forced (25 s) and before SIGKILL, which shows in the status.
    grace, until_kill = (GRACE, GRACE) if status == -KILL else (30, 2 * GRACE)
    pooled_env = {"LD_PRELOAD": str(installed / "lib/libpodpool.so"), "PODPOOL_TARGETS": f"*:{database.postgres.port}",
                  "PODPOOL_LOG": "debug", "PODPOOL_GRACE_SECONDS": str(grace)}
    code, pooled, output = leave(argv, {**env, **pooled_env}, ask, stop, until_kill)
    assert code == status, output
    print(f"{direct:.2f} s without, {pooled:.2f} s with podpool")
    assert pooled < max(direct, 0.7) + late, f"{direct} s without, {pooled} s with podpool:\n{output}"
    database.until_nobody(late)
    assert database.rows() == "1,2", output
    assert database.cut_off() == [], output


@pytest.mark.parametrize("init", ["bash", "dash"])
def test_pid_1_that_exits_takes_nobodys_transaction_along(init, database, installed):
    """It has no connection itself; the kernel kills its children, and the broker, the moment it exits."""
    argv, env, _ = command_of("python-plain", database, None, None)
    env = {"LD_PRELOAD": str(installed / "lib/libpodpool.so"), "PODPOOL_TARGETS": f"*:{database.postgres.port}",
           "PODPOOL_LOG": "debug", "PODPOOL_PID1_EXIT": "on"}
    database.empty()
    code, seconds, output = leave([str(word) for word in INITS[init] + argv], env, None)
    assert (code, database.rows()) == (128 + TERM, "1,2"), output
    assert seconds < 2
    database.until_nobody(0.5)
    assert database.cut_off() == [], output


def test_pid_1_that_exits_finds_its_moment_in_a_crowd(database, installed, tmp_path):
    """Some of eight connections are always in a transaction: while PID 1 waits, nobody begins one."""
    (tmp_path / "script").write_text("begin; insert into t values (1); select pg_sleep(0.1); commit;\n")
    at = database.postgres
    argv = ["/usr/bin/pgbench", "-n", "-c", "8", "-j", "2", "-T", "60", "-P", "1", "-f", tmp_path / "script",
            f"host={at.host} port={at.port} user=postgres dbname={database.name}"]
    env = {"LD_PRELOAD": str(installed / "lib/libpodpool.so"), "PODPOOL_TARGETS": f"*:{at.port}",
           "PODPOOL_PID1_EXIT": "on"}
    database.empty()
    with Box([str(word) for word in INITS["bash"] + argv], env=env) as box:
        box.wait_output("progress:")
        box.signal(TERM)
        assert box.exit_code(3) == 128 + TERM, box.output()
    database.until_nobody(0.5)
    assert database.cut_off() == []


@pytest.mark.parametrize("grace", [2, 6, 12])
def test_a_program_that_is_never_told_hears_it_from_its_database(grace, database, installed):
    """PID 1 is a shell: the program does not see SIGTERM. Half of a short grace (or 5 s) before the end it gets 57P01."""
    argv, env, _ = command_of("python-loop", database, None, None)
    env = {"LD_PRELOAD": str(installed / "lib/libpodpool.so"), "PODPOOL_TARGETS": f"*:{database.postgres.port}",
           "PODPOOL_GRACE_SECONDS": str(grace), "PODPOOL_LOG": "debug"}
    database.empty()
    with Box([str(word) for word in INITS["bash"] + argv], env=env) as box:
        box.wait_output("is busy")
        time.sleep(0.5)
        began = time.monotonic()
        box.signal(TERM)
        box.wait_output("told: 57P01", grace + 1)
        told = time.monotonic() - began
        expected = grace / 2 if grace < 8 else grace - 5
        assert expected - 0.1 <= told < expected + 0.5 + grace / 4, told  # sooner than SIGKILL
        database.until_nobody(max(grace - told, 3))
        assert database.cut_off() == []


def test_a_second_sigterm_is_now(database, installed):
    """Of a program with the default action, below an init that passes both on."""
    argv, env, _ = command_of("python-plain", database, None, None)
    argv.append("5")
    env = {"LD_PRELOAD": str(installed / "lib/libpodpool.so"), "PODPOOL_TARGETS": f"*:{database.postgres.port}"}
    database.empty()
    with Box([str(word) for word in INITS["tini"] + argv], env=env) as box:
        box.wait_output("is busy")
        began = time.monotonic()
        box.signal(TERM)
        time.sleep(0.2)
        assert box.is_running()
        box.signal(TERM)
        assert box.exit_code(5) == 128 + TERM
        assert time.monotonic() - began < 3  # the transaction had 5 s to go
    database.until_nobody()
    assert database.rows() == "1"


def test_a_hung_broker_delays_the_end_of_pid_1_by_little(database, installed):
    dsn = f"host={database.postgres.host} port={database.postgres.port} user=postgres dbname={database.name}"
    text = f"""import os, psycopg2, sys, time
c = psycopg2.connect({dsn!r})
print("is busy", flush=True)
while not os.path.exists(os.environ["PODPOOL_DIR"] + "/go"): time.sleep(0.01)
sys.exit(3)"""
    env = {"LD_PRELOAD": str(installed / "lib/libpodpool.so"), "PODPOOL_TARGETS": f"*:{database.postgres.port}"}
    with Box([PYTHON, "-u", "-c", text], env=env) as box:
        box.wait_output("is busy")
        (broker,) = [pid for pid in box.cgroup.pids() if pathlib.Path(f"/proc/{pid}/comm").read_text() == "podpool\n"]
        os.kill(broker, signal.SIGSTOP)
        began = time.monotonic()
        (box.dir / "go").touch()
        assert box.exit_code(5) == 3
        assert 0.15 < time.monotonic() - began < 2
    database.until_nobody()


def test_a_prestop_hook_waits_for_the_last_transaction(database, installed):
    """PID 1 is a shell, its program is never told, and SIGKILL follows at once: nothing of it is lost or cut off."""
    argv, env, _ = command_of("python-handler", database, None, None)
    env = {"LD_PRELOAD": str(installed / "lib/libpodpool.so"), "PODPOOL_TARGETS": f"*:{database.postgres.port}"}
    database.empty()
    with Box([str(word) for word in INITS["bash"] + argv], env=env) as box:
        box.wait_output("is busy")
        began = time.monotonic()
        hook = subprocess.run(["nsenter", "-t", str(box.pid), "-p", "-m", installed / "bin/podpool", "drain", "--wait"],
                              env={"PODPOOL_DIR": str(box.dir)}, capture_output=True, text=True, timeout=20)
        assert (hook.returncode, hook.stdout, hook.stderr) == (0, "", "")
        assert time.monotonic() - began < 5  # of a grace of 30
        assert database.rows() == "1,2"
        database.until_nobody()  # the program lives, and keeps its connections
        box.signal(KILL)
        assert box.exit_code(5) == -KILL
    assert database.cut_off() == []
