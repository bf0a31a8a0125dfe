"""PostgreSQL's own regression tests, in their parallel schedule, psql as the client."""
import collections
import pathlib
import re
import shutil
import subprocess
import sys
import time

import sources
from stage import Stage

SERVER = {"max_prepared_transactions": 2, "max_connections": 150}  # the first as pg_regress does for its own server
LINE = re.compile(r"^\s*(?:test )?\s*(\S+)\s+\.\.\. (ok|FAILED|failed)", re.M)


def build_library(source, bindir, target):
    """regress.so, and beside it what some tests load from the same place."""
    include = bindir.parents[3] / "include/postgresql/15/server"
    target.mkdir()
    subprocess.run(["gcc", "-O1", "-w", "-fPIC", "-shared", "-I", include, "-o", target / "regress.so",
                    source / "regress.c"], check=True)
    for name in ("autoinc.so", "refint.so"):
        shutil.copy(bindir.parent / "lib" / name, target / name)


def command(stage, source, out, tests):
    schedule = tests or [f"--schedule={source}/parallel_schedule"]
    bindir = stage.postgres.bindir
    program = bindir.parent / "lib/pgxs/src/test/regress/pg_regress"
    return stage.command(program, f"--inputdir={source}", f"--outputdir={out}", f"--dlpath={out}/lib",
                         f"--bindir={bindir}", f"--host={stage.postgres.host}", f"--port={stage.postgres.port}", "--user=postgres",
                         "--max-concurrent-tests=20", *schedule)


def start_background(stage, count):
    script = pathlib.Path(__file__).with_name("background.py").read_text()  # that user may not enter the tree
    return subprocess.Popen(stage.command(sys.executable, "-c", script, stage.postgres.host, stage.postgres.port, count),
                            env=stage.env(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                            stderr=subprocess.DEVNULL)


def end_background(background):
    """What was wrong with it."""
    wrong = background.communicate(timeout=60)[0].splitlines()
    return wrong + [f"background ended with {background.returncode}"] * bool(background.returncode)


def run(options):
    top = options.source or sources.fetch("postgresql-15", "postgresql-15")
    started = time.monotonic()
    with Stage(options, SERVER, lambda directory: sources.postgres_programs(top, directory)) as stage:
        out, copy = stage.dir / "out", stage.dir / "source"
        out.mkdir()
        shutil.copytree(top / "src/test/regress", copy)
        build_library(copy, stage.postgres.bindir, out / "lib")
        subprocess.run(["chmod", "-R", "a+rX", stage.dir / "source", out], check=True)
        stage.give(out)
        background = start_background(stage, options.background) if options.background else None
        with open(out / "said", "w+") as said:
            status = subprocess.run(command(stage, copy, out, options.tests), env=stage.env(), cwd=out, stdout=said,
                                    stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=3000).returncode
        results = dict(LINE.findall((out / "said").read_text()))
        wrong = end_background(background) if background else []
        if status and all(result == "ok" for result in results.values()):
            wrong.append(f"pg_regress ended with {status}, though no test failed")
        words = stage.words()
        sources.CACHE.mkdir(parents=True, exist_ok=True)
        diffs = out / "regression.diffs"
        shutil.copy(diffs if diffs.exists() else out / "said", sources.CACHE / "regress.failures")
    return report(results, wrong, f"{words}; {time.monotonic() - started:.0f} s")


def report(results, wrong, words):
    count = collections.Counter(results.values())
    failed = [name for name, result in results.items() if result != "ok"]
    print(f"regress {words}")
    for line in failed + wrong:
        print(f"  failed: {line}")
    print(f"{count['ok']} passed, {len(failed) + len(wrong)} failed")
    return 1 if failed or wrong or not results else 0
