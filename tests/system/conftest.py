"""Fixtures of the system tests: real PostgreSQL, real programs, one broker a test.

PP_BUILD   build directory with lib/libpodpool.so and bin/podpool (default: build)
PP_DIRECT  1: no podpool in the environment; checks the tests themselves, those marked `pooled` are left out
PP_NO_SKIP 1: a test that cannot run is a failure
"""
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
for folder in (TESTS, TESTS / "system"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from databases import database  # noqa: E402
from support import pg, wait  # noqa: E402
from support.dialer import Dialer  # noqa: E402
from support.pgwire import Wire  # noqa: E402
from support.pool import DIRECT, Pool, direct_env, installation  # noqa: E402

USER, PASSWORD, DATABASE = "app", "app-secret", "app"


def pytest_configure(config):
    config.addinivalue_line("markers", "pooled: only means something with podpool between")
    config.addinivalue_line("markers", "release: measures; run against the plain build, not the sanitized one")


def pytest_collection_modifyitems(config, items):
    if DIRECT:
        left_out = [i for i in items if i.get_closest_marker("pooled")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [i for i in items if i not in left_out]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.skipped and os.environ.get("PP_NO_SKIP") == "1" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped under PP_NO_SKIP=1: {report.longrepr}"


@pytest.fixture(scope="session")
def postgres_trust():
    with database("trust") as postgres:
        yield postgres


@pytest.fixture(scope="session")
def postgres_scram():
    with database("scram-sha-256") as postgres:
        yield postgres


@pytest.fixture(scope="session")
def postgres_tls():
    with database("scram-sha-256", ssl=True) as postgres:
        yield postgres


@pytest.fixture
def own_postgres():
    """A database of this test alone: to restart, kill, or read its log from the start."""
    with database("trust") as postgres:
        yield postgres


@pytest.fixture(params=["trust", "scram"])
def postgres(request):
    return request.getfixturevalue(f"postgres_{request.param}")


@pytest.fixture
def make_pool(tmp_path):
    """make_pool(postgres) -> Pool; ended and examined when the test is over."""
    pools = []

    def make(postgres):
        workdir = tmp_path / f"broker{len(pools)}"
        workdir.mkdir()
        pools.append(Pool(workdir, postgres))
        return pools[-1]

    yield make
    wrong = [text for text in (pool.stop() for pool in pools) if text]
    assert not wrong, "the broker did not end well:\n" + "\n".join(wrong)
    for pool in pools:
        left = wait_for_no_sessions(pool.postgres) if pool.pooled else ""
        assert not left, f"left on the server: {left}"


def wait_for_no_sessions(postgres):
    """What podpool left in pg_stat_activity a moment after its broker ended; "" for nothing."""
    def left():
        return postgres.psql("select string_agg(concat(usename, ' ', datname, ' ', state, ' ', query), '; ')"
                             " from pg_stat_activity where usename in ('app', 'other')")
    try:
        wait.until(lambda: left() == "", "no session left", seconds=8)  # PostgreSQL looks for who has died at work after 10 s
    except (AssertionError, RuntimeError):  # RuntimeError: that database is stopped
        return left() if postgres.process.poll() is None else ""
    return ""


@pytest.fixture
def pool(make_pool, postgres_trust):
    """The usual pool: trust, MAX_SERVERS=4 unless env() says otherwise."""
    return make_pool(postgres_trust)


@pytest.fixture(scope="session")
def java(tmp_path_factory):
    """Folder of the compiled pgjdbc program."""
    classes = tmp_path_factory.mktemp("java")
    subprocess.run(["javac", "-encoding", "UTF-8", "-nowarn", "-cp", "/usr/share/java/postgresql.jar", "-d", classes,
                    TESTS / "system/drivers/JdbcDriver.java"], check=True, env=direct_env())
    return classes


@pytest.fixture
def raw(pool):
    """raw() -> a raw pooled connection (Wire, not yet logged in); the first call may give the broker's settings."""
    dialers, wires = [], []

    def open_wire(timeout=20, **settings):
        if not dialers:
            dialers.append(pool.dialer(**settings))
        wires.append(Wire(dialers[0].connect(pool.postgres.host, pool.postgres.port, timeout)))
        return wires[-1]

    yield open_wire
    for wire in wires:
        wire.sock.close()
    for dialer in dialers:
        dialer.__exit__()


@pytest.fixture
def direct(postgres_trust):
    """direct() -> Wire straight to the database: what the pooled one must be equal to."""
    dialer = Dialer(direct_env())
    wires = []

    def open_wire(timeout=20):
        wires.append(Wire(dialer.connect(postgres_trust.host, postgres_trust.port, timeout)))
        return wires[-1]

    yield open_wire
    for wire in wires:
        wire.sock.close()
    dialer.__exit__()


@pytest.fixture
def table(postgres_trust):
    """An empty table `t (n int)` in app, owned by app."""
    postgres_trust.psql("drop table if exists t; create table t (n int); alter table t owner to app", db="app")
    return lambda: int(postgres_trust.psql("select count(*) from t", db="app"))


@pytest.fixture(scope="session")
def installed():
    """lib/libpodpool.so and bin/podpool, where every user can read them."""
    with installation() as directory:
        yield directory


@pytest.fixture
def scratch():
    """A directory that every user can enter (tmp_path is for its owner only)."""
    path = pg.scratch("podpool-test-")
    yield path
    shutil.rmtree(path)
