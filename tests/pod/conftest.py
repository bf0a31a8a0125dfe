"""Fixtures of the tests in a box.

PP_BUILD   build directory (default: build)
PP_DIRECT  1: no podpool in the environment; checks the tests themselves, those marked `pooled` are left out
PP_NO_SKIP 1: a test that cannot run is a failure
"""
import os
import pathlib
import shutil
import sys
import tempfile

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
for folder in (TESTS, TESTS / "pod"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

import box  # noqa: E402
from support.cgroup import mounted  # noqa: E402
from support.pool import installation  # noqa: E402

memory = mounted("memory")
collect_ignore = [] if memory and memory.version == 2 else ["v2"]  # tests/pod/v2/run boots a machine that has it


def pytest_configure(config):
    config.addinivalue_line("markers", "pooled: only means something with podpool between")
    config.addinivalue_line("markers", "release: measures; run against the plain build, not the sanitized one")


def pytest_collection_modifyitems(config, items):
    if os.environ.get("PP_DIRECT") == "1":
        left_out = [i for i in items if i.get_closest_marker("pooled")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [i for i in items if i not in left_out]


@pytest.fixture(scope="session", autouse=True)
def boxes_work():
    box.require_box()


@pytest.fixture(scope="session")
def installed():
    """lib/libpodpool.so and bin/podpool, where every user of a container can read them."""
    with installation() as directory:
        yield directory


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.skipped and os.environ.get("PP_NO_SKIP") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped under PP_NO_SKIP=1: {report.longrepr}"


@pytest.fixture(scope="session")
def postgres():
    """A database whose log shows a client that left without Terminate (DEBUG1 when idle)."""
    from support import pg
    with pg.Postgres.start(auth="trust", settings={"log_min_messages": "debug1"}) as postgres:
        yield postgres


@pytest.fixture(scope="session")
def far_postgres():
    """Listens beyond 127.0.0.1."""
    from support import pg
    with pg.Postgres.start(settings={"listen_addresses": "*"}) as postgres:
        with open(postgres.datadir / "pg_hba.conf", "a") as hba:
            hba.write("host all all 10.213.0.0/16 trust\n")
        postgres.psql("select pg_reload_conf()")
        yield postgres


@pytest.fixture
def volume():
    """As an emptyDir: root's, and everybody's."""
    top = pathlib.Path(tempfile.mkdtemp(prefix="podpool-pod-"))
    top.chmod(0o777)
    (top / "volume").mkdir()
    (top / "volume").chmod(0o777)
    yield top / "volume"
    shutil.rmtree(top)
