"""diff(script): plays it direct and pooled; both runs must have heard the same.

Each scenario is played twice pooled: as the pool lends by default, and rotating, where a client meets a different
server at every transaction. Two servers for all clients of a script. Direct and pooled runs have a database each, of
the same history, and both count OIDs from the same number: what a script makes has the same OID in both.
"""
import pathlib
import socket
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from databases import database  # noqa: E402
from player import compare, play_once  # noqa: E402
from support.dialer import Dialer  # noqa: E402
from support.pgwire import Wire  # noqa: E402
from support.pool import direct_env  # noqa: E402

LENDING = {"last": {}, "rotate": {"LEND": "rotate", "MIN_SERVERS": 2}}
NEXT_OID = "select max(pg_nextoid('pg_class', 'oid', 'pg_class_oid_index')) from generate_series(1, {})"
BACKENDS = 16  # more than a script has at a time


def make_temporary_schemas(postgres):
    """The first temporary object under a backend's number makes a schema that stays: two OIDs."""
    wires = [Wire(socket.create_connection((postgres.host, postgres.port))) for _ in range(BACKENDS)]
    for wire in wires:
        wire.login("postgres").ask("create temp table t ()")
    for wire in wires:
        wire.bye()


def count_alike(one, two):
    """Both databases' next OID is the same."""
    ahead = int(one.psql(NEXT_OID.format(1))) - int(two.psql(NEXT_OID.format(1)))
    if ahead:
        (two if ahead > 0 else one).psql(NEXT_OID.format(abs(ahead)))


@pytest.fixture(scope="session")
def twins():
    """Two databases of which nobody can tell which is which. Autoanalyze comes when it comes, and values that it puts into
    the TOAST table of pg_statistic use up OIDs."""
    alone = {"autovacuum": "off"}
    with database("trust", settings=alone) as one, database("trust", settings=alone) as two:
        for postgres in (one, two):
            make_temporary_schemas(postgres)
        yield one, two


@pytest.fixture
def pool(make_pool, twins):
    return make_pool(twins[1])


@pytest.fixture(params=LENDING)
def lending(request):
    return LENDING[request.param]


def fill(pool, postgres, dialer, servers):
    """Who rotates has all its servers before the script begins: one that logs in meanwhile would not know what the script
    has prepared on "each" server, and say some errors in other words."""
    Wire(dialer.connect(postgres.host, postgres.port)).login("app", "app").bye()
    pool.until_status(lambda s: sum(p["idle"] for p in s["pools"]) == servers, f"{servers} servers are there")


@pytest.fixture
def diff(lending, pool, twins):
    def run(script, setup="", **settings):
        count_alike(*twins)
        with Dialer(direct_env()) as dialer:
            direct, _ = play_once(script, setup, twins[0], dialer)
        with pool.dialer(MAX_SERVERS=2, **{**lending, **settings}) as dialer:
            if pool.pooled and "MIN_SERVERS" in lending:
                fill(pool, twins[1], dialer, lending["MIN_SERVERS"])
            pooled, complaints = play_once(script, setup, twins[1], dialer, pool if pool.pooled else None)
        difference = compare(direct, pooled)
        assert not difference, "\n" + difference
        assert not complaints, "\n" + "\n".join(complaints)
        if pool.pooled:
            pool.settle()
    return run
