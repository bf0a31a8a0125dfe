"""Fixtures of the tests in a box. PP_BUILD: build directory; PP_NO_SKIP=1: a test that cannot run fails."""
import os
import pathlib
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
for folder in (TESTS, TESTS / "pod"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

import box  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def boxes_work():
    box.require_box()


@pytest.fixture(scope="session")
def build():
    return TESTS.parent / os.environ.get("PP_BUILD", "build")


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
