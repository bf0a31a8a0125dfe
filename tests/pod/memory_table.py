"""The memory table: the same program in the same memory with no pool, with fixed pool sizes and with podpool.

    scripts/bench pod [--runs 10] [--others 3] [--seconds 20] [--only ROW] [--fixed 4,8,...]

A row is a story (steady, the program grows, it reads files, its limit is lowered, a JVM that fills its limit from the
start). A way is a pool size, or podpool in front of a pool as large as the number of workers. Podpool passes a row when
the kernel killed nothing in any run, it made at least 80 % of the reports that the best fixed size made in the same
round (the median of those ratios; the best of those that survived all their runs), and after the program has grown it is
never for more than 30 s below what memory allows then (samples.allowed). The size that is best in one row is killed in the
next; podpool gets no hint.
"""
import argparse
import pathlib
import re
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
for folder in (HERE, HERE.parent, HERE.parent / "support"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

import pg  # noqa: E402
from box import Box  # noqa: E402
from samples import MIB, recovery  # noqa: E402

WORKERS = 60
FIXED = (4, 8, 12, 16)
JDBC = "/usr/share/java/postgresql.jar"
LEAST = 0.8  # of the best fixed size that survives
RECOVERS = 30  # seconds after the program has grown


class Row:
    """least: how many can be at work at once, before the program grows or the limit is lowered and after that. 5 MiB each and
    5 MiB for the program, but allocators keep what they like: of fixed sizes 12 at most survive where 17 would fit.
    lowered_mib: the limits that the pod has, one after the other, the last one in the end; memory_mib: at first."""

    def __init__(self, name, least, memory_mib=96, grow_mib=0, reads=False, lowered_mib=(), java=False):
        self.name, self.least, self.memory, self.grow_mib = name, least, memory_mib * MIB, grow_mib
        self.reads, self.limits, self.java = reads, [mib * MIB for mib in lowered_mib], java


ROWS = [Row("steady", (8, 8)),
        Row("grows 20 MiB", (8, 6), grow_mib=20),
        Row("grows 35 MiB", (8, 5), grow_mib=35),
        Row("reads files", (8, 8), reads=True),
        Row("limit lowered", (11, 8), memory_mib=144, lowered_mib=(132, 120, 108, 96)),
        Row("flat-high JVM", (40, 40), memory_mib=264, java=True)]


class Way:
    """size: connections of the program's own pool; podpool: they go through it."""

    def __init__(self, name, size, podpool=False):
        self.name, self.size, self.podpool = name, size, podpool


NO_POOL, PODPOOL = Way("no pool", WORKERS), Way("podpool", WORKERS, podpool=True)


def fixed(size):
    return Way(f"fixed {size}", size)


class Run:
    def __init__(self, code, kills, reports, peak_mib, output):
        self.code, self.kills, self.reports, self.peak_mib, self.output = code, kills, reports, peak_mib, output

    @property
    def survived(self):
        return self.code == 0 and self.kills == 0


class Bench:
    """Builds the programs and keeps the database and the file to read; a context manager."""

    def __init__(self, build):
        self.build = pathlib.Path(build)

    def __enter__(self):
        self.scratch = pg.scratch("podpool-memory-")
        self.postgres = pg.Postgres.start(settings={"log_connections": "off", "log_disconnections": "off"})
        include = subprocess.check_output(["pg_config", "--includedir"], text=True).strip()
        subprocess.run(["gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-I", include, "-o",
                        self.scratch / "reports", HERE / "reports.c", "-lpq", "-pthread"], check=True)
        return self

    def __exit__(self, *_):
        self.postgres.stop()
        subprocess.run(["rm", "-rf", self.scratch], check=True)

    def _file(self):
        """Written by us, dropped from the cache: its pages are charged to whom reads them."""
        path = self.scratch / "file"
        if not path.exists():
            with open(path, "wb") as file:
                for _ in range(256):
                    file.write(bytes(MIB))
        subprocess.run(["dd", f"of={path}", "oflag=nocache", "conv=notrunc,fdatasync", "count=0", "status=none"], check=True)
        return path

    def _java(self, row):
        classes = self.scratch / "Reports.class"
        if not classes.exists():
            subprocess.run(["javac", "-d", self.scratch, HERE / "Reports.java"], check=True)
        heap = f"{row.memory // MIB * 72 // 100}m"
        return ["/usr/bin/java", f"-Xms{heap}", f"-Xmx{heap}", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC", "-Xss256k",
                "-cp", f"{self.scratch}:{JDBC}", "Reports", self.postgres.host, str(self.postgres.port)]

    def argv(self, row, way, seconds, by_work=False):
        if row.java:
            return [*self._java(row), way.size, seconds]
        return [self.scratch / "reports", self.postgres.dsn(), way.size, seconds, row.grow_mib,
                self._file() if row.reads else "-", *(["by-work"] if by_work else [])]

    def env(self, way, **settings):
        if not way.podpool:
            return {}
        return {"LD_PRELOAD": str(self.build / "lib/libpodpool.so"), "PODPOOL_MAX_SERVERS": str(WORKERS),
                "PODPOOL_TARGETS": f"{self.postgres.host}:{self.postgres.port}",
                **{f"PODPOOL_{name}": value for name, value in settings.items()}}

    def box(self, row, seconds):
        """With podpool, to be watched; what it logs tells every sample. It grows as it works."""
        return Box(self.argv(row, PODPOOL, seconds, by_work=True), memory_bytes=row.memory, env=self.env(PODPOOL, LOG="debug"))

    def run(self, row, way, seconds, **settings):
        with Box(self.argv(row, way, seconds), memory_bytes=row.memory, env=self.env(way, **settings)) as box:
            if row.limits:
                lower(box, row.limits, seconds / 3)
            code = box.exit_code(seconds + 60)
            found = re.search(r"^reports (\d+)", box.output(), re.M)
            return Run(code, box.oom_kills, int(found[1]) if found else 0, box.peak_bytes // MIB, box.output())


def lower(box, limits, after):
    """One after the other, a second each. v1 refuses a limit below what is in use and cannot be reclaimed: asked again until
    it is granted."""
    deadline = time.monotonic() + after
    for limit in limits:
        while box.is_running() and time.monotonic() < deadline:
            time.sleep(0.05)
        while box.is_running() and not granted(box, limit):
            time.sleep(0.05)
        deadline = time.monotonic() + 1


def granted(box, limit):
    try:
        box.cgroup.limit(limit)
        return True
    except OSError:
        return False


def best_fixed(results, sizes):
    """The way name of the size that made the most reports and survived every run; None when none did."""
    alive = {f"fixed {size}": statistics.median(run.reports for run in results[f"fixed {size}"])
             for size in sizes if all(run.survived for run in results[f"fixed {size}"])}
    return max(alive, key=alive.get, default=None)


def share(mine, best):
    """Of each round by itself: what else the machine does lasts for rounds."""
    ratios = [ours.reports / theirs.reports for ours, theirs in zip(mine, best) if theirs.reports]
    return statistics.median(ratios) if ratios else None


def line(row, way, runs):
    reports = sorted(run.reports for run in runs)
    killed = sum(not run.survived for run in runs)
    text = (f"{row.name:14} {way.name:9} {statistics.median(reports):7.0f} ({reports[0]}..{reports[-1]}) reports, "
            f"peak {max(run.peak_mib for run in runs):3} of {row.memory // MIB} MiB, killed {killed} of {len(runs)}")
    if way.podpool and row.grow_mib:
        text += f", fewer than {row.least[1]} at work for {slowest_recovery(row, runs):.1f} s at most"
    return text


def slowest_recovery(row, runs):
    return max(recovery(run.output, row.least[1]) for run in runs)


def judge(row, results, sizes):
    """(text, good): podpool against the best surviving size."""
    best = best_fixed(results, sizes)
    alive = all(run.survived for run in results["podpool"])
    part = share(results["podpool"], results[best]) if best else None
    text = f"{row.name}: " + ("podpool survives" if alive else "podpool IS KILLED")
    if part is not None:
        text += f", {part:.0%} of {best}"
    recovered = not row.grow_mib or slowest_recovery(row, results["podpool"]) <= RECOVERS
    if not recovered:
        text += ", and the cap does NOT RECOVER"
    return text, alive and recovered and (part is None or part >= LEAST)


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench pod", description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=10, help="interleaved runs of each way (default 10)")
    parser.add_argument("--others", type=int, help="runs of the ways that are not podpool (default: as many)")
    parser.add_argument("--seconds", type=int, default=20, help="of each run (default 20)")
    parser.add_argument("--only", default="", help="rows matching this regular expression")
    parser.add_argument("--ways", default="", help="ways matching this regular expression, e.g. podpool")
    parser.add_argument("--fixed", default=",".join(map(str, FIXED)), help=f"pool sizes (default {FIXED})")
    parser.add_argument("--build", default="build", help="podpool's build directory")
    parser.add_argument("--logs", help="directory to keep each run's output in")
    return parser.parse_args()


def measure(bench, options, row, ways):
    results = {way.name: [] for way in ways}
    others = options.runs if options.others is None else options.others
    for number in range(options.runs):
        for way in ways[number % len(ways):] + ways[:number % len(ways)]:
            if number >= others and not way.podpool:
                continue
            run = bench.run(row, way, options.seconds, LOG="debug")
            results[way.name].append(run)
            print(f"\r{row.name} {number + 1}/{options.runs} {way.name}: {run.reports}    ", end="", file=sys.stderr)
            if options.logs:
                path = pathlib.Path(options.logs) / f"{row.name} {way.name} {number}".replace(" ", "_")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(run.output)
    print("\r", end="", file=sys.stderr)
    return results


def main():
    options = arguments()
    sizes = [int(size) for size in options.fixed.split(",") if size]
    ways = [way for way in (NO_POOL, *map(fixed, sizes), PODPOOL) if re.search(options.ways, way.name)]
    sizes = [way.size for way in ways if way.name.startswith("fixed")]
    good = True
    with Bench(ROOT / options.build) as bench:
        for row in ROWS:
            if not re.search(options.only, row.name):
                continue
            results = measure(bench, options, row, ways)
            for way in ways:
                print(line(row, way, results[way.name]), flush=True)
            if "podpool" in results:
                text, passed = judge(row, results, sizes)
                print(text, flush=True)
                good = good and passed
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
