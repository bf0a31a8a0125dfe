"""psycopg2's own tests with the psycopg2 that Debian installed: every test that passes direct must pass pooled, but
for those named here, which must not."""
import collections
import copy
import json
import pathlib
import subprocess
import sys

import sources
from stage import Stage

SERVER = {"max_prepared_transactions": 10, "wal_level": "logical"}

# A pid is told at login, before anything is asked; in transaction mode no server is the client's by then, so none's pid
# is told: who would go by it could end a session that somebody else has by now. In session mode this passes.
CANNOT_PASS = {  # in transaction mode
    "test_connection.TestConnectionInfo.test_backend_pid": "the pid told at login is not that of the server of the moment",
}


def play(options, top, out):
    """{test: [result, why]} of one run."""
    with Stage(options, SERVER) as stage:
        stage.postgres.psql("create database psycopg2_test;\n\n\\c psycopg2_test\ncreate extension hstore")
        where = stage.postgres
        env = stage.env(PSYCOPG2_TESTDB="psycopg2_test", PSYCOPG2_TESTDB_HOST=where.host,
                        PSYCOPG2_TESTDB_PORT=where.port, PSYCOPG2_TESTDB_USER=where.user, PYTHONPATH=str(top))
        runner = pathlib.Path(__file__).parent / "unittest_runner.py"
        with open(out, "w") as said:
            done = subprocess.run(stage.command(sys.executable, runner, *options.tests), env=env, cwd="/", text=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, timeout=1500)
        words = stage.words()
    results = {row[0]: row[1:] for row in map(json.loads, done.stdout.splitlines())}
    count = collections.Counter(result for result, _ in results.values())
    print(f"psycopg2 {words}: {dict(count)}", flush=True)
    if done.returncode or not results:
        print(f"  the run ended with {done.returncode}, see {out}")
    return results


def judge(options, wanted, pooled):
    """Words about what should have been otherwise."""
    cannot = {} if options.settings.get("MODE") == "session" else {f"tests.{t}": why for t, why in CANNOT_PASS.items()}
    said, passed, known = [], 0, 0
    with open(sources.CACHE / "psycopg2.failures", "w") as failures:
        for test in wanted:
            result, why = pooled.get(test, ["never ran", ""])
            if result == "ok" and test in cannot:
                said.append(f"passed, which was thought impossible: {test}: {cannot[test]}")
            elif result == "ok":
                passed += 1
            elif test in cannot:
                known += 1
                print(f"  cannot pass: {test}: {cannot[test]}")
            else:
                said.append(f"{result}: {test}: {(why.strip().splitlines() or [''])[-1]}")
                failures.write(f"{result}: {test}\n{why}\n\n")
    print(*(f"  {line}" for line in said), f"{passed} passed, {len(said)} failed, {known} cannot pass", sep="\n")
    return said


def run(options):
    top = options.source or sources.fetch("psycopg2", "python3-psycopg2")
    sources.CACHE.mkdir(parents=True, exist_ok=True)
    directly = copy.copy(options)
    directly.direct = True
    direct = play(directly, top, sources.CACHE / "psycopg2.direct")
    if options.direct:
        return 0 if direct else 1
    pooled = play(options, top, sources.CACHE / "psycopg2.pooled")
    wanted = [test for test, (result, _) in direct.items() if result == "ok"]
    return 1 if judge(options, wanted, pooled) or not wanted else 0
