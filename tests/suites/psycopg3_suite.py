"""psycopg 3's own tests, and those of its pool, with the psycopg that Debian installed."""
import subprocess
import sys
import xml.etree.ElementTree

from compared import Suite, whole

# By markers: what needs programs that are not there. And by name what counts the driver's own objects, for an hour.
LEFT_OUT, NOT_NAMED = "not (mypy or proxy or dns or postgis or crdb)", "not leak"

# They tell PostgreSQL to end the session whose pid was told at login: that pid is nobody's (see psycopg2_suite.py).
ENDS_ITSELF = "the pid told at login is not that of the server of the moment"
CANNOT_PASS = {f"tests.test_{module}.{test}": ENDS_ITSELF for module, test in (
    ("connection", "test_broken"), ("connection_async", "test_broken"),
    ("connection", "test_context_inerror_rollback_no_clobber"),
    ("connection_async", "test_context_inerror_rollback_no_clobber"),
    ("concurrency", "test_identify_closure"), ("concurrency_async", "test_identify_closure"),
    ("transaction", "test_context_inerror_rollback_no_clobber[pipeline=off]"),
    ("transaction_async", "test_context_inerror_rollback_no_clobber[pipeline=off]"))}


def play(stage, options, top, said):
    """The tests alone are copied: beside them stands another psycopg, which is not the one that is installed."""
    home = stage.copy(top / "tests", "psycopg3")
    report = home / "report.xml"
    stage.postgres.psql("create database psycopg3_test")
    where = stage.postgres
    dsn = f"host={where.host} port={where.port} user={where.user} dbname=psycopg3_test"
    command = stage.command(sys.executable, "-m", "pytest", "-q", "-m", LEFT_OUT, f"--junit-xml={report}", "-o",
                            f"cache_dir={home}/cache", "-o", "asyncio_mode=auto", "-k", NOT_NAMED, "-p", "no:xdist",
                            f"--test-dsn={dsn}", *(options.tests or ["tests"]))
    done = subprocess.run(command, env=stage.env(PSYCOPG_IMPL="python"), cwd=home, stdin=subprocess.DEVNULL, stdout=said,
                          stderr=said, timeout=2400)
    cases = xml.etree.ElementTree.parse(report).iter("testcase") if report.exists() else ()  # written at its end
    return {f"{case.get('classname')}.{case.get('name')}": verdict(case) for case in cases} | whole(done.returncode, (0, 1))


def verdict(case):
    for result in ("error", "failure", "skipped"):
        if (found := case.find(result)) is not None:
            return [result, f"{found.text or ''}\n{found.get('message') or ''}"]
    return ["ok", ""]


run = Suite("psycopg3", "psycopg3", "python3-psycopg", play, {"max_prepared_transactions": 10}, CANNOT_PASS).run
