"""The three acts. Each runs a program over one way to the database and returns what was measured."""
import pathlib
import re
import signal
import subprocess
import time

import cgroup
from watch import Watch

HERE = pathlib.Path(__file__).parent
PYTHON = "/usr/bin/python3"
MIB = 1 << 20
MEMORY = 128 * MIB  # unlimited, the program of act 2 was seen to take 670 MiB; a report at work costs 12 to 16


class Stage:
    """What the acts share: the database, the way to it, a directory for notes and output."""

    def __init__(self, postgres, way, directory):
        self.postgres, self.way, self.directory = postgres, way, directory
        self.conninfo = f"host={way.host} port={way.port} user=postgres dbname=postgres"
        self.notes = directory / f"notes-{way.name}"
        self.output = directory / f"output-{way.name}"

    def start(self, command, **more):
        """stdout and stderr go to a file: a background broker inherits them and would hold a pipe open."""
        self.notes.unlink(missing_ok=True)
        with open(self.output, "wb") as output:
            return subprocess.Popen(command, env=self.way.env, stdout=output, stderr=output,
                                    stdin=subprocess.DEVNULL, **more)

    def noted(self):
        return len(self.notes.read_text().splitlines()) if self.notes.exists() else 0

    def ended(self, how):
        """Did the program say so? The broker's log lines may come before and after."""
        return how in self.said().splitlines()

    def said(self):
        return self.output.read_text(errors="replace").strip()


def fresh_tables(stage, workers):
    stage.postgres.psql(f"""DROP TABLE IF EXISTS orders, stock;
        CREATE TABLE orders (id bigserial, worker int); CREATE TABLE stock (worker int PRIMARY KEY, sold int);
        INSERT INTO stock SELECT n, 0 FROM generate_series(0, {workers - 1}) n""")


def committed(stage):
    return int(stage.postgres.psql("SELECT count(*) FROM orders"))


def start_prefork(stage, workers, seconds, inside, between):
    numbers = [str(number) for number in (workers, seconds, inside, between)]
    return stage.start([PYTHON, HERE / "prefork.py", *numbers, stage.notes, stage.conninfo])


def prefork(stage, workers=64, seconds=4):
    """64 forked workers, each with its connection."""
    fresh_tables(stage, workers)
    with Watch(stage.postgres) as watch:
        status = start_prefork(stage, workers, seconds, 0.002, 0.06).wait()
    return {"peak": watch.peak, "begun": stage.noted(), "committed": committed(stage), "status": status,
            "workers well": stage.ended(f"0:{workers}"), "said": stage.said()}


def pgbench(stage, clients=64, seconds=4):
    with Watch(stage.postgres) as watch:
        process = stage.start([stage.postgres.bindir / "pgbench", "-h", stage.way.host, "-p", str(stage.way.port), "-U",
                               "postgres", "-n", "-N", "-c", str(clients), "-j", "2", "-T", str(seconds), "postgres"])
        status = process.wait()
    tps = re.search(r"tps = ([\d.]+)", stage.said())
    return {"peak": watch.peak, "tps": float(tps[1]) if tps else 0.0, "status": status, "said": stage.said()}


def memory_limit(stage, limit_bytes=MEMORY, threads=60, seconds=8):
    """The program, and with podpool the broker too, in a control group with a hard limit."""
    group = cgroup.memory_group(limit_bytes)
    process = stage.start([PYTHON, HERE / "reports.py", str(threads), str(seconds), stage.notes, stage.conninfo],
                          preexec_fn=group.enter)
    status = process.wait()
    result = {"status": status, "reports": stage.noted(), "kills": group.kills(),
              "peak MiB": group.peak_bytes() / MIB, "said": stage.said(), "podpool": stage.way.status()}
    stage.way.stop()  # the broker is in the group
    group.remove()
    return result


CUT_OFF = re.compile("unexpected EOF on client connection|could not receive data from client|connection to client lost")


def sigterm(stage, workers=16):
    """SIGTERM to the master in the middle of the work, as a kubelet sends it."""
    fresh_tables(stage, workers)
    log_before = len(stage.postgres.log_text())
    process = start_prefork(stage, workers, 60, 0.15, 0.15)
    while process.poll() is None and not stage.noted():
        time.sleep(0.05)
    time.sleep(2)
    process.send_signal(signal.SIGTERM)
    start = time.monotonic()
    status = process.wait()
    took = time.monotonic() - start
    time.sleep(1)
    with Watch(stage.postgres) as watch:
        left = watch.sessions()
    return {"lost": stage.noted() - committed(stage), "begun": stage.noted(), "took": took, "left": left,
            "cut off": len(CUT_OFF.findall(stage.postgres.log_text()[log_before:])), "status": status,
            "all by SIGTERM": stage.ended(f"-15:{workers}"), "said": stage.said()}
