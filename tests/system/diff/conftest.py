"""diff(script): plays it direct and pooled; both runs must have heard the same.

Each scenario is played twice pooled: as the pool lends by default, and rotating, where a client meets a different
server at every transaction. Two servers for all clients of a script.
"""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from player import compare, play_once  # noqa: E402
from support.dialer import Dialer  # noqa: E402
from support.pool import direct_env  # noqa: E402

LENDING = {"last": {}, "rotate": {"LEND": "rotate", "MIN_SERVERS": 2}}


@pytest.fixture(params=LENDING)
def lending(request):
    return LENDING[request.param]


@pytest.fixture
def diff(lending, pool, postgres_trust):
    def run(script, setup="", **settings):
        with Dialer(direct_env()) as dialer:
            direct, _ = play_once(script, setup, postgres_trust, dialer)
        with pool.dialer(MAX_SERVERS=2, **{**lending, **settings}) as dialer:
            pooled, complaints = play_once(script, setup, postgres_trust, dialer, pool if pool.pooled else None)
        difference = compare(direct, pooled)
        assert not difference, "\n" + difference
        assert not complaints, "\n" + "\n".join(complaints)
        if pool.pooled:
            pool.settle()
    return run
